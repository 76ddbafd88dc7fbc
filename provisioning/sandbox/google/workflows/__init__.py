"""Workflows: deployed sources, and executions that carry them out."""
