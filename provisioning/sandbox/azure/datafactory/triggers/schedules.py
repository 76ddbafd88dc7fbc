"""Schedule triggers: they fire by their recurrence, and what was missed stays missed."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.errors import InvalidInput
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.triggers.deliveries import Deliveries
from provisioning.sandbox.azure.datafactory.triggers.documents import Triggers
from provisioning.sandbox.azure.datafactory.triggers.trigger_runs import Firing
from provisioning.sandbox.azure.errors import bad_request
from provisioning.sandbox.azure.times import parse, short, written
from provisioning.schedules.recurrence import ALLOWED, Recurrence, parse_recurrence

log = logging.getLogger(__name__)

# Real clouds never were down, so firings of a downtime happen; but not of a whole summer.
LONGEST_CATCH_UP = 7 * 86_400
_FARTHEST = timedelta(days=548)  # 18 months
_SCHEDULE = "InvalidWorkflowTriggerRecurrenceSchedule"


class Schedules:
    def __init__(self, manager: Manager, triggers: Triggers, deliveries: Deliveries) -> None:
        self._manager = manager
        self._triggers = triggers
        self._deliveries = deliveries
        manager.world.simulation.handle("azure_schedule", self._fire)

    def require_startable(self, trigger: Resource) -> None:
        """What the service looks at only when a trigger is started."""
        given = trigger.properties["typeProperties"]["recurrence"]
        _require_stamps(trigger.name, given)
        now = datetime.fromtimestamp(self._manager.now(), UTC)
        first = next(_recurrence(trigger, now=self._manager.now()).firings(now), None)
        if first is not None and first > now + _FARTHEST:
            message = f"The next execution of trigger '{trigger.name}' is more than 18 months away."
            raise bad_request(message, code=_SCHEDULE)

    def started(self, trigger: Resource) -> None:
        self.plan(trigger, after=self._manager.now())

    def resume(self, trigger: Resource) -> None:
        """After a restart: what was due in a downtime fires."""
        state, earliest = self._triggers.state(trigger), self._manager.now() - LONGEST_CATCH_UP
        if state.due is not None and state.due < earliest:
            log.warning(
                "%s: firings before %s are left out, the sandbox was down for too long",
                trigger.id,
                short(earliest),
            )
            self.plan(trigger, after=earliest)
        elif state.due is not None:
            self._announce(trigger, state.due)

    def plan(self, trigger: Resource, *, after: float) -> None:
        state = self._triggers.state(trigger)
        since = datetime.fromtimestamp(after, UTC)
        coming = next(_recurrence(trigger, now=self._manager.now()).firings(since), None)
        state.done_until = after
        state.due = coming.timestamp() if coming else None
        self._triggers.keep(state)
        if state.due is not None:
            self._announce(trigger, state.due)

    def _announce(self, trigger: Resource, due: float) -> None:
        self._manager.world.simulation.announce(at=due, kind="azure_schedule", key=trigger.key)

    def _fire(self, key: str, time: float) -> None:
        trigger = self._manager.resources.get(key)
        if trigger is None:
            return
        state = self._triggers.state(trigger)
        if not state.started or state.due != time:
            return
        self.plan(trigger, after=time)
        stamp = written(time)
        cause = {"name": trigger.name, "startTime": stamp, "scheduledTime": stamp}
        properties = {"TriggerTime": stamp, "ScheduleTime": short(time)}
        self._deliveries.deliver(trigger, Firing(cause, properties=properties))


def _recurrence(trigger: Resource, *, now: float) -> Recurrence:
    """Raises RestError for one that the service would not activate."""
    given: dict[str, Any] = trigger.properties["typeProperties"]["recurrence"]
    try:
        return parse_recurrence({"startTime": short(now), **given})
    except InvalidInput as error:
        unfit = set(given.get("schedule") or {}) - ALLOWED.get(given["frequency"], frozenset())
        code = _SCHEDULE if unfit else "InvalidWorkflowTriggerRecurrence"
        message = f"The recurrence of trigger '{trigger.name}' is invalid: {error}"
        raise bad_request(message, code=code) from error


def _require_stamps(name: str, given: dict[str, Any]) -> None:
    """In UTC a time has to end in Z; a start without a zone would be nobody's."""
    if str(given.get("timeZone") or "UTC") != "UTC":
        return
    for member in ("startTime", "endTime"):
        value = given.get(member)
        if value is not None and parse(str(value)).tzinfo is None:
            message = (
                f"The {member} '{value}' of trigger '{name}' is not in UTC: it has to end in 'Z'."
            )
            raise bad_request(message, code="InvalidWorkflowTriggerRecurrence")
