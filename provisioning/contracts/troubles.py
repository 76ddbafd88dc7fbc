"""What kind of trouble an operation met, and what helps."""

from __future__ import annotations

from enum import StrEnum

from provisioning.contracts.kinds import Value


class ErrorKind(StrEnum):
    PERMISSION = "permission"  # the credential may not do it
    CREDENTIAL = "credential"  # the cloud does not accept the credential itself
    NAME_TAKEN = "name_taken"
    QUOTA = "quota"
    CONFLICT = "conflict"  # something else is at work on it, or holds it
    THROTTLED = "throttled"
    NOT_FOUND = "not_found"  # gone, or in another region
    UNREACHABLE = "unreachable"


class Policy(Value):
    """What to grant, as the cloud takes it. `also` is needed of the same service besides."""

    title: str
    text: str
    also: tuple[str, ...] = ()


class Diagnosis(Value):
    kind: ErrorKind | None = None
    hint: str | None = None
    policy: Policy | None = None
