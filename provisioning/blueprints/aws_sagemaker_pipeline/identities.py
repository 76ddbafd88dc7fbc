"""Who started a run, from the identity that SageMaker keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from provisioning.contracts import StackSpec

from . import names

MANUAL = "manual"
_TAKEN_ROLE = re.compile(r":assumed-role/(?P<role>[^/]+)/")


def trigger_of(spec: StackSpec, created_by: Mapping[str, Any]) -> str:
    """The key of the trigger whose role the starter took, "manual", or "" when unknown."""
    arn = _arn(created_by)
    if not arn:
        return MANUAL if created_by.get("UserProfileName") else ""
    found = _TAKEN_ROLE.search(arn)
    return _key(spec, found["role"]) if found else MANUAL


def started_by(created_by: Mapping[str, Any]) -> str:
    """As people know it: "user/ada", "assumed-role/…", or a Studio profile."""
    return str(created_by.get("UserProfileName") or _arn(created_by).rpartition(":")[2])


def _key(spec: StackSpec, role: str) -> str:
    for trigger in spec.triggers:
        if role == names.schedule_role(spec.slug, trigger.key):
            return trigger.key
    # A trigger that is gone by now: its key is still what follows.
    prefix = names.schedule_role(spec.slug, "")
    return role.removeprefix(prefix) if role.startswith(prefix) else MANUAL


def _arn(created_by: Mapping[str, Any]) -> str:
    return str(created_by.get("IamIdentity", {}).get("Arn", ""))
