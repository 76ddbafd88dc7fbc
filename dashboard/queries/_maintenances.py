"""Maintenances, what each holds, and what will not run because of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Prefetch, Q, QuerySet

from dashboard.access import Visitor, visible_maintenances, visible_pipelines
from dashboard.models import Connection, Maintenance, MaintenanceTrigger, Pipeline, Trigger
from dashboard.queries._triggers import as_deployed
from provisioning.blueprints import registry
from provisioning.contracts import TriggerKind
from provisioning.errors import InvalidInput
from provisioning.schedules import check_schedule

SHOWN = 5  # of each trigger's firings
MOST_FIRINGS = 10_000  # of each trigger that are counted
OPEN_END = timedelta(days=1)  # how far is looked where no end is set
MADE_UP_FOR = "Windows that pass are made up for when it is resumed."
NOT_KEPT = "What arrives meanwhile is not looked at."


@dataclass(frozen=True)
class WillNotRun:
    """One trigger that a Maintenance would pause, and what it will not start."""

    trigger: Trigger
    firings: tuple[datetime, ...]  # the first of them
    count: int
    counted_on: bool  # there are more than were counted
    why: str  # of a trigger that is paused anyway, or that fires by events

    @property
    def more(self) -> int:
        return self.count - len(self.firings)


def will_not_run(
    user: Visitor, pipelines: Sequence[Pipeline], *, since: datetime, until: datetime | None
) -> list[WillNotRun]:
    """By name. Without an end, of the first day."""
    ids = [row.pk for row in pipelines]
    rows = Trigger.objects.filter(
        removed_at=None, pipeline__in=visible_pipelines(user).filter(pk__in=ids).values("pk")
    ).select_related("pipeline__connection", "pipeline__deployed_version")
    end = until or since + OPEN_END
    return [_of(row, since, end) for row in rows.order_by("pipeline__name", "key")]


def _of(trigger: Trigger, since: datetime, until: datetime) -> WillNotRun:
    if trigger.paused:
        return WillNotRun(trigger, (), 0, counted_on=False, why="It is paused already.")
    has = as_deployed(trigger)
    if has is None or not (trigger.own or trigger.pipeline.deployed_version_id):
        why = "It is not in the cloud yet; a deployment meanwhile leaves it off."
        return WillNotRun(trigger, (), 0, counted_on=False, why=why)
    if trigger.kind != TriggerKind.SCHEDULE:
        return WillNotRun(trigger, (), 0, counted_on=False, why=_meanwhile(trigger))
    firings = _firings(has, since, until)
    counted_on = len(firings) > MOST_FIRINGS
    count = min(len(firings), MOST_FIRINGS)
    return WillNotRun(trigger, tuple(firings[:SHOWN]), count, counted_on=counted_on, why="")


def _firings(trigger: Trigger, since: datetime, until: datetime) -> list[datetime]:
    try:
        schedule = check_schedule(trigger.cron, trigger.timezone, trigger.start, trigger.end)
    except InvalidInput:  # saved before a rule became stricter
        return [trigger.next] if trigger.next and since <= trigger.next < until else []
    return list(islice(schedule.firings(since, until), MOST_FIRINGS + 1))


def _meanwhile(trigger: Trigger) -> str:
    if trigger.kind == TriggerKind.TUMBLING_WINDOW:
        return MADE_UP_FOR
    if trigger.own:
        return NOT_KEPT
    return registry.get(trigger.pipeline.blueprint).effects.pause or NOT_KEPT


def maintenances(
    user: Visitor, *, open: bool | None = None, before: int | None = None, limit: int = 50
) -> list[Maintenance]:
    """Newest first."""
    rows = visible_maintenances(user).prefetch_related("pipelines").order_by("-id")
    if open is not None:
        going_on = Q(state__in=Maintenance.OPEN)
        rows = rows.filter(going_on if open else ~going_on)
    return list((rows.filter(pk__lt=before) if before else rows)[:limit])


def maintenance_triggers(maintenance: Maintenance) -> QuerySet[MaintenanceTrigger]:
    rows = maintenance.triggers.select_related("trigger__pipeline__connection", "handed_over_to")
    return rows.order_by("trigger__pipeline__name", "trigger__key")


def maintenances_of(pipeline: Pipeline) -> list[Maintenance]:
    """Those that hold this Pipeline, or will within a day: for its banner."""
    covers = Q(connection=pipeline.connection_id) | Q(pipelines=pipeline.pk)
    rows = Maintenance.objects.filter(covers, state__in=Maintenance.OPEN)
    if not pipeline.managed:
        return []
    return list(rows.select_related("clock", "asked_by").distinct().order_by("since"))


def holdings(user: Visitor) -> list[Maintenance]:
    """What is going on now, for the first page."""
    rows = visible_maintenances(user).filter(
        state__in=[*Maintenance.HOLDING, Maintenance.State.RESTORING]
    )
    stuck = MaintenanceTrigger.objects.exclude(error="")
    return list(rows.prefetch_related(Prefetch("triggers", queryset=stuck, to_attr="stuck")))


def scope_choices(user: Visitor) -> tuple[list[Connection], list[Pipeline]]:
    """What a Maintenance can be of."""
    rows = visible_pipelines(user).filter(managed=True)
    pipelines = list(rows.order_by("connection__name", "name"))
    connections = {row.connection_id: row.connection for row in pipelines}
    return list(connections.values()), pipelines
