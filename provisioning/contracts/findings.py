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


class Instance(Value):
    """A machine that belongs to the Pipeline and is started and stopped by people."""

    name: str
    kind: str  # "Notebook instance"
    status: Literal["running", "stopped", "changing", "failed"]
    cloud_status: str
    url: str | None = None
