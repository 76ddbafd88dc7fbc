"""The types of activities, each with what it does."""
