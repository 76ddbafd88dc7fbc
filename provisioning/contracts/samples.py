"""What a Pipeline is tried out with."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from provisioning.contracts.kinds import Value


class ObjectSample(Value):
    """An object to put into the Pipeline's own bucket or container."""

    key: str = Field(min_length=1, max_length=1024)
    content: bytes


class EventSample(Value):
    """An event to put on the Pipeline's bus or topic."""

    source: str = Field(min_length=1, max_length=256)
    type: str = Field(min_length=1, max_length=128)
    detail: dict[str, Any] = {}


Sample = ObjectSample | EventSample
