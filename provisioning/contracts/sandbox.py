"""What the simulated clouds are told to do wrong, and what they tell of themselves."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from provisioning.contracts.kinds import Cloud, Value

FaultKind = Literal["fail_step", "throttle", "delay", "refuse", "drop_firing", "away"]


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
    seconds: float = Field(default=0.0, ge=0, le=86_400)
    code: str = Field(default="", max_length=100)
    message: str = Field(default="", max_length=500)


class JournalEntry(Value):
    """What fired in the sandbox and what came of it, or why nothing did."""

    number: int
    time: AwareDatetime
    cloud: Cloud
    source: str
    target: str = ""
    outcome: Literal["delivered", "ignored", "refused", "dropped"]
    reason: str = ""
