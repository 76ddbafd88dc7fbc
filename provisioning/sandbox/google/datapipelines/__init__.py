"""Data Pipelines: a Dataflow template, and when it runs."""
