"""What datasets stand for: blobs of the sandbox, and places that it does not have."""
