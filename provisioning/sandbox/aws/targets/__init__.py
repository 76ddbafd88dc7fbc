"""What schedules and rules call: one room for both, where each kind of target is known once."""
