"""Microsoft.EventGrid: topics, and the delivery of events."""
