"""The resource types of gcp that the sandbox simulates."""
