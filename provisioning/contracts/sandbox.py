"""What the simulated clouds are told to do wrong, and what they tell of themselves."""

from __future__ import annotations

from typing import Literal

from pydantic import (
    AwareDatetime,
    Field,
    SecretStr,
    ValidationInfo,
    field_serializer,
    field_validator,
)

from provisioning.contracts.kinds import Cloud, Value

FaultKind = Literal["fail_step", "throttle", "delay", "refuse", "drop_firing", "away", "skew"]


def check_fault_seconds(seconds: float, given: ValidationInfo) -> float:
    """A skewed clock may be behind as well as ahead; nothing else takes negative time."""
    if seconds < 0 and given.data.get("kind") != "skew":
        raise ValueError("Only the clock of a skew may be behind: give 0 seconds or more.")
    return seconds


class SandboxFault(Value):
    """Something that the sandbox is to do wrong. `match` is a name or an operation, in which
    * and ? fit any characters; without a `count` it goes on until it is taken back, or until
    a time of the sandbox."""

    id: str = ""
    kind: FaultKind
    cloud: Cloud
    match: str = Field(default="*", min_length=1, max_length=256)
    count: int | None = Field(default=None, ge=1, le=10_000)
    until: AwareDatetime | None = None
    seconds: float = Field(default=0.0, ge=-86_400, le=86_400)
    code: str = Field(default="", max_length=100)
    message: str = Field(default="", max_length=500)

    @field_validator("seconds")
    @classmethod
    def _only_clocks_go_behind(cls, seconds: float, given: ValidationInfo) -> float:
        return check_fault_seconds(seconds, given)


# What the sandbox's resource provider calls its identity by, in the providers' configuration.
IDENTITY_OPTION = "sandboxIdentity"


class SandboxIdentity(Value):
    """The credential that a name stands for until it ends: keys of AWS, or an access token."""

    cloud: Cloud
    reference: str = Field(min_length=1, max_length=64)
    fields: dict[str, SecretStr]
    expires_at: AwareDatetime

    @field_serializer("fields", when_used="json")
    def _fields_in_clear(self, fields: dict[str, SecretStr]) -> dict[str, str]:
        # Only for the way to the sandbox, on loopback; never stored.
        return {name: secret.get_secret_value() for name, secret in fields.items()}


class JournalEntry(Value):
    """What fired in the sandbox and what came of it, or why nothing did."""

    number: int
    time: AwareDatetime
    cloud: Cloud
    source: str
    target: str = ""
    outcome: Literal["delivered", "ignored", "refused", "dropped"]
    reason: str = ""
