"""Pipeline runs that really run, and what is told of them."""
