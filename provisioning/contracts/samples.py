"""What a Pipeline is tried out with."""

from __future__ import annotations

import unicodedata
from typing import Any

from pydantic import Field, field_validator

from provisioning.contracts.kinds import Value


class ObjectSample(Value):
    """An object to put into the Pipeline's own bucket or container."""

    key: str = Field(min_length=1, max_length=1024)
    content: bytes

    @field_validator("key")
    @classmethod
    def _one_line(cls, key: str) -> str:
        # Clouds differ in which of these they take, and none shows them.
        if any(unicodedata.category(each) == "Cc" for each in key):
            raise ValueError("A key has no line breaks and no other control characters.")
        return key


class EventSample(Value):
    """An event to put on the Pipeline's bus or topic."""

    source: str = Field(min_length=1, max_length=256)
    type: str = Field(min_length=1, max_length=128)
    detail: dict[str, Any] = {}


Sample = ObjectSample | EventSample
