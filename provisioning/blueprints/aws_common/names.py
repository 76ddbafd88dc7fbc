"""Names and ARNs that AWS Blueprints have in common; imports nothing, so that programs may."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and the API
# references of Scheduler, SQS and EventBridge.
ROLE_LIMIT = 64
SCHEDULE_LIMIT = 64
QUEUE_LIMIT = 80
RULE_LIMIT = 64


def own(slug: str) -> str:
    """The root of all names of one Pipeline, and the name of its main resource."""
    return f"skyclock-{slug}".rstrip("-")


def execution_role(slug: str) -> str:
    """Of what the Pipeline runs: its jobs, its function, its state machine."""
    return fitted(f"skyclock-{slug}-execution", ROLE_LIMIT)


def trigger_role(slug: str, key: str) -> str:
    """Of one trigger: its name in a run's identity tells which trigger started the run."""
    return fitted(f"skyclock-{slug}-on-{key}", ROLE_LIMIT)


def schedule(slug: str, key: str, position: int) -> str:
    """Of one native expression; most triggers need only the first."""
    number = f"-{position + 1}" if position else ""
    return fitted(f"skyclock-{slug}-{key}{number}", SCHEDULE_LIMIT)


def dead_letter_queue(slug: str) -> str:
    return fitted(f"skyclock-{slug}-dead-letters", QUEUE_LIMIT)


def data_bucket(slug: str, account: str) -> str:
    """Bucket names are shared by everybody, hence the account; 63 characters are enough."""
    return f"{own(slug)}-{account}"


def rule(slug: str, key: str) -> str:
    """Of EventBridge, on whichever bus."""
    return fitted(f"skyclock-{slug}-{key}", RULE_LIMIT)


def every_rule(slug: str) -> str:
    """As policies match names."""
    return f"skyclock-{slug}-*"


def partition(region: str) -> str:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""
    for prefix, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("eusc-", "aws-eusc")):
        if region.startswith(prefix):
            return name
    return "aws"


@dataclass(frozen=True)
class Place:
    """One account in one region, where ARNs are."""

    region: str
    account: str

    @property
    def partition(self) -> str:
        return partition(self.region)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def role(self, name: str) -> str:
        """IAM has no regions."""
        return f"arn:{self.partition}:iam::{self.account}:role/{name}"

    def bucket(self, name: str) -> str:
        """S3 has neither regions nor accounts in its ARNs."""
        return f"arn:{self.partition}:s3:::{name}"


def fitted(name: str, limit: int) -> str:
    """The name itself where it is allowed; else cut, with a hash that keeps it unique."""
    allowed = re.sub(r"[^0-9A-Za-z_-]", "-", name)
    if allowed == name and len(name) <= limit:
        return name
    return f"{allowed[: limit - 9]}-{sha256(name.encode()).hexdigest()[:8]}"
