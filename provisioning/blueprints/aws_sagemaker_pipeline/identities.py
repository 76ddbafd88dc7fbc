"""Who started a run, from the identity that SageMaker keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.blueprints.aws_common import identities
from provisioning.contracts import StackSpec


def trigger_of(spec: StackSpec, created_by: Mapping[str, Any]) -> str:
    """The key of the trigger whose role the starter took, "manual", or "" when unknown."""
    if arn := _arn(created_by):
        return identities.trigger_of(spec, arn)
    return identities.MANUAL if created_by.get("UserProfileName") else ""


def started_by(created_by: Mapping[str, Any]) -> str:
    """As people know it: "user/ada", "assumed-role/…", or a Studio profile."""
    return str(created_by.get("UserProfileName") or _arn(created_by).rpartition(":")[2])


def _arn(created_by: Mapping[str, Any]) -> str:
    return str(created_by.get("IamIdentity", {}).get("Arn", ""))
