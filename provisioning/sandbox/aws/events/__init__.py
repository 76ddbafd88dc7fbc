"""EventBridge: buses, rules and their targets, archives and replays."""
