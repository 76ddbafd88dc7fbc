"""Pub/Sub: topics that are published to. Eventarc listens to them; nobody else can."""
