"""Event triggers: blobs that come and go, and events of a topic."""

from __future__ import annotations

import json
from typing import Any

from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.names import TRIGGER
from provisioning.sandbox.azure.datafactory.triggers.checks import EVENT_TYPES
from provisioning.sandbox.azure.datafactory.triggers.deliveries import Deliveries
from provisioning.sandbox.azure.datafactory.triggers.documents import Triggers
from provisioning.sandbox.azure.datafactory.triggers.trigger_runs import Firing, TriggerRuns
from provisioning.sandbox.azure.errors import bad_request
from provisioning.sandbox.azure.eventgrid import filters
from provisioning.sandbox.azure.eventgrid.bus import Bus, Event
from provisioning.sandbox.azure.times import written

CONTAINERS = "/blobServices/default/containers"
_MOST_SUBSCRIPTIONS = 500
_NO_EVENTS = ("Storage", "FileStorage")  # kinds of accounts that Event Grid does not know


class EventTriggers:
    def __init__(
        self,
        manager: Manager,
        triggers: Triggers,
        deliveries: Deliveries,
        runs: TriggerRuns,
        bus: Bus,
    ) -> None:
        self._manager = manager
        self._triggers = triggers
        self._deliveries = deliveries
        self._runs = runs
        bus.subscribe(self.hear)

    def require_startable(self, trigger: Resource) -> None:
        """What Event Grid looks at when a subscription is made."""
        scope = str(trigger.properties["typeProperties"]["scope"])
        source = self._manager.resources.get(scope)
        if source is None:
            message = f"The resource '{scope}' that the events are of was not found."
            raise bad_request(message, code="ResourceNotFound", target=trigger.name)
        if source.envelope.get("kind") in _NO_EVENTS:
            message = f"Storage accounts of kind {source.envelope['kind']} have no events."
            raise bad_request(message, code="InvalidRequest", target=trigger.name)
        if source.properties.get("inputSchema", "EventGridSchema") != "EventGridSchema":
            # Such topics want an answer to a handshake that Data Factory does not give.
            message = (
                "Webhook endpoint validation failed: the topic's input schema is "
                f"{source.properties['inputSchema']}. Http OPTIONS request failed with response "
                "code MethodNotAllowed."
            )
            raise bad_request(message, code="URL validation", target=trigger.name)
        self._require_room(trigger, scope)

    def started(self, trigger: Resource) -> None:
        """It fires when something happens."""

    def resume(self, trigger: Resource) -> None:
        """Deliveries under way are kept by themselves."""

    def hear(self, event: Event) -> None:
        for trigger in self._manager.resources.of_type(TRIGGER):
            if trigger.properties["type"] not in EVENT_TYPES:
                continue
            scope = str(trigger.properties["typeProperties"]["scope"])
            if scope.lower().rstrip("/") == event.source.lower():
                self._look(trigger, event)

    def _look(self, trigger: Resource, event: Event) -> None:
        """The journal tells of what was not delivered, and why."""
        given = trigger.properties["typeProperties"]
        is_blob = trigger.properties["type"] == "BlobEventsTrigger"
        reason = self._deaf(trigger) or (_unlike if is_blob else _unlike_custom)(given, event)
        if reason:
            self._runs.note(trigger, "ignored", target=event.subject, reason=reason)
            return
        firing = _blob_firing if is_blob else _custom_firing
        self._deliveries.deliver_event(trigger, firing(trigger, event, now=self._manager.now()))

    def _deaf(self, trigger: Resource) -> str:
        state = self._triggers.state(trigger)
        if not state.started:
            return "The trigger is stopped."
        if not state.subscribed:
            return "The trigger is not subscribed to events."
        if state.moving_until > self._manager.now():
            return "The subscription of the trigger is still being made."
        return ""

    def _require_room(self, trigger: Resource, scope: str) -> None:
        others = [
            each
            for each in self._manager.resources.of_type(TRIGGER)
            if each.properties["type"] in EVENT_TYPES and each.key != trigger.key
            if str(each.properties["typeProperties"]["scope"]).lower() == scope.lower()
            if self._triggers.state(each).subscribed
        ]
        if len(others) >= _MOST_SUBSCRIPTIONS:
            message = f"'{scope}' has {len(others)} event subscriptions, which is the limit."
            raise bad_request(message, code="QuotaExceeded", target=trigger.name)


def _unlike(given: dict[str, Any], event: Event) -> str:
    """Why an event of a blob is not one that the trigger is for; "" when it is."""
    if event.type not in given["events"]:
        return f"The event is {event.type}, which the trigger does not ask for."
    start = given.get("blobPathBeginsWith")
    if start and not filters.begins(event.subject, f"{CONTAINERS}{start}"):
        return f"The path does not begin with {start}"
    end = given.get("blobPathEndsWith")
    if end and not filters.ends(event.subject, end):
        return f"The path does not end with {end}"
    if given.get("ignoreEmptyBlobs") and event.data.get("contentLength") == 0:
        return "The blob is empty, and empty blobs are ignored."
    return ""


def _unlike_custom(given: dict[str, Any], event: Event) -> str:
    if event.type not in given["events"]:
        return f"The event's type is {event.type}, which the trigger does not ask for."
    start, end = given.get("subjectBeginsWith"), given.get("subjectEndsWith")
    if start and not filters.begins(event.subject, start):
        return f"The subject '{event.subject}' does not begin with {start}"
    if end and not filters.ends(event.subject, end):
        return f"The subject '{event.subject}' does not end with {end}"
    unmet = filters.unmet(given.get("advancedFilters") or [], event.shown())
    return f"An advanced filter is not passed: {unmet}." if unmet else ""


def _blob_firing(trigger: Resource, event: Event, *, now: float) -> Firing:
    """`folderPath` is the container and the folders in it."""
    container, _, path = event.subject.removeprefix(f"{CONTAINERS}/").partition("/blobs/")
    folder, _, name = f"{container}/{path}".rpartition("/")
    body = {"fileName": name, "folderPath": folder, "event": event.shown()}
    properties = {"FileName": name, "FolderPath": folder}
    return _firing(trigger, event, body, properties, now=now)


def _custom_firing(trigger: Resource, event: Event, *, now: float) -> Firing:
    body = {"event": event.shown()}
    properties = {"EventType": event.type, "EventSubject": event.subject}
    return _firing(trigger, event, body, properties, now=now)


def _firing(
    trigger: Resource,
    event: Event,
    body: dict[str, Any],
    properties: dict[str, str],
    *,
    now: float,
) -> Firing:
    stamp = written(now)
    cause = {
        "name": trigger.name,
        "startTime": stamp,
        "scheduledTime": stamp,
        "outputs": {"body": body},
    }
    more = {"TriggerTime": stamp, "EventPayload": json.dumps(event.shown())}
    return Firing(cause, body=body, properties={**more, **properties})
