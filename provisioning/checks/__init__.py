"""Testing a Connection: who the cloud says we are and what we may do there, check by check.

Nothing is created, changed or started: lists and descriptions are read, and of the rest the
cloud is asked what it would allow.
"""

from provisioning.checks.running import LONGEST, Report, names, run

__all__ = ["LONGEST", "Report", "names", "run"]
