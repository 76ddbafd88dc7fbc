"""From a firing to its trigger run: at once, late on request, or not at all on request."""

from __future__ import annotations

import uuid

from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.names import factory_of
from provisioning.sandbox.azure.datafactory.triggers.documents import Triggers
from provisioning.sandbox.azure.datafactory.triggers.records import LateFiring
from provisioning.sandbox.azure.datafactory.triggers.trigger_runs import Firing, TriggerRuns
from provisioning.sandbox.records import Table

EVENT_SECONDS = 0.5  # how long Event Grid takes


class Deliveries:
    def __init__(self, manager: Manager, triggers: Triggers, runs: TriggerRuns) -> None:
        self._manager = manager
        self._triggers = triggers
        self._runs = runs
        world = manager.world
        self._late = Table(world.store, kind="azure_late_firing", record=LateFiring)
        world.simulation.handle("azure_late_firing", self._due)
        for firing in self._late:
            self._announce(firing)

    def dropped(self, trigger: Resource) -> bool:
        """Whether a fault swallows this firing."""
        fault = self._manager.world.faults.take("drop_firing", "azure", *_names(trigger))
        if fault is not None:
            self._runs.note(trigger, "dropped", reason=fault.why_dropped)
        return fault is not None

    def delay(self, trigger: Resource) -> float:
        fault = self._manager.world.faults.take("delay", "azure", *_names(trigger))
        return fault.seconds if fault else 0.0

    def deliver(self, trigger: Resource, firing: Firing) -> None:
        if self.dropped(trigger):
            return
        seconds = self.delay(trigger)
        if seconds:
            self._deliver_late(trigger, firing, seconds)
        else:
            self._runs.fire(trigger, firing)

    def deliver_event(self, trigger: Resource, firing: Firing) -> None:
        """Whoever published an event does not wait for what comes of it."""
        if not self.dropped(trigger):
            self._deliver_late(trigger, firing, EVENT_SECONDS + self.delay(trigger))

    def _deliver_late(self, trigger: Resource, firing: Firing, seconds: float) -> None:
        late = LateFiring(
            id=uuid.uuid4().hex,
            trigger=trigger.id,
            due=self._manager.now() + seconds,
            cause=firing.cause,
            body=firing.body,
            properties=firing.properties,
        )
        self._late.put(late)
        self._announce(late)

    def _announce(self, firing: LateFiring) -> None:
        self._manager.world.simulation.announce(
            at=firing.due, kind="azure_late_firing", key=firing.key
        )

    def _due(self, key: str, time: float) -> None:
        late = self._late.get(key)
        if late is None or late.due != time:
            return
        self._late.delete(key)
        trigger = self._manager.resources.get(late.trigger)
        if trigger is None:
            return
        if self._triggers.state(trigger).started:
            self._runs.fire(trigger, Firing(late.cause, late.body, late.properties))
        else:
            reason = "The trigger was stopped before this reached it."
            self._runs.note(trigger, "ignored", reason=reason)


def _names(trigger: Resource) -> tuple[str, str]:
    factory = factory_of(trigger.id).rpartition("/")[2]
    return trigger.name, f"{factory}/{trigger.name}"
