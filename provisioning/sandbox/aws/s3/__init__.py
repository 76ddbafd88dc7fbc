"""What S3 does beside keeping objects: it tells others what happens to them."""
