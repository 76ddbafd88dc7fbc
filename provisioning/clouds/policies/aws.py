"""IAM policies: statements by service and resources, in documents that IAM takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from provisioning.clouds.policies.aws_resources import PASSED_TO, partition_of, resources_of
from provisioning.clouds.policies.documents import ACCOUNTS, Needed, PolicyDocument

# Of a managed policy; white space is not counted.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LONGEST = 6144
PASS_ROLE = "iam:PassRole"  # noqa: S105 (an action)
# By this IAM tells, for the test of a Connection, what its own role or user may do.
SIMULATE = "iam:SimulatePrincipalPolicy"
OWN_NAMES = "SkyclockConnection-*"
OWN_BUCKETS = (
    "Limited to buckets whose names begin with skyclock-. For a bucket of your own that a "
    "pipeline watches or reads, add its ARN beside them."
)
OWN_ROLES = (
    "Limited to roles whose names begin with skyclock-. For an execution role of your own that a "
    "pipeline uses, add its ARN to the statement with iam:PassRole."
)
MAKES_ROLES = (
    "Deploying makes roles for what is deployed, and writes their policies. Where that is too "
    "much, set a permissions boundary on this identity."
)
Statement = dict[str, Any]


def documents(needed: Needed) -> tuple[PolicyDocument, ...]:
    parts = list(_packed(_statements(needed)))
    name = "-".join(filter(None, ("SkyclockConnection", needed.suffix, needed.level.value)))
    names = [name] if len(parts) == 1 else [f"{name}-{each + 1}" for each in range(len(parts))]
    notes = _notes(needed, len(parts))
    return tuple(
        PolicyDocument(each, f"{each.lower()}.json", _written(part), () if at else notes)
        for at, (each, part) in enumerate(zip(names, parts, strict=True))
    )


def _statements(needed: Needed) -> list[Statement]:
    account = needed.account or ACCOUNTS["aws"]
    partition = partition_of(needed.region)
    own = [f"arn:{partition}:iam::{account}:{kind}/{OWN_NAMES}" for kind in ("role", "user")]
    return [*statements(needed), _statement("test", tuple(own), [SIMULATE])]


def statements(needed: Needed) -> list[Statement]:
    """What allows just this, for a policy that there is."""
    account = needed.account or ACCOUNTS["aws"]
    partition, region = partition_of(needed.region), needed.region or "*"
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for action in needed.permissions:
        resources = resources_of(
            action,
            reading=action in needed.reading,
            partition=partition,
            region=region,
            account=account,
        )
        # One statement says all that is read; the others are told apart by service.
        service = "" if resources == ("*",) else action.partition(":")[0]
        kind = PASS_ROLE if action == PASS_ROLE else service
        groups.setdefault((kind, resources), []).append(action)
    made = [_statement(kind, found, actions) for (kind, found), actions in groups.items()]
    return _numbered(made)


def _statement(kind: str, resources: tuple[str, ...], actions: list[str]) -> Statement:
    wanted = sorted(dict.fromkeys(actions))
    made: Statement = {
        "Sid": {"": "Account", PASS_ROLE: "PassRole"}.get(kind, kind.capitalize()),
        "Effect": "Allow",
        "Action": wanted,
        "Resource": resources[0] if len(resources) == 1 else list(resources),
    }
    if kind == PASS_ROLE:
        services = [f"{each}.amazonaws.com" for each in PASSED_TO]
        made["Condition"] = {"StringEquals": {"iam:PassedToService": services}}
    return made


def _numbered(statements: list[Statement]) -> list[Statement]:
    """A Sid has letters and digits, and is there once in a policy."""
    seen: dict[str, int] = {}
    for each in statements:
        count = seen[each["Sid"]] = seen.get(each["Sid"], 0) + 1
        each["Sid"] += str(count) if count > 1 else ""
    return statements


def _packed(statements: list[Statement]) -> Iterator[list[Statement]]:
    """As many statements in each document as fit."""
    part: list[Statement] = []
    for each in statements:
        if part and size_of(_written([*part, each])) > LONGEST:
            yield part
            part = []
        part.append(each)
    yield part


def size_of(text: str) -> int:
    """As IAM counts."""
    return len(re.sub(r"\s", "", text))


def _written(statements: list[Statement]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


def _notes(needed: Needed, parts: int) -> tuple[str, ...]:
    made = []
    if parts > 1:
        made.append(f"A managed policy has {LONGEST:,} characters at most; attach all {parts}.")
    permissions = set(needed.permissions)
    made += [OWN_BUCKETS] if any(each.startswith("s3:Put") for each in permissions) else []
    made += [OWN_ROLES] if PASS_ROLE in permissions else []
    made += [MAKES_ROLES] if "iam:PutRolePolicy" in permissions else []
    return tuple(made)
