"""Triggers: their states, and when and why they fire."""
