"""Both day fields at once, by EventBridge's year field: exact, and never the same run twice.

Two native schedules, one for each day field, both fire on a date that satisfies both. The year
field tells such dates apart: a day of the month falls on a given weekday in the same months of
all years that begin alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from provisioning.schedules import refusals
from provisioning.schedules.cron import Cron, DayMode
from provisioning.schedules.eventbridge import LAST_YEAR, LONGEST
from provisioning.schedules.eventbridge_text import clock_field, month_field, weekday_field
from provisioning.schedules.native import Status, Translation
from provisioning.schedules.notation import compact
from provisioning.schedules.schedule import Schedule

MOST = 20  # native schedules of one trigger

# Days of month, months and years that go together.
Box = tuple[frozenset[int], frozenset[int], frozenset[int]]


def with_split(
    schedule: Schedule,
    found: Translation,
    told: Callable[[list[list[str]]], Translation],
    *,
    crons: Sequence[Cron],
    since: datetime,
) -> Translation:
    """`found` with the way of the years beside it where there is one, or with its number.
    `crons` have the schedule's times in the dialect's zone; `told` proves what is written."""
    overlaps = found.status in (Status.OVERLAP, Status.OVERLAP_EXCEPT_DST)
    if not overlaps and found.code != "and-days":
        return found
    first = max(since, schedule.start or since).year - 1
    last = min(schedule.end.year if schedule.end else LAST_YEAR, LAST_YEAR)
    written = [expressions(cron, range(first, last + 1)) for cron in crons]
    if (count := sum(map(len, written))) > MOST:
        reason = f"{found.reason} {refusals.too_many(count, MOST)}"
        return replace(found, reason=reason)
    return replace(found, split=told(written))


def expressions(cron: Cron, years: range) -> list[str]:
    """The fewest that this finds, with six fields; good for these years."""
    clock = clock_field(cron.minutes, cron.hours)
    ways = [_written(clock, boxes) for boxes in (_by_months(cron, years), _by_years(cron, years))]
    dates = min(ways, key=len)
    if cron.mode is DayMode.BOTH:
        return dates
    return [f"{clock} ? {month_field(cron.months)} {weekday_field(cron.weekdays)} *", *dates]


def _written(clock: str, boxes: Iterable[Box]) -> list[str]:
    """With as many years in each as AWS lets an expression be long."""
    written = []
    for days, months, years in boxes:
        begin = f"{clock} {compact(days)} {month_field(months)} ?"
        room = LONGEST - len(f"cron({begin} )")
        written += [f"{begin} {part}" for part in _parts(years, room)]
    return written


def _by_months(cron: Cron, years: range) -> list[Box]:
    """Months that agree in all years go together: May and June never, April and July always."""
    found: dict[tuple[frozenset[int], frozenset[int]], set[int]] = {}
    for days in _alike(cron):
        for month in cron.months:
            fitting = frozenset(year for year in years if _fits(cron, year, month, min(days)))
            if fitting:
                found.setdefault((days, fitting), set()).add(month)
    return _joined((days, frozenset(months), each) for (days, each), months in found.items())


def _by_years(cron: Cron, years: range) -> list[Box]:
    """Years that agree in all months go together."""
    found: dict[tuple[frozenset[int], frozenset[int]], set[int]] = {}
    for days in _alike(cron):
        for year in years:
            fitting = frozenset(m for m in cron.months if _fits(cron, year, m, min(days)))
            if fitting:
                found.setdefault((days, fitting), set()).add(year)
    return _joined((days, months, frozenset(each)) for (days, months), each in found.items())


def _joined(boxes: Iterable[Box]) -> list[Box]:
    """Days with the same months and years are one."""
    found: dict[tuple[frozenset[int], frozenset[int]], frozenset[int]] = {}
    for days, months, years in boxes:
        found[months, years] = found.get((months, years), frozenset()) | days
    return [(days, months, years) for (months, years), days in found.items()]


def _alike(cron: Cron) -> list[frozenset[int]]:
    """The days of month by the weekday that they share: the 1st, 8th, 15th, …"""
    ways = (frozenset(d for d in cron.possible_days if d % 7 == rest) for rest in range(7))
    return sorted(filter(None, ways), key=min)


def _fits(cron: Cron, year: int, month: int, day: int) -> bool:
    """For both fields, the dates on a chosen weekday; for either, those on no such day."""
    weekday = (date(year, month, 1).isoweekday() + day - 1) % 7
    return (weekday in cron.weekdays) == (cron.mode is DayMode.BOTH)


def _parts(years: frozenset[int], room: int) -> list[str]:
    """The years as texts that are short enough each."""
    parts, ordered = [], sorted(years)
    while ordered:
        count = len(ordered)
        while len(compact(ordered[:count])) > room:
            count -= 1
        parts.append(compact(ordered[:count]))
        ordered = ordered[count:]
    return parts
