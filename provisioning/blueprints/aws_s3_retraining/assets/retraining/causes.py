"""What a training is for: the events that the function is called with, read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from .wording import MODELS


@dataclass(frozen=True)
class Cause:
    """`id` is the same for every delivery of one event, and another for every other."""

    id: str
    key: str  # of the object, or a folder that ends with a slash
    trigger: str  # its key; "" for people
    at: str  # when it happened


def causes(event: Mapping[str, Any], *, default: str) -> Iterator[Cause]:
    """`default` is the folder that schedules train on."""
    if "skyclock" in event:
        asked = event["skyclock"]
        yield Cause(
            id=str(asked["cause"]),
            key=asked.get("key") or default,
            trigger=asked.get("trigger", ""),
            at=asked.get("at", ""),
        )
    for record in event.get("Records", ()):
        if record["eventName"].startswith("ObjectCreated:"):
            yield _of_object(record)


def _of_object(record: Mapping[str, Any]) -> Cause:
    """The notification's id is the trigger's key. A sequencer tells writes of one key apart."""
    found = record["s3"]
    key = unquote_plus(found["object"]["key"])
    sequencer = found["object"].get("sequencer") or record["eventTime"]
    return Cause(
        id=f"{found['bucket']['name']}/{key}#{sequencer}",
        key=key,
        trigger=found["configurationId"],
        at=record["eventTime"],
    )


def why_ignored(cause: Cause) -> str:
    """Why an object starts nothing, in a sentence; "" when it does."""
    if not cause.trigger:
        return ""
    if cause.key.startswith(MODELS):
        return f"Below {MODELS} are the models that trainings write."
    if cause.key.endswith("/") and "#" in cause.id:
        return "It is the mark of an empty folder."
    return ""
