"""From cron to the schedule of a Google data pipeline: generate, prove, else refuse.

A pipeline has one schedule: a unix-cron expression in a zone, without a start or an end.
https://cloud.google.com/dataflow/docs/reference/data-pipelines/rest/v1/projects.locations.pipelines
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import takewhile

from provisioning.schedules import proof, refusals, unix_cron
from provisioning.schedules.cron import Cron, DayMode
from provisioning.schedules.horizon import (
    HORIZON,
    Horizon,
    change_of,
    changes_of,
    differing_date,
    horizon_of,
    minutes_in_utc,
    windows_of,
)
from provisioning.schedules.native import NativeSchedules, Status, Translation, usable
from provisioning.schedules.notation import compact, step_to_end
from provisioning.schedules.schedule import Schedule, occurrences
from provisioning.schedules.walls import Reading
from provisioning.schedules.zones import ClockChange

DIALECT = "Google Data Pipelines"
UTC_NAME = "Etc/UTC"

NO_END = (
    f"{DIALECT} has no end date. Leave it empty, and pause the trigger or take it out when it is "
    "to end."
)
NO_START = (
    f"{DIALECT} has no start date: a schedule begins when it is deployed. Leave it empty, and "
    "deploy the trigger paused; resume it when it is to begin."
)


def to_data_pipelines(
    schedule: Schedule, *, accept_dst: bool = False, since: datetime = HORIZON[0]
) -> NativeSchedules:
    """The one native schedule that fires exactly when `schedule` does, or ScheduleRefused."""
    return usable(translate(schedule, since=since), accept_dst=accept_dst)


@lru_cache(maxsize=256)
def translate(schedule: Schedule, *, since: datetime = HORIZON[0]) -> Translation:
    """The translation with its proof; `since` is where the horizon of eleven years begins."""
    if schedule.start or schedule.end:
        return _no_window(schedule, since)
    horizon = horizon_of(schedule, since)
    if schedule.cron.mode is DayMode.BOTH:
        missing = proof.Difference(next(schedule.firings(horizon[0])), proof.Kind.MISSING)
        reason = refusals.and_days(schedule.cron, DIALECT)
        return Translation(Status.REFUSED, None, "and-days", reason, missing)
    minutes = minutes_in_utc(schedule, horizon)
    in_utc = minutes is not None or schedule.timezone == "UTC"
    natives = NativeSchedules(
        dialect=DIALECT,
        expressions=(_expression(schedule.cron, minutes or schedule.cron.minutes),),
        timezone=UTC_NAME if in_utc else schedule.timezone,
    )
    return _proved(schedule, natives, horizon)


# ── Generate ────────────────────────────────────────────────────────────────────────


def _expression(cron: Cron, minutes: Iterable[int]) -> str:
    """Lists and ranges throughout: no step beside a restricted day field, no step on one
    number, no wrapping, all of which Google leaves open."""
    day = _field(cron.possible_days, 1, 31, stars=False)
    weekday = compact(cron.weekdays)
    days = {
        DayMode.ALL: ("*", "*"),
        DayMode.DAYS: (day, "*"),
        DayMode.WEEKDAYS: ("*", weekday),
        DayMode.EITHER: (day, weekday),
    }[cron.mode]
    clock = f"{_field(minutes, 0, 59)} {_field(cron.hours, 0, 23)}"
    return f"{clock} {days[0]} {_field(cron.months, 1, 12)} {days[1]}"


def _field(numbers: Iterable[int], low: int, high: int, *, stars: bool = True) -> str:
    chosen = set(numbers)
    if stars and len(chosen) == high - low + 1:
        return "*"
    step = step_to_end(chosen, high)
    if step is None:
        return compact(chosen)
    return f"*/{step[1]}" if stars and step[0] == low else f"{step[0]}-{high}/{step[1]}"


# ── Prove ───────────────────────────────────────────────────────────────────────────


def _no_window(schedule: Schedule, since: datetime) -> Translation:
    """The first run that Google would start outside of the window."""
    field, edge = ("end", schedule.end) if schedule.end else ("start", None)
    outside = next(occurrences(schedule.cron, schedule.timezone, edge or since))
    extra = proof.Difference(outside, proof.Kind.EXTRA)
    reason = NO_END if schedule.end else NO_START
    return Translation(Status.REFUSED, None, "no-window", reason, extra, field)


def _proved(schedule: Schedule, natives: NativeSchedules, horizon: Horizon) -> Translation:
    (expression,) = natives.expressions
    cron = unix_cron.parse_unix_cron(expression)
    if at := differing_date(schedule, [cron.matches], horizon):
        return _refused(proof.Difference(at, proof.Kind.MISSING))
    changes = changes_of(schedule, horizon)
    changed: ClockChange | None = None
    first: proof.Difference | None = None
    for difference in _differences(schedule, natives, windows_of(schedule, changes, horizon)):
        change = change_of(difference, changes)
        if change is None:
            return _refused(difference)
        changed, first = changed or change, first or difference
    if changed is None:
        return Translation(Status.EXACT, natives)
    code, reason = refusals.clock_change(
        schedule,
        changed,
        DIALECT,
        skipped="may start that run or not; Google does not say",
        repeated="may start it once or twice; Google does not say",
    )
    return Translation(Status.EXCEPT_DST, natives, code, reason, first)


def _refused(difference: proof.Difference) -> Translation:
    reason = refusals.not_exact(difference, DIALECT)
    return Translation(Status.REFUSED, None, "not-exact", reason, difference)


def _differences(
    schedule: Schedule, natives: NativeSchedules, windows: list[proof.Window]
) -> Iterator[proof.Difference]:
    """By either reading of what Google leaves open: only what both have right is exact."""
    found: set[proof.Difference] = set()
    for reading in Reading:
        found.update(proof.differences(schedule.firings, [_firings(natives, reading)], windows))
    yield from sorted(found, key=lambda difference: difference.at)


def _firings(natives: NativeSchedules, reading: Reading) -> proof.Firings:
    def between(since: datetime, until: datetime) -> Iterable[datetime]:
        every = unix_cron.firings(
            natives.expressions[0],
            natives.timezone,
            after=since - timedelta(microseconds=1),
            reading=reading,
        )
        return takewhile(lambda instant: instant < until, every)

    return between
