"""Deliveries: each event once to each trigger that waits for it, until it is taken.

Pub/Sub carries events, at least once, and in no order. A destination that fails is tried
again, first after ten seconds, then ever later, for a day.
https://cloud.google.com/eventarc/docs/retry-events
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from provisioning.sandbox.google.accounts import Access
from provisioning.sandbox.google.calls import part, short
from provisioning.sandbox.google.chance import chance
from provisioning.sandbox.google.eventarc.records import (
    LONGEST_SECONDS,
    Delivery,
    Event,
    Trigger,
)
from provisioning.sandbox.google.eventarc.triggers import Triggers
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.storage.records import Bucket, StoredObject
from provisioning.sandbox.records import Table
from provisioning.sandbox.world import World

_FIRST_DELAY, _LONGEST_DELAY = 10.0, 600.0
_TRANSPORT = (0.05, 0.4)  # seconds that an event is on its way
_KIND = "google eventarc delivery"
# By these Pub/Sub knows that a push was taken.
_TAKEN = frozenset({102, 200, 201, 202, 204})


@dataclass(frozen=True)
class Outcome:
    status: int
    reason: str = ""

    @property
    def taken(self) -> bool:
        return self.status in _TAKEN


# Brings an event to a destination, as an account. It is called with the world unlocked.
Carry = Callable[[str, str, Event, str], Outcome]


class Deliveries:
    """`to_service` and `to_workflow` get the destination's full name, a path, the event and
    the account."""

    def __init__(self, world: World, identity: Identity, triggers: Triggers) -> None:
        self._table = Table(world.store, kind=_KIND, record=Delivery)
        self._world = world
        self._access: Access = identity.access
        self._accounts = identity.accounts
        self._triggers = triggers
        self._under_way: set[str] = set()
        self.to_service: Carry = lambda *_: Outcome(404)
        self.to_workflow: Carry = lambda *_: Outcome(404)
        world.simulation.handle(_KIND, self._deliver)
        for delivery in self._table:
            self._announce(delivery)

    def object_finalized(self, bucket: Bucket, stored: StoredObject) -> None:
        self._begin(self._triggers.of_object(bucket, stored))

    def message_published(self, topic: Any, message: dict[str, Any]) -> None:
        self._begin(self._triggers.of_message(topic, message))

    def forget(self, trigger: Trigger) -> None:
        """The trigger was deleted: its subscription goes, and all that waits in it."""
        for delivery in self._table:
            if delivery.trigger == trigger.name:
                self._table.delete(delivery.key)

    # ── Beginning ───────────────────────────────────────────────────────────────────

    def _begin(self, found: Iterable[tuple[Trigger, Event]]) -> None:
        for trigger, event in found:
            names = (short(trigger.name), trigger.name)
            if fault := self._world.faults.take("drop_firing", "google", *names):
                self._note(trigger, event, "dropped", fault.why_dropped)
                continue
            late = self._world.faults.take("delay", "google", *names)
            now = self._world.clock.now()
            delivery = Delivery(
                id=uuid.uuid4().hex,
                trigger=trigger.name,
                uid=trigger.uid,
                event=event,
                begun=now,
                due=now + chance(event.key, trigger.name).uniform(*_TRANSPORT)
                + (late.seconds if late else 0.0),
            )  # fmt: skip
            self._wait(delivery)

    def _wait(self, delivery: Delivery) -> None:
        self._table.put(delivery)
        self._announce(delivery)

    def _announce(self, delivery: Delivery) -> None:
        self._world.simulation.announce(at=delivery.due, kind=_KIND, key=delivery.key)

    # ── Delivering ──────────────────────────────────────────────────────────────────

    def _deliver(self, key: str, time: float) -> None:
        delivery = self._table.get(key)
        if delivery is None or delivery.due != time or key in self._under_way:
            return
        trigger = self._trigger_of(delivery)
        if trigger is None:
            self._table.delete(key)
            return
        delivery.attempts += 1
        self._table.put(delivery)
        if reason := self._not_let_in(trigger):
            self._done(delivery, trigger, Outcome(403, reason))
            return
        self._under_way.add(key)
        self._world.simulation.outside(lambda: self._carry(delivery, trigger))

    def _carry(self, delivery: Delivery, trigger: Trigger) -> None:
        """On a thread of its own, with the world unlocked."""
        outcome = Outcome(500, "The sandbox failed; its log says why.")
        try:
            target, path = _destination(trigger)
            carry = self.to_service if "/services/" in target else self.to_workflow
            outcome = carry(target, path, delivery.event, trigger.account)
        finally:
            with self._world.lock:
                self._under_way.discard(delivery.key)
                self._done(delivery, trigger, outcome)
            self._world.store.commit()

    def _done(self, delivery: Delivery, trigger: Trigger, outcome: Outcome) -> None:
        event = delivery.event
        if self._table.get(delivery.key) is None:  # its trigger was deleted meanwhile
            return
        if outcome.taken:
            self._table.delete(delivery.key)
            self._note(trigger, event, "delivered", outcome.reason)
            return
        now = self._world.clock.now()
        delay = min(_FIRST_DELAY * 2.0 ** (delivery.attempts - 1), _LONGEST_DELAY)
        delivery.due = now + delay
        reason = f"HTTP {outcome.status}" + (f": {outcome.reason}" if outcome.reason else "")
        most = trigger.most_attempts
        if (most and delivery.attempts >= most) or delivery.due > delivery.begun + LONGEST_SECONDS:
            self._table.delete(delivery.key)
            self._note(trigger, event, "refused", f"{reason}. It is not tried again.")
            return
        again = f"Attempt {delivery.attempts}; again in {delay:.0f} seconds."
        self._note(trigger, event, "refused", f"{reason}. {again}")
        self._wait(delivery)

    def _not_let_in(self, trigger: Trigger) -> str:
        permission, project = "eventarc.events.receiveEvent", f"projects/{trigger.project}"
        if not self._accounts.usable(trigger.account):
            return f"The service account {trigger.account} does not exist or is disabled."
        if not self._access.allows(trigger.account, permission, project):
            return f'Permission "{permission}" denied on "{trigger.account}".'
        return ""

    def _trigger_of(self, delivery: Delivery) -> Trigger | None:
        trigger = self._triggers.table.get(delivery.trigger)
        return trigger if trigger and trigger.uid == delivery.uid else None

    def _note(self, trigger: Trigger, event: Event, outcome: Any, reason: str) -> None:
        target, _ = _destination(trigger)
        self._world.journal.note(
            "google",
            event.called,
            outcome,
            target=f"{short(trigger.name)} → {short(target)}",
            reason=reason,
        )


def _destination(trigger: Trigger) -> tuple[str, str]:
    """The full name of the service or workflow, and the path at a service."""
    destination = trigger.wish["destination"]
    if "workflow" in destination:
        return str(destination["workflow"]), ""
    service = destination["cloudRun"]
    project = f"projects/{part(trigger.name, 'projects')}"
    name = f"{project}/locations/{service['region']}/services/{service['service']}"
    return name, "/" + str(service.get("path", "")).lstrip("/")
