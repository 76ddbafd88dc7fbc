"""Who started a run, from the identity that SageMaker keeps, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.blueprints.aws_common import identities
from provisioning.blueprints.aws_common.starts import given
from provisioning.contracts import EventSpec, ObjectCreatedSpec, StackSpec

from .settings import Settings


def trigger_of(spec: StackSpec, created_by: Mapping[str, Any]) -> str:
    """The key of the trigger whose role the starter took, "manual", or "" when unknown."""
    if arn := _arn(created_by):
        return identities.trigger_of(spec, arn)
    return identities.MANUAL if created_by.get("UserProfileName") else ""


def started_by(created_by: Mapping[str, Any]) -> str:
    """As people know it: "user/ada", "assumed-role/…", or a Studio profile."""
    return str(created_by.get("UserProfileName") or _arn(created_by).rpartition(":")[2])


def cause(spec: StackSpec, key: str, parameters: Mapping[str, str]) -> str:
    """What set the trigger off, as far as the run was given something of it."""
    trigger = next((each for each in spec.triggers if each.key == key), None)
    if not isinstance(trigger, ObjectCreatedSpec | EventSpec):
        return ""
    starts = Settings.model_validate(spec.settings).starts
    if isinstance(trigger, ObjectCreatedSpec):
        return parameters.get(starts.key_parameter or "", "")
    told = [parameters[name] for name, _ in given(trigger, starts) if name in parameters]
    types = trigger.types if len(trigger.types) == 1 else ()
    return " ".join((*types, *told))


def _arn(created_by: Mapping[str, Any]) -> str:
    return str(created_by.get("IamIdentity", {}).get("Arn", ""))
