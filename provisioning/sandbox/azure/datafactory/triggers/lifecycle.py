"""Starting and stopping triggers, and subscribing them to events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from provisioning.sandbox.azure.arm.calls import ArmCall
from provisioning.sandbox.azure.arm.collection import Collection
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.authorization.access import Access
from provisioning.sandbox.azure.datafactory.triggers.checks import EVENT_TYPES, require_pipelines
from provisioning.sandbox.azure.datafactory.triggers.documents import Triggers
from provisioning.sandbox.azure.datafactory.triggers.records import SubscriptionStatus
from provisioning.sandbox.azure.errors import bad_request
from provisioning.sandbox.rest import RestResponse, Route

# How long Event Grid takes to make a subscription, and to take it away.
MOVING_SECONDS = 3.0
_SUBSCRIBE = "Microsoft.EventGrid/eventSubscriptions/write"


class Firing(Protocol):
    """What makes triggers fire."""

    def require_startable(self, trigger: Resource) -> None:
        """Raises RestError for what only shows when a trigger is started."""

    def started(self, trigger: Resource) -> None: ...


class TriggerLife:
    def __init__(
        self, triggers: Triggers, collection: Collection, firing: Firing, access: Access
    ) -> None:
        self._triggers = triggers
        self._manager = triggers.manager
        self._collection = collection
        self._firing = firing
        self._access = access

    def routes(self) -> Iterator[Route]:
        for name, operation in (
            ("start", self._start),
            ("stop", self._stop),
            ("subscribeToEvents", self._subscribe),
            ("unsubscribeFromEvents", self._unsubscribe),
            ("getEventSubscriptionStatus", self._status),
        ):
            yield self._collection.action(name, operation)

    def _start(self, call: ArmCall, trigger: Resource) -> RestResponse:
        """An event trigger that is not subscribed is by that; until it is, it hears nothing."""
        self._triggers.require_settled(trigger)
        state = self._triggers.state(trigger)
        if state.started:
            return RestResponse(200)
        require_pipelines(trigger)
        self._firing.require_startable(trigger)
        if trigger.properties["type"] in EVENT_TYPES and not state.subscribed:
            self._require_source(call, trigger)
            state.subscribed = True
            state.moving_until = self._manager.now() + MOVING_SECONDS
        state.started = True
        self._triggers.keep(state)
        self._firing.started(trigger)
        return RestResponse(200)

    def _stop(self, call: ArmCall, trigger: Resource) -> RestResponse:
        self._triggers.require_settled(trigger)
        state = self._triggers.state(trigger)
        if state.started:
            state.started = False
            state.due = None
            self._triggers.keep(state)
        return RestResponse(200)

    def _subscribe(self, call: ArmCall, trigger: Resource) -> RestResponse:
        self._require_events(trigger)
        self._triggers.require_settled(trigger)
        self._firing.require_startable(trigger)
        self._require_source(call, trigger)
        return self._move(call, trigger, subscribed=True)

    def _unsubscribe(self, call: ArmCall, trigger: Resource) -> RestResponse:
        self._require_events(trigger)
        self._triggers.require_settled(trigger)
        return self._move(call, trigger, subscribed=False)

    def _move(self, call: ArmCall, trigger: Resource, *, subscribed: bool) -> RestResponse:
        state = self._triggers.state(trigger)
        goal: SubscriptionStatus = "Enabled" if subscribed else "Disabled"
        answer = {"triggerName": trigger.name, "status": goal}
        if state.subscribed == subscribed:
            return RestResponse(200, answer)
        state.subscribed = subscribed
        state.moving_until = self._manager.now() + MOVING_SECONDS
        self._triggers.keep(state)
        operations = self._manager.operations
        begun = operations.begin(call, seconds=MOVING_SECONDS, body=answer)
        return RestResponse(202, None, operations.location(call, begun))

    def _status(self, call: ArmCall, trigger: Resource) -> RestResponse:
        self._require_events(trigger)
        return RestResponse(200, {"triggerName": trigger.name, "status": self._told(trigger)})

    def _told(self, trigger: Resource) -> SubscriptionStatus:
        state = self._triggers.state(trigger)
        moving = state.moving_until > self._manager.now()
        if state.subscribed:
            return "Provisioning" if moving else "Enabled"
        return "Deprovisioning" if moving else "Disabled"

    def _require_source(self, call: ArmCall, trigger: Resource) -> None:
        """Whoever starts it makes a subscription at the account or topic that it listens to."""
        source = str((trigger.properties.get("typeProperties") or {}).get("scope", ""))
        scope = f"{source}/providers/Microsoft.EventGrid/eventSubscriptions/{trigger.name}"
        self._access.require(call.caller, _SUBSCRIBE, scope)

    def _require_events(self, trigger: Resource) -> None:
        if trigger.properties["type"] not in EVENT_TYPES:
            message = f"Trigger {trigger.name} has no events that it could be subscribed to."
            raise bad_request(message, code="TriggerTypeNotSupported", target=trigger.name)
