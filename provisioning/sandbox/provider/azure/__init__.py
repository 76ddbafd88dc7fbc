"""The resource types of azure-native that the sandbox simulates."""
