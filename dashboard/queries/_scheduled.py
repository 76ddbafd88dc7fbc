"""What the clouds will start by the clock: the schedules of deployed Pipelines, as deployed.

Read as plain rows: a fleet has ten thousand, and a page shows how many start when.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet

from dashboard.access import Visitor, visible_connections, visible_pipelines
from dashboard.models import Connection, Pipeline, Trigger, Version
from dashboard.queries._triggers import SHOWN
from provisioning.contracts import TriggerKind
from provisioning.errors import InvalidInput
from provisioning.schedules import Schedule, check_schedule, natively
from provisioning.schedules.minutes import Window, minutes_between
from provisioning.schedules.windows import next_due

BY_THE_CLOCK = (TriggerKind.SCHEDULE, TriggerKind.TUMBLING_WINDOW, TriggerKind.NATIVE)
ACTIVE, PAUSED, MISSING, UNSURE = "active", "paused", "missing", "unknown"
EDITED = ~Q(pipeline__current_version=F("pipeline__deployed_version"))
COLUMNS = (
    "pk", "key", "kind", "cron", "timezone", "start", "end", "config", "state", "paused", "next",
    "pipeline_id", "pipeline__name", "pipeline__slug", "pipeline__connection_id",
    "pipeline__deployed_version_id", "pipeline__current_version_id",
)  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """Which Pipelines, and which states of their starts."""

    connection: int | None = None
    cloud: str = ""
    pipeline: int | None = None
    search: str = ""  # in the Pipeline's name
    status: str = ""

    def pipelines(self, visitor: Visitor) -> QuerySet[Pipeline]:
        rows = visible_pipelines(visitor)
        if self.connection is not None:
            rows = rows.filter(connection_id=self.connection)
        if self.cloud:
            rows = rows.filter(connection__cloud=self.cloud)
        if self.search:
            rows = rows.filter(name__icontains=self.search)
        return rows.filter(pk=self.pipeline) if self.pipeline is not None else rows

    @property
    def every_pipeline(self) -> bool:
        return self.connection is None and self.pipeline is None and not (self.cloud or self.search)


class Timing(NamedTuple):
    """When something fires. Two with the same Timing fire together."""

    cron: str = ""
    timezone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None
    frequency: str = ""
    interval: int = 0
    delay: int = 0
    dialect: str = ""  # of a watched one that cron cannot say; `cron` is its expression
    once: datetime | None = None  # all that is known, where the expression cannot be read

    def firings(self, window: Window) -> int:
        """Bit n is minute n of the window."""
        if self.frequency:
            return _windows_due(self, window)
        if self.dialect:
            return _natively_due(self, window)
        if self.once:
            at = minutes_between(window.since, self.once)
            return 1 << at if 0 <= at < window.length else 0
        schedule = schedule_of(self.cron, self.timezone)
        if schedule is None:
            return 0
        return window.between(window.firings(schedule), self.start, self.end)


@dataclass(frozen=True)
class Scheduled:
    """A Trigger that the cloud fires by the clock, as it is deployed."""

    trigger: int
    key: str
    pipeline: int
    name: str
    slug: str
    connection: int
    state: str  # ACTIVE, PAUSED, MISSING or UNSURE
    timing: Timing
    why: str = ""  # it is not ACTIVE


@dataclass(frozen=True)
class Fleet:
    active: list[Scheduled]
    others: list[Scheduled]  # paused, or not confirmed by the cloud
    connections: dict[int, Connection]

    def now(self, each: Scheduled, real: datetime) -> datetime:
        return self.connections[each.connection].now(real)


@lru_cache(maxsize=20_000)
def schedule_of(cron: str, timezone: str) -> Schedule | None:
    """None: it was saved before a rule became stricter."""
    try:
        return check_schedule(cron, timezone)
    except InvalidInput:
        return None


def fleet_of(visitor: Visitor, chosen: Chosen) -> Fleet:
    """All that fires by the clock in the clouds; three queries however many there are."""
    connections = {row.pk: row for row in visible_connections(visitor).defer("sealed")}
    of = chosen.pipelines(visitor).filter(may_exist_in_cloud=True, deployed_version__isnull=False)
    rows = Trigger.objects.filter(SHOWN, pipeline__in=of.values("pk"))
    rows = rows.filter(Q(kind__in=BY_THE_CLOCK) | EDITED)
    edited = of.exclude(deployed_version=F("current_version")).values("deployed_version")
    versions = dict(Version.objects.filter(pk__in=edited).values_list("pk", "triggers"))
    found = [
        each
        for values in rows.order_by("pipeline__name", "key").values_list(*COLUMNS)
        if (each := _scheduled(dict(zip(COLUMNS, values, strict=True)), versions, connections))
    ]
    return Fleet(
        active=[each for each in found if each.state == ACTIVE],
        others=[each for each in found if each.state != ACTIVE],
        connections=connections,
    )


def _scheduled(
    row: dict[str, Any], versions: dict[int, list[dict[str, Any]]], known: dict[int, Connection]
) -> Scheduled | None:
    connection = known.get(row["pipeline__connection_id"])
    deployed = versions.get(row["pipeline__deployed_version_id"])
    timing = _timing(row) if deployed is None else _timing_in(deployed, row)
    if timing is None or connection is None:
        return None
    state, why = _state(row, connection)
    return Scheduled(
        trigger=row["pk"],
        key=row["key"],
        pipeline=row["pipeline_id"],
        name=row["pipeline__name"],
        slug=row["pipeline__slug"],
        connection=connection.pk,
        state=state,
        timing=timing,
        why=why,
    )


def _state(row: dict[str, Any], connection: Connection) -> tuple[str, str]:
    if row["paused"] or row["state"] == Trigger.State.PAUSED:
        return PAUSED, "Paused: it starts nothing until it is resumed."
    if not connection.enabled:
        return UNSURE, f"The connection {connection.name} is switched off: nobody looks."
    if row["state"] == Trigger.State.ACTIVE:
        return ACTIVE, ""
    if row["state"] == Trigger.State.MISSING:
        return MISSING, "The cloud does not have it any more."
    return UNSURE, "The cloud has not confirmed it."


def _timing_in(deployed: Iterable[dict[str, Any]], row: dict[str, Any]) -> Timing | None:
    """As the deployed Version has it, which an edit has left behind."""
    values = next((one for one in deployed if one["key"] == row["key"]), None)
    if values is None:
        return None
    moments = {name: _moment(values.get(name)) for name in ("start", "end")}
    return _timing({**row, "cron": "", "timezone": "", **values, **moments, "config": values})


def _timing(row: dict[str, Any]) -> Timing | None:
    if row["kind"] == TriggerKind.TUMBLING_WINDOW:
        config = row["config"]
        return Timing(
            start=row["start"],
            end=row["end"],
            frequency=config["frequency"],
            interval=config["interval"],
            delay=config.get("delay_seconds", 0),
        )
    if row["kind"] == TriggerKind.NATIVE:
        return _native(row)
    if row["kind"] != TriggerKind.SCHEDULE:
        return None
    timing = Timing(row["cron"], row["timezone"], row["start"], row["end"])
    readable = schedule_of(timing.cron, timing.timezone) is not None
    return timing if readable else timing._replace(once=row["next"])


def _native(row: dict[str, Any]) -> Timing | None:
    """None of what waits for events, and of what cannot be read."""
    config = row["config"]
    if not config.get("dialect"):
        return Timing(once=row["next"]) if row["next"] else None
    return Timing(
        config["expression"], row["timezone"], row["start"], row["end"], dialect=config["dialect"]
    )


def _natively_due(timing: Timing, window: Window) -> int:
    definition = {
        "dialect": timing.dialect,
        "expression": timing.cron,
        "timezone": timing.timezone,
        "start": timing.start,
        "end": timing.end,
    }
    found = 0
    for at in natively.firings(definition, window.since, window.until):
        found |= 1 << minutes_between(window.since, at)
    return found


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _windows_due(timing: Timing, window: Window) -> int:
    """Of tumbling windows, each due when it has ended."""
    found = bytearray(window.length // 8 + 1)
    at: datetime | None = window.since - timedelta(minutes=1)
    while at is not None and timing.start is not None:
        at = next_due(
            timing.start,
            timing.frequency,
            timing.interval,
            after=at,
            delay=timedelta(seconds=timing.delay),
            end=timing.end,
        )
        minute = minutes_between(window.since, at) if at else window.length
        if minute >= window.length:
            break
        if minute >= 0:
            found[minute >> 3] |= 1 << (minute & 7)
    return int.from_bytes(found, "little")
