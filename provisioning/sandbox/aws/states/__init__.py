"""Step Functions whose state machines really run, on the sandbox's clock."""
