"""From cron to the schedule of a Google data pipeline: generate, prove, else refuse.

A pipeline has one schedule: a unix-cron expression in a zone, without a start or an end.
https://cloud.google.com/dataflow/docs/reference/data-pipelines/rest/v1/projects.locations.pipelines
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from provisioning.schedules import proof, refusals, unix_cron
from provisioning.schedules.cron import Cron, DayMode
from provisioning.schedules.horizon import HORIZON, Horizon, horizon_of, minutes_in_utc
from provisioning.schedules.native import NativeSchedules, Status, Translation, usable
from provisioning.schedules.notation import compact, step_to_end
from provisioning.schedules.proving import MOMENT, Words, missing, proved, until
from provisioning.schedules.schedule import Schedule, occurrences
from provisioning.schedules.walls import Reading

DIALECT = "Google Data Pipelines"
UTC_NAME = "Etc/UTC"
WORDS = Words(
    DIALECT,
    skipped="may start that run or not; Google does not say",
    repeated="may start it once or twice; Google does not say",
)

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


@lru_cache(maxsize=1024)
def translate(schedule: Schedule, *, since: datetime = HORIZON[0]) -> Translation:
    """The translation with its proof; `since` is where the horizon of eleven years begins."""
    if schedule.start or schedule.end:
        return _no_window(schedule, since)
    horizon = horizon_of(schedule, since)
    if schedule.cron.mode is DayMode.BOTH:
        reason = refusals.and_days(schedule.cron, DIALECT)
        first = missing(schedule, horizon)
        return Translation(Status.REFUSED, None, "and-days", reason, first)
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
    """By either reading of what Google leaves open: only what both have right is exact."""
    cron = unix_cron.parse_unix_cron(natives.expressions[0])
    return proved(
        schedule,
        natives,
        horizon,
        dates=[(schedule.cron.matches, [cron.matches])],
        readings=[[_firings(natives, reading)] for reading in Reading],
        words=WORDS,
    )


def _firings(natives: NativeSchedules, reading: Reading) -> proof.Firings:
    def between(since: datetime, end: datetime) -> Iterable[datetime]:
        every = unix_cron.firings(
            natives.expressions[0], natives.timezone, after=since - MOMENT, reading=reading
        )
        return until(every, end)

    return between
