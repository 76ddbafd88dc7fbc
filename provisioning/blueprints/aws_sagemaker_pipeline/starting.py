"""What a run is given by the trigger that starts it; programs use this too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .settings import Settings

if TYPE_CHECKING:
    from provisioning.contracts import TriggerSpec

BUCKET, KEY = "$.detail.bucket.name", "$.detail.object.key"


def given(trigger: TriggerSpec, settings: Settings) -> Iterator[tuple[str, str]]:
    """Parameter → where its value stands in the event that EventBridge has."""
    starts = settings.starts
    if trigger.kind == "object_created":
        if starts.bucket_parameter:
            yield starts.bucket_parameter, BUCKET
        if starts.key_parameter:
            yield starts.key_parameter, KEY
    elif trigger.kind == "event":
        yield from ((each.parameter, each.path) for each in starts.event_parameters)
