"""The six fields of AWS's cron(): minutes hours day-of-month month day-of-week year.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
The sandbox's own reading, written apart from what Skyclock computes for people, so that
a mistake in one shows against the other.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

_MONTH_NAMES = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES.split(), start=1)}
_WEEKDAY_NAMES = "SUN MON TUE WED THU FRI SAT"
_WEEKDAYS = {name: number for number, name in enumerate(_WEEKDAY_NAMES.split(), start=1)}
FIRST_YEAR, LAST_YEAR = 1970, 2199


class BadExpression(Exception):
    """The expression is not one that EventBridge Scheduler takes."""


@dataclass(frozen=True)
class DaysOfMonth:
    """`?` (None), plain days, `L`, `LW` or the working day nearest to one (`15W`)."""

    days: frozenset[int] = frozenset()
    last: bool = False
    working: bool = False

    def of(self, year: int, month: int) -> set[int]:
        length = calendar.monthrange(year, month)[1]
        chosen = {length} if self.last else {day for day in self.days if day <= length}
        if not self.working:
            return chosen
        return {_nearest_working_day(year, month, day) for day in chosen}


@dataclass(frozen=True)
class DaysOfWeek:
    """Sunday is 1. `nth` is the number of `FRI#2`; `last` is the L of `FRIL`."""

    days: frozenset[int]
    nth: int | None = None
    last: bool = False

    def of(self, year: int, month: int) -> set[int]:
        length = calendar.monthrange(year, month)[1]
        return {day for day in range(1, length + 1) if self._fits(date(year, month, day), length)}

    def _fits(self, day: date, length: int) -> bool:
        if day.isoweekday() % 7 + 1 not in self.days:
            return False
        if self.nth is not None:
            return (day.day - 1) // 7 + 1 == self.nth
        return not self.last or day.day + 7 > length


@dataclass(frozen=True)
class CronFields:
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: frozenset[int]
    days: DaysOfMonth | DaysOfWeek

    def days_of(self, year: int, month: int) -> list[int]:
        return sorted(self.days.of(year, month)) if year in self.years else []


def parse_fields(text: str) -> CronFields:
    fields = text.split()
    if len(fields) != 6:
        raise BadExpression("six fields are needed")
    minutes, hours, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise BadExpression("one of day-of-month and day-of-week must be ?, the other not")
    return CronFields(
        minutes=tuple(sorted(_numbers(minutes, 0, 59))),
        hours=tuple(sorted(_numbers(hours, 0, 23))),
        months=tuple(sorted(_numbers(month, 1, 12, names=_MONTHS))),
        years=_numbers(year, FIRST_YEAR, LAST_YEAR),
        days=_days_of_week(weekday) if day == "?" else _days_of_month(day),
    )


def _days_of_month(text: str) -> DaysOfMonth:
    if text in ("L", "LW"):
        return DaysOfMonth(last=True, working=text == "LW")
    if match := re.fullmatch(r"(\d+)W", text):
        return DaysOfMonth(days=_numbers(match[1], 1, 31), working=True)
    return DaysOfMonth(days=_numbers(text, 1, 31))


def _days_of_week(text: str) -> DaysOfWeek:
    if text == "L":
        return DaysOfWeek(days=frozenset({7}))
    if match := re.fullmatch(r"(\w+)#([1-5])", text):
        return DaysOfWeek(days=_numbers(match[1], 1, 7, names=_WEEKDAYS), nth=int(match[2]))
    if match := re.fullmatch(r"(\w+)L", text):
        return DaysOfWeek(days=_numbers(match[1], 1, 7, names=_WEEKDAYS), last=True)
    if "/" in text:
        raise BadExpression("day-of-week takes no steps")
    return DaysOfWeek(days=_numbers(text, 1, 7, names=_WEEKDAYS))


def _numbers(
    text: str, low: int, high: int, *, names: Mapping[str, int] | None = None
) -> frozenset[int]:
    chosen: set[int] = set()
    for part in text.split(","):
        span, slash, step_text = part.partition("/")
        step = _number(step_text, 1, high) if slash else 1
        chosen.update(_span(span, low, high, names or {}, open_ended=bool(slash))[::step])
    return frozenset(chosen)


def _span(
    text: str, low: int, high: int, names: Mapping[str, int], *, open_ended: bool
) -> list[int]:
    """`*`, `a`, `a-b`; with a step, `a` goes on to the end. `22-2` wraps around."""
    if text == "*":
        return list(range(low, high + 1))
    first_text, dash, last_text = text.partition("-")
    first = _number(first_text, low, high, names)
    if not dash:
        return list(range(first, high + 1)) if open_ended else [first]
    last = _number(last_text, low, high, names)
    if first <= last:
        return list(range(first, last + 1))
    return [*range(first, high + 1), *range(low, last + 1)]


def _number(text: str, low: int, high: int, names: Mapping[str, int] | None = None) -> int:
    value = (names or {}).get(text.upper())
    if value is None and text.isascii() and text.isdigit():
        value = int(text)
    if value is None or not low <= value <= high:
        raise BadExpression(f"'{text}' is not within {low} to {high}")
    return value


def _nearest_working_day(year: int, month: int, day: int) -> int:
    """The weekday nearest to a day, within the same month."""
    length = calendar.monthrange(year, month)[1]
    weekday = date(year, month, day).isoweekday()
    if weekday == 6:
        return day - 1 if day > 1 else day + 2
    if weekday == 7:
        return day + 1 if day < length else day - 2
    return day


def next_month(year: int, month: int) -> tuple[int, int]:
    after = date(year, month, 28) + timedelta(days=4)
    return after.year, after.month
