"""The fixed names of a state machine and what belongs to it, from the slug."""

from __future__ import annotations

from ..aws_common.names import ROLE_LIMIT, Place, fitted, own, rule

# A job's name is this, the hash of the execution, and two numbers: 63 characters are allowed.
JOB_PREFIX_LIMIT = 20
FAILURES = "failed"  # the end of the name of the rule that hears of failures


def machine(slug: str) -> str:
    return own(slug)


def machine_arn(slug: str, place: Place) -> str:
    return place.arn("states", f"stateMachine:{machine(slug)}")


def execution_arn(slug: str, place: Place, name: str) -> str:
    return place.arn("states", f"execution:{machine(slug)}:{name}")


def job_role(slug: str) -> str:
    """Of the jobs; the machine itself acts as the execution role."""
    return fitted(f"skyclock-{slug}-jobs", ROLE_LIMIT)


def job_prefix(slug: str) -> str:
    return fitted(own(slug), JOB_PREFIX_LIMIT)


def failure_rule(slug: str) -> str:
    return rule(slug, FAILURES)


def log_group(slug: str) -> str:
    """Log groups of this prefix need no policy of their own for each machine.
    https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html"""
    return f"/aws/vendedlogs/states/{machine(slug)}"
