"""Vertex AI: custom training jobs."""
