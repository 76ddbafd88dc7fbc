"""Cloud Run: services, their revisions, and instances that really answer requests."""
