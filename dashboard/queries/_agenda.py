"""What fires in the next hours, by the schedules that the clouds confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from dashboard.access import Visitor
from dashboard.models import Trigger
from dashboard.queries._pipelines import next_occurrences
from dashboard.queries._triggers import as_deployed
from provisioning.contracts import TriggerKind
from provisioning.errors import InvalidInput
from provisioning.schedules import check_schedule, natively

MOST_TRIGGERS = 100  # those that fire first; a page of more would be read by nobody
MOST_FIRINGS = 24 * 60
SHOWN = 5  # of one hour


@dataclass(frozen=True)
class Firings:
    """One trigger's firings within one hour."""

    trigger: Trigger
    first: datetime
    count: int


@dataclass(frozen=True)
class Hour:
    """An hour with something in it, counted from the Connections' own clocks."""

    start: datetime
    firings: tuple[Firings, ...]

    @property
    def shown(self) -> tuple[Firings, ...]:
        return self.firings[:SHOWN]

    @property
    def left_out(self) -> int:
        return len(self.firings) - len(self.shown)


def agenda(user: Visitor, now: datetime, *, ahead: timedelta = timedelta(days=1)) -> list[Hour]:
    """`now` is real time; a sandbox that was fast-forwarded has a later one of its own."""
    hours: dict[datetime, list[Firings]] = {}
    for trigger in next_occurrences(user, limit=MOST_TRIGGERS):
        if trigger.state != Trigger.State.ACTIVE or not trigger.pipeline.connection.enabled:
            continue
        for hour, firings in _by_hour(trigger, trigger.pipeline.connection.now(now), ahead).items():
            hours.setdefault(hour, []).append(firings)
    return [
        Hour(start=hour, firings=tuple(sorted(found, key=lambda one: one.first)))
        for hour, found in sorted(hours.items())
    ]


def _by_hour(trigger: Trigger, now: datetime, ahead: timedelta) -> dict[datetime, Firings]:
    found: dict[datetime, Firings] = {}
    for at in islice(_firings(trigger, now, now + ahead), MOST_FIRINGS):
        hour = at.replace(minute=0, second=0, microsecond=0)
        before = found.get(hour)
        first = before.first if before else at
        found[hour] = Firings(trigger, first, count=before.count + 1 if before else 1)
    return found


def _firings(trigger: Trigger, since: datetime, until: datetime) -> list[datetime]:
    has = as_deployed(trigger) or trigger  # an edit counts from its deployment on
    if has.kind == TriggerKind.NATIVE:
        definition = {**has.config, "timezone": has.timezone, "start": has.start, "end": has.end}
        return list(islice(natively.firings(definition, since, until), MOST_FIRINGS))
    try:
        schedule = check_schedule(has.cron, has.timezone, has.start, has.end)
    except InvalidInput:  # saved before a rule became stricter; what the cloud said still counts
        return [trigger.next] if trigger.next and since <= trigger.next < until else []
    return list(islice(schedule.firings(since, until), MOST_FIRINGS))
