"""Eventarc triggers, read back from the cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.clouds.session import Session
from provisioning.contracts import EventSpec, ObjectCreatedSpec, StackSpec

from .calls import found
from .names import DATA, EVENTS, Place, trigger_id

OBJECT = "google.cloud.storage.object.v1.finalized"
MESSAGE = "google.cloud.pubsub.topic.v1.messagePublished"


@dataclass(frozen=True)
class Wanted:
    """What a trigger has to be, as the API writes it."""

    filters: Mapping[str, str]
    destination: Mapping[str, Any]
    service_account: str
    topic: str = ""


def wanted(
    spec: StackSpec, trigger: ObjectCreatedSpec | EventSpec, destination: Mapping[str, Any]
) -> Wanted:
    """For objects of the data bucket, or messages of the topic."""
    place = Place(spec.region, spec.account)
    by_object = isinstance(trigger, ObjectCreatedSpec)
    filters = {"type": OBJECT if by_object else MESSAGE}
    if by_object:
        filters["bucket"] = place.bucket(spec.slug, DATA)
    return Wanted(
        filters=filters,
        destination=destination,
        service_account=place.account(spec.slug, EVENTS),
        topic="" if by_object else place.topic(spec.slug),
    )


def read(session: Session, place: Place, slug: str, key: str) -> dict[str, Any] | None:
    triggers = session.client("eventarc").projects().locations().triggers()
    return found(triggers.get(name=place.trigger(slug, key)), "read the trigger")


def filters(trigger: Mapping[str, Any]) -> dict[str, str]:
    return {each["attribute"]: each["value"] for each in trigger.get("eventFilters", ())}


def native(trigger: Mapping[str, Any]) -> str:
    """As Google writes it: the type, and where such events come from."""
    said = filters(trigger)
    topic = trigger.get("transport", {}).get("pubsub", {}).get("topic", "")
    where = said.get("bucket") or topic.rpartition("/")[2]
    return f"{said.get('type', '')} {where}".strip()


def problems(trigger: Mapping[str, Any], wanted: Wanted, slug: str, key: str) -> Iterator[str]:
    """Why events may not arrive, most important first."""
    name = f"Eventarc trigger {trigger_id(slug, key)}"
    for condition in trigger.get("conditions", {}).values():
        yield f"{name} has failed: {condition.get('message') or condition.get('code')}."
    if filters(trigger) != dict(wanted.filters):
        yield f"{name} waits for something else: {native(trigger)}."
    if _destination(trigger) != dict(wanted.destination):
        yield f"{name} carries events elsewhere: {_destination(trigger)}."
    if trigger.get("serviceAccount") != wanted.service_account:
        yield f"{name} uses another service account: {trigger.get('serviceAccount')}."
    if wanted.topic and trigger.get("transport", {}).get("pubsub", {}).get("topic") != wanted.topic:
        yield f"{name} listens to another topic: {native(trigger)}."


def _destination(trigger: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in trigger.get("destination", {}).items() if value}
