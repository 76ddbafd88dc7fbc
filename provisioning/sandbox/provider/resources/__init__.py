"""The simulated resource types, one small file for each kind of thing."""
