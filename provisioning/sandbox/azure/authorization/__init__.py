"""Microsoft.Authorization: who may do what."""
