"""CloudWatch Logs, as far as moto does not do it: searching, and policies of one group."""
