"""What a run is given by the trigger that starts it; programs use this too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import ConfigDict, Field

from .fields import BusName, EventPath, Name
from .forms import Form

if TYPE_CHECKING:
    from provisioning.contracts import TriggerSpec

BUCKET, KEY = "$.detail.bucket.name", "$.detail.object.key"


class EventParameter(Form):
    model_config = ConfigDict(title="Parameter from an event")

    parameter: Name = Field(title="Parameter", json_schema_extra={"widget": "parameter"})
    path: EventPath = Field(
        title="Taken from",
        description="Where the value stands in the event.",
        examples=["$.detail.dataset"],
    )


class Starts(Form):
    """Runs that a schedule starts are given no values."""

    model_config = ConfigDict(title="Starts by objects and events")

    bucket_parameter: Name | None = Field(
        default=None,
        title="Parameter for the object's bucket",
        description="What a run that an object starts is given. Empty: nothing.",
        examples=["InputBucket"],
        json_schema_extra={"widget": "parameter"},
    )
    key_parameter: Name | None = Field(
        default=None,
        title="Parameter for the object's key",
        examples=["InputKey"],
        json_schema_extra={"widget": "parameter"},
    )
    event_parameters: list[EventParameter] = Field(
        default=[],
        max_length=50,
        title="Parameters from an event",
        description="What a run that an event starts is given.",
    )
    event_bus: BusName = Field(
        default="default",
        title="Event bus",
        description="Where the events of event triggers are put. Objects are told on 'default'.",
    )


def given(trigger: TriggerSpec, starts: Starts) -> Iterator[tuple[str, str]]:
    """Parameter → where its value stands in the event that EventBridge has."""
    if trigger.kind == "object_created":
        if starts.bucket_parameter:
            yield starts.bucket_parameter, BUCKET
        if starts.key_parameter:
            yield starts.key_parameter, KEY
    elif trigger.kind == "event":
        yield from ((each.parameter, each.path) for each in starts.event_parameters)
