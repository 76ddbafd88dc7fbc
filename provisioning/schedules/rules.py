"""From cron to rules of Amazon EventBridge, which know UTC only: generate, prove, else refuse.

A zone that keeps its offset is followed by shifting the times; a shift over midnight moves the
weekdays along, and cannot move days of the month or months.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from provisioning.schedules import eventbridge, proof, refusals, years
from provisioning.schedules.cron import Cron, DayMode
from provisioning.schedules.eventbridge_text import bodies
from provisioning.schedules.horizon import (
    HORIZON,
    MINUTE,
    Horizon,
    changes_of,
    horizon_of,
    minutes_in_utc,
)
from provisioning.schedules.native import NativeSchedules, Status, Translation
from provisioning.schedules.proving import Words, first_difference, missing, proved
from provisioning.schedules.schedule import Schedule, occurrences
from provisioning.schedules.scheduler import firings_of
from provisioning.schedules.zones import DAY, offset_text

DIALECT = "EventBridge rules"
MINUTES_A_DAY = 1440
UTC_NAMES = frozenset({"UTC", "GMT", "UCT", "Zulu", "Universal"})
UTC_NAMES |= {f"Etc/{name}" for name in UTC_NAMES}
WORDS = Words(DIALECT, skipped="keeps its time in UTC", repeated="keeps its time in UTC")
NO_WINDOW = "EventBridge rules have no start or end date; use EventBridge Scheduler."


@dataclass(frozen=True)
class Shifted:
    """A part of a schedule's times in UTC, all `carry` days off the local date."""

    cron: Cron
    carry: int


@lru_cache(maxsize=1024)
def translate(schedule: Schedule, *, since: datetime = HORIZON[0]) -> Translation:
    """The translation with its proof; `since` is where the horizon of eleven years begins."""
    if schedule.start or schedule.end:
        edge = schedule.end or since
        outside = next(occurrences(schedule.cron, schedule.timezone, edge))
        extra = proof.Difference(outside, proof.Kind.EXTRA)
        field = "end" if schedule.end else "start"
        return Translation(Status.REFUSED, None, "no-window", NO_WINDOW, extra, field)
    horizon = horizon_of(schedule, since)
    parts = _parts(schedule, horizon)
    crons = [each.cron for each in parts]
    written = [bodies(each, each.minutes) for each in crons]
    if all(written):
        if refused := _refused(schedule, parts, horizon):
            return refused
        six_fields = [[f"{body} *" for body in each] for each in written]
        found = _proved(schedule, parts, six_fields, horizon)
    else:
        reason = refusals.and_days(schedule.cron, DIALECT)
        first = missing(schedule, horizon)
        found = Translation(Status.REFUSED, None, "and-days", reason, first)
        if _refused(schedule, parts, horizon):
            return found

    def told(expressions: list[list[str]]) -> Translation:
        return _proved(schedule, parts, expressions, horizon)

    return years.with_split(schedule, found, told, crons=crons, since=since)


# ── Generate ────────────────────────────────────────────────────────────────────────


def _parts(schedule: Schedule, horizon: Horizon) -> list[Shifted]:
    """The times in UTC by the offset of the horizon's beginning: few enough rectangles of hours
    and minutes, each with its carry."""
    cron = schedule.cron
    if (minutes := minutes_in_utc(schedule, horizon)) is not None:
        return [Shifted(replace(cron, minutes=minutes), 0)]
    offset = horizon[0].astimezone(schedule.zone).utcoffset() or timedelta()
    every_day = cron.mode is DayMode.ALL and len(cron.months) == 12
    hours: dict[tuple[int, int], set[int]] = {}
    for at in cron.times:
        carry, minute = divmod(at.hour * 60 + at.minute - offset // MINUTE, MINUTES_A_DAY)
        hours.setdefault((0 if every_day else carry, minute % 60), set()).add(minute // 60)
    minutes_of: dict[tuple[int, frozenset[int]], set[int]] = {}
    for (carry, minute), found in hours.items():
        minutes_of.setdefault((carry, frozenset(found)), set()).add(minute)
    ordered = sorted(minutes_of.items(), key=lambda each: (each[0][0], sorted(each[1])))
    return [
        Shifted(_moved(cron, found, frozenset(minutes), carry), carry)
        for (carry, found), minutes in ordered
    ]


def _moved(cron: Cron, hours: frozenset[int], minutes: frozenset[int], carry: int) -> Cron:
    weekdays = frozenset((day + carry) % 7 for day in cron.weekdays)
    return replace(cron, hours=hours, minutes=minutes, weekdays=weekdays)


def _refused(schedule: Schedule, parts: list[Shifted], horizon: Horizon) -> Translation | None:
    changes = changes_of(schedule, horizon)
    if changes and minutes_in_utc(schedule, horizon) is None:
        code, reason = "not-utc", refusals.not_utc(schedule.timezone)
        since = changes[0].at - DAY
    elif any(each.carry for each in parts) and not _only_weekdays(schedule.cron):
        code, reason, since = "date-carry", refusals.date_carry(), horizon[0]
    else:
        return None
    natives = _natives([[f"{b} *" for b in bodies(e.cron, e.cron.minutes)] for e in parts])
    readings = [[firings_of(natives, each) for each in natives.expressions]]
    first = first_difference(schedule, readings, since)
    return Translation(Status.REFUSED, None, code, reason, first, "timezone")


def _only_weekdays(cron: Cron) -> bool:
    return cron.mode is DayMode.WEEKDAYS and len(cron.months) == 12


def _natives(expressions: list[list[str]]) -> NativeSchedules:
    every = tuple(f"cron({text})" for part in expressions for text in part)
    return NativeSchedules(dialect=DIALECT, expressions=every, timezone="UTC")


# ── Prove ───────────────────────────────────────────────────────────────────────────


def _proved(
    schedule: Schedule, parts: list[Shifted], expressions: list[list[str]], horizon: Horizon
) -> Translation:
    """Each part's dates by themselves, then all instants of more than a week."""
    natives = _natives(expressions)
    first = next(schedule.firings(horizon[0]))
    found = proved(
        schedule,
        natives,
        horizon,
        dates=[
            (_wanted(schedule, part.carry), [_matches(text) for text in texts])
            for part, texts in zip(parts, expressions, strict=True)
        ],
        readings=[[firings_of(natives, each) for each in natives.expressions]],
        words=WORDS,
        windows=[(first, first + 9 * DAY)],
    )
    follows_law = schedule.timezone not in UTC_NAMES and minutes_in_utc(schedule, horizon) is None
    offset = offset_text(first.astimezone(schedule.zone).utcoffset() or timedelta())
    note = f"Holds while {schedule.timezone} keeps UTC{offset}." if follows_law else ""
    return replace(found, note=note)


def _wanted(schedule: Schedule, carry: int) -> proof.Matches:
    return lambda day: schedule.cron.matches(day - carry * DAY)


def _matches(text: str) -> proof.Matches:
    return eventbridge.parse_expression(f"cron({text})").matches
