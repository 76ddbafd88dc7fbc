"""The fixed names of what is deployed, from the slug; imports nothing, so that programs may."""

from __future__ import annotations

import re
from hashlib import sha256

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and the API
# references of Scheduler and SQS.
ROLE_LIMIT = 64
SCHEDULE_LIMIT = 64
QUEUE_LIMIT = 80


def pipeline(slug: str) -> str:
    return f"skyclock-{slug}".rstrip("-")


def execution_role(slug: str) -> str:
    return _fitted(f"skyclock-{slug}-execution", ROLE_LIMIT)


def schedule_role(slug: str, key: str) -> str:
    """Of one trigger: its name in a run's identity tells which trigger started the run."""
    return _fitted(f"skyclock-{slug}-on-{key}", ROLE_LIMIT)


def schedule(slug: str, key: str, position: int) -> str:
    """Of one native expression; most triggers need only the first."""
    number = f"-{position + 1}" if position else ""
    return _fitted(f"skyclock-{slug}-{key}{number}", SCHEDULE_LIMIT)


def dead_letter_queue(slug: str) -> str:
    return _fitted(f"skyclock-{slug}-dead-letters", QUEUE_LIMIT)


def partition(region: str) -> str:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""
    for prefix, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("eusc-", "aws-eusc")):
        if region.startswith(prefix):
            return name
    return "aws"


def arn(service: str, region: str, account: str, resource: str) -> str:
    """IAM and S3 have no region in their ARNs, S3 no account either: pass ""."""
    return f"arn:{partition(region)}:{service}:{region}:{account}:{resource}"


def pipeline_arn(slug: str, region: str, account: str) -> str:
    return arn("sagemaker", region, account, f"pipeline/{pipeline(slug)}")


def role_arn(name: str, region: str, account: str) -> str:
    return f"arn:{partition(region)}:iam::{account}:role/{name}"


def _fitted(name: str, limit: int) -> str:
    """The name itself where it is allowed; else cut, with a hash that keeps it unique."""
    allowed = re.sub(r"[^0-9A-Za-z_-]", "-", name)
    if allowed == name and len(name) <= limit:
        return name
    return f"{allowed[: limit - 9]}-{sha256(name.encode()).hexdigest()[:8]}"
