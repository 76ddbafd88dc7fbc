"""The fixed names of an event-sourced training, from the slug."""

from __future__ import annotations

from ..aws_common.names import RULE_LIMIT, Place, fitted, own

ARCHIVE_LIMIT = 48
HANDLER_LIMIT = 64
EVERY, STEP, JOB = HELPERS = ("every-event", "next-step", "job-changes")  # rules besides triggers


def bus(slug: str) -> str:
    return own(slug)


def bus_arn(slug: str, place: Place) -> str:
    return place.arn("events", f"event-bus/{bus(slug)}")


def archive(slug: str) -> str:
    return fitted(own(slug), ARCHIVE_LIMIT)


def archive_arn(slug: str, place: Place) -> str:
    return place.arn("events", f"archive/{archive(slug)}")


def jobs(slug: str) -> str:
    """What the names of its training jobs begin with, before a hyphen."""
    return own(slug)


def job_arn(name: str, place: Place) -> str:
    return place.arn("sagemaker", f"training-job/{name}")


def event_log(slug: str) -> str:
    """EventBridge writes only to groups below /aws/events/."""
    return f"/aws/events/{own(slug)}"


def handler(slug: str) -> str:
    return fitted(f"{own(slug)}-handler", HANDLER_LIMIT)


def handler_arn(slug: str, place: Place) -> str:
    return place.arn("lambda", f"function:{handler(slug)}")


def handler_log(slug: str) -> str:
    return f"/aws/lambda/{handler(slug)}"


def handler_role(slug: str) -> str:
    return fitted(f"{own(slug)}-handler", HANDLER_LIMIT)


def notebook_role(slug: str) -> str:
    return fitted(f"{own(slug)}-notebook", HANDLER_LIMIT)


def model_group(slug: str) -> str:
    return own(slug)


def notebook(slug: str) -> str:
    return own(slug)


def log_rule(slug: str) -> str:
    return fitted(f"{own(slug)}-{EVERY}", RULE_LIMIT)


def step_rule(slug: str) -> str:
    return fitted(f"{own(slug)}-{STEP}", RULE_LIMIT)


def job_rule(slug: str) -> str:
    """On the default bus, where SageMaker tells of its jobs."""
    return fitted(f"{own(slug)}-{JOB}", RULE_LIMIT)
