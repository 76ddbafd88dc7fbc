"""From an event to a Vertex AI custom training job. Pure: nothing is asked, nothing is sent.

The service uses it in the cloud, and Skyclock for runs that are started by hand, so that both
start the same job.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

OBJECT = "google.cloud.storage.object.v1.finalized"
MESSAGE = "google.cloud.pubsub.topic.v1.messagePublished"

PIPELINE_LABEL = "skyclock-pipeline"
TRIGGER_LABEL = "skyclock-trigger"
EVENT_LABEL = "skyclock-event"
INPUT = "SKYCLOCK_INPUT"  # variables that every training container gets
EVENT = "SKYCLOCK_EVENT"
CAUSE = "SKYCLOCK_CAUSE"
MANUAL = "manual"


@dataclass(frozen=True)
class Happened:
    """An event, as far as training is concerned. `number` is the same each time it is told."""

    number: str
    cause: str  # for people: the object's key, or the event's type and number
    input: str = ""  # gs:// address of the data
    detail: str = "{}"  # JSON

    @property
    def event(self) -> str:
        """Short, and of letters that a label may have."""
        return sha256(self.number.encode()).hexdigest()[:32]


def happened(headers: dict[str, str], body: dict[str, Any]) -> Happened:
    """Of a CloudEvent in binary mode. Raises ValueError for what is none."""
    kind, number = headers.get("ce-type", ""), headers.get("ce-id", "")
    if not number:
        raise ValueError("This is no CloudEvent: it has no ce-id.")
    number = f"{headers.get('ce-source', '')} {number}"
    if kind == OBJECT:
        key, bucket = str(body.get("name", "")), str(body.get("bucket", ""))
        return Happened(number, key, f"gs://{bucket}/{key}", _short({"object": key}))
    if kind == MESSAGE:
        return _message(number, body.get("message") or {})
    raise ValueError(f"This service does not know events of type '{kind}'.")


def matching(
    triggers: list[dict[str, Any]], headers: dict[str, str], body: dict[str, Any]
) -> dict[str, Any] | None:
    """The trigger that waits for this event."""
    if headers.get("ce-type") == OBJECT:
        key = str(body.get("name", ""))
        fits = [
            each
            for each in triggers
            if each["kind"] == "object_created"
            and key.startswith(each["prefix"])
            and key.endswith(each["suffix"])
        ]
    else:
        said = (body.get("message") or {}).get("attributes") or {}
        fits = [
            each
            for each in triggers
            if each["kind"] == "event"
            and said.get("source") == each["source"]
            and said.get("type") in each["types"]
        ]
    return fits[0] if fits else None


def custom_job(config: dict[str, Any], found: Happened, trigger: str) -> dict[str, Any]:
    """The body of customJobs.create. Its name and labels follow from the event alone."""
    job = json.loads(json.dumps(config["job"]))  # a copy of all of it
    for pool in job["jobSpec"]["workerPoolSpecs"]:
        container = pool["containerSpec"]
        container["args"] = [_filled(each, found) for each in container.get("args", ())]
        told = {INPUT: found.input, EVENT: found.detail, CAUSE: found.cause}
        container["env"] = [
            *container.get("env", ()),
            *({"name": name, "value": value} for name, value in told.items()),
        ]
    place = job["jobSpec"]["baseOutputDirectory"]["outputUriPrefix"]
    job["jobSpec"]["baseOutputDirectory"] = {"outputUriPrefix": f"{place}{found.event}/"}
    return {
        **job,
        "displayName": f"{config['name']}-{trigger}-{found.event[:12]}",
        "labels": {
            **job.get("labels", {}),
            TRIGGER_LABEL: trigger,
            EVENT_LABEL: found.event,
        },
    }


def _message(number: str, message: dict[str, Any]) -> Happened:
    attributes = message.get("attributes") or {}
    try:
        detail = json.loads(base64.b64decode(message.get("data") or "e30="))
    except (ValueError, binascii.Error):
        detail = {}
    said = detail.get("input") if isinstance(detail, dict) else None
    cause = f"{attributes.get('type', 'message')} {message.get('messageId', '')}".strip()
    return Happened(number, cause, str(said or ""), _short(detail))


def _filled(text: str, found: Happened) -> str:
    return text.replace("${input}", found.input).replace("${event}", found.event)


def _short(detail: Any) -> str:
    """A container's variable holds 32 KiB."""
    text = json.dumps(detail)
    return text if len(text) <= 16_384 else "{}"
