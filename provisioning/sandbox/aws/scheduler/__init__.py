"""EventBridge Scheduler that really fires."""
