"""Schedules that others wrote in a cloud's dialect: when they fire, and what cron says the same.

A watched schedule is not proved by enumeration as an own one is: it is there already. Where
five-field cron says the same days and times, that is what people read; else the cloud's own words
stay, and its firings follow from the dialect's own rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any, Literal

from provisioning.contracts.triggers import NativeSpec, ScheduleSpec
from provisioning.errors import InvalidInput
from provisioning.schedules import eventbridge, unix_cron
from provisioning.schedules.backwards import from_eventbridge, from_recurrence
from provisioning.schedules.recurrence import parse_recurrence
from provisioning.schedules.schedule import check_schedule
from provisioning.schedules.walls import Reading
from provisioning.schedules.zones import clock_changes

Dialect = Literal["eventbridge", "adf", "gcp"]
INSTANT = timedelta(microseconds=1)
AROUND = timedelta(days=1)  # a change of the clock
LOOKED = timedelta(days=730)
DIFFERS = "When the zone's clock changes, this cloud may fire otherwise than cron."


def firings(definition: Mapping[str, Any], since: datetime, until: datetime) -> Iterator[datetime]:
    """From `since`, inclusive, to `until`, exclusive, by a NativeSpec as JSON. None where its
    firings are not known."""
    if not definition.get("dialect") or since >= until:
        return
    start, end = _moment(definition.get("start")), _moment(definition.get("end"))
    try:
        coming = _from(
            definition["dialect"],
            definition["expression"],
            definition.get("timezone") or "UTC",
            after=since - INSTANT,
            start=start,
        )
        last = min(until, end + INSTANT) if end else until
        yield from takewhile(lambda at: at < last, coming)
    except (InvalidInput, ValueError):  # of a form that an earlier release could read
        return


def read(
    key: str,
    dialect: Dialect,
    expression: str,
    timezone: str,
    *,
    text: str,
    start: datetime | None = None,
    end: datetime | None = None,
    made: datetime | None = None,
    now: datetime,
) -> ScheduleSpec | NativeSpec:
    """As cron where cron says the same; else in the dialect where that can be read; else as text
    alone. `made` is what a rate without a start counts from."""
    native = NativeSpec(
        key=key,
        text=text,
        dialect=dialect,
        expression=expression,
        timezone=timezone,
        start=start or (made if expression.startswith("rate(") else None),
        end=end,
    )
    if _next(native, now) is _UNREADABLE:
        return NativeSpec(key=key, text=text, timezone=timezone)
    return _as_cron(native, start, end, now) or native


def next_firing(spec: ScheduleSpec | NativeSpec, now: datetime) -> datetime | None:
    """By what was read back; None where that is not known, or there is none."""
    if isinstance(spec, NativeSpec):
        found = _next(spec, now)
        return found if isinstance(found, datetime) else None
    schedule = check_schedule(spec.cron, spec.timezone, spec.start, spec.end)
    return next(schedule.firings(now + INSTANT), None)


# ── Reading ─────────────────────────────────────────────────────────────────────────

_UNREADABLE = object()


def _next(spec: NativeSpec, now: datetime) -> datetime | object | None:
    if not spec.dialect:
        return None
    try:
        coming = _from(spec.dialect, spec.expression, spec.timezone, after=now, start=spec.start)
        found = next(coming, None)
    except (InvalidInput, ValueError):
        return _UNREADABLE
    return None if found and spec.end and found > spec.end else found


def _from(
    dialect: str,
    expression: str,
    timezone: str,
    *,
    after: datetime,
    start: datetime | None,
    reading: Reading = Reading.FEWEST,
) -> Iterator[datetime]:
    if dialect == "eventbridge":
        return eventbridge.firings(expression, timezone, after=after, start=start)
    if dialect == "adf":
        return parse_recurrence(expression).firings(after, reading=reading)
    return unix_cron.firings(expression, timezone, after=after, reading=reading)


# ── Cron ────────────────────────────────────────────────────────────────────────────


def _as_cron(
    native: NativeSpec, start: datetime | None, end: datetime | None, now: datetime
) -> ScheduleSpec | None:
    found = _backwards(native)
    if found is None:
        return None
    cron, timezone = found
    try:
        check_schedule(cron, timezone, start, end)
    except InvalidInput:
        return None
    spec = ScheduleSpec(key=native.key, cron=cron, timezone=timezone, start=start, end=end)
    if not _agree(native, spec, now, now + 8 * AROUND):
        return None  # its words are cron's, and mean something else
    differs = any(
        not _agree(native, spec, change.at - AROUND, change.at + AROUND)
        for change in clock_changes(timezone, now, now + LOOKED)
    )
    accepted = {"accept_clock_changes": True, "accepted": DIFFERS} if differs else {}
    return spec.model_copy(update=accepted)


def _backwards(native: NativeSpec) -> tuple[str, str] | None:
    if native.dialect == "adf":
        return from_recurrence(native.expression)
    if native.dialect == "gcp":
        return native.expression, native.timezone
    cron = from_eventbridge(native.expression)
    return (cron, native.timezone) if cron else None


def _agree(native: NativeSpec, spec: ScheduleSpec, since: datetime, until: datetime) -> bool:
    """By all that the cloud leaves open; what a clock change touches is looked at by itself."""
    schedule = check_schedule(spec.cron, spec.timezone, spec.start, spec.end)
    wanted = list(schedule.firings(since, until))
    touched = clock_changes(spec.timezone, since, until)
    if touched and until - since > 2 * AROUND:
        wanted = [at for at in wanted if not _near(at, touched)]
    for reading in Reading:
        coming = _from(
            native.dialect,
            native.expression,
            native.timezone,
            after=since - INSTANT,
            start=native.start,
            reading=reading,
        )
        found = list(takewhile(lambda at: at < until, coming))
        if native.end:
            found = [at for at in found if at <= native.end]
        if touched and until - since > 2 * AROUND:
            found = [at for at in found if not _near(at, touched)]
        if found != wanted:
            return False
    return True


def _near(at: datetime, changes: tuple[Any, ...]) -> bool:
    return any(abs(at - change.at) <= AROUND for change in changes)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str) and value:
        return datetime.fromisoformat(value).astimezone(UTC)
    return value if isinstance(value, datetime) else None
