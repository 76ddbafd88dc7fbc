"""Which trigger started something, from the identity that AWS keeps of the starter."""

from __future__ import annotations

import re

from provisioning.contracts import StackSpec

from . import names

MANUAL = "manual"
_TAKEN_ROLE = re.compile(r":assumed-role/(?P<role>[^/]+)/")


def trigger_of(spec: StackSpec, arn: str) -> str:
    """The key of the trigger whose role the starter took, or "manual"."""
    found = _TAKEN_ROLE.search(arn)
    return _key(spec, found["role"]) if found else MANUAL


def _key(spec: StackSpec, role: str) -> str:
    for trigger in spec.triggers:
        if role == names.trigger_role(spec.slug, trigger.key):
            return trigger.key
    # A trigger that is gone by now: its key is still what follows.
    prefix = names.trigger_role(spec.slug, "")
    return role.removeprefix(prefix) if role.startswith(prefix) else MANUAL
