"""What a cloud has."""

from __future__ import annotations

from typing import Literal

from provisioning.contracts.kinds import Value


class Found(Value):
    """Something in an account that could be watched or taken over."""

    cloud_id: str
    name: str
    kind: str  # the field's term: "SageMaker pipeline", "Data factory pipeline"
    triggers: tuple[str, ...] = ()  # as the cloud writes them
    detail: str = ""


class NativeTrigger(Value):
    """A schedule or trigger as an account has it, whoever made it."""

    cloud_id: str
    name: str  # as Claims have it
    kind: str  # the field's term: "EventBridge schedule", "Data Factory trigger"
    running: bool
    native: str = ""  # as the cloud writes it; a list may lack it
    targets: tuple[str, ...] = ()  # cloud ids of what it starts


class Claims(Value):
    """What in an account belongs to one stack."""

    names: frozenset[str] = frozenset()  # of its schedules and triggers
    targets: frozenset[str] = frozenset()  # cloud ids of what its triggers start


class Instance(Value):
    """A machine that belongs to the Pipeline and is started and stopped by people."""

    name: str
    kind: str  # "Notebook instance"
    status: Literal["running", "stopped", "changing", "failed"]
    cloud_status: str
    url: str | None = None
