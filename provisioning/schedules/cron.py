"""What a five-field cron expression means: Debian's cron, in a named zone.

Two facts of crontab(5) and cron(8) that most libraries get wrong:
- the two day fields are joined by OR, unless one of them *starts with* `*`: then by AND;
- a job whose minute or hour starts with `*` is an interval job. It follows the real local
  clock: nothing in a skipped hour, twice in a repeated one. Any other job has fixed times:
  a skipped time runs when the clock has jumped, a repeated one runs the first time only.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from functools import cached_property, lru_cache

from provisioning.schedules.walls import Kind, Policy, times_of

LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
LAST_YEAR = 9998
WEEKS = frozenset({1, 2, 3, 4, 5})  # of a month: days 1-7, 8-14, …


class DayMode(Enum):
    """Which of the two day fields decide, once full and empty ones are set aside."""

    ALL = "all"
    DAYS = "days"
    WEEKDAYS = "weekdays"
    EITHER = "either"
    BOTH = "both"


@dataclass(frozen=True)
class Cron:
    """An expression as sets. Weekdays count from Sunday = 0."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    interval: bool  # minute or hour starts with `*`
    starred: bool  # one of the day fields starts with `*`

    def matches(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (by_day and by_weekday) if self.starred else (by_day or by_weekday)

    @property
    def longest_month(self) -> int:
        return max(LONGEST_MONTH[month - 1] for month in self.months)

    @cached_property
    def possible_days(self) -> frozenset[int]:
        """The chosen days that at least one chosen month has."""
        return frozenset(day for day in self.days if day <= self.longest_month)

    @cached_property
    def mode(self) -> DayMode:
        every_day = len(self.possible_days) == self.longest_month
        every_weekday = len(self.weekdays) == 7
        if self.starred:
            if every_day:
                return DayMode.ALL if every_weekday else DayMode.WEEKDAYS
            return DayMode.DAYS if every_weekday else DayMode.BOTH
        if every_day or every_weekday:
            return DayMode.ALL
        return DayMode.EITHER if self.possible_days else DayMode.WEEKDAYS

    @cached_property
    def whole_weeks(self) -> frozenset[int]:
        """When the days of month are just whole weeks: which. Then "the third Monday" lies
        either inside or outside, and OR and AND come apart without overlap."""
        last = self.longest_month
        weeks = {n: set(range(7 * n - 6, min(7 * n, last) + 1)) for n in sorted(WEEKS)}
        inside = {n for n, days in weeks.items() if days and days <= self.possible_days}
        covered = {day for n in inside for day in weeks[n]}
        return frozenset(inside) if covered == self.possible_days else frozenset()

    @property
    def never_fires(self) -> bool:
        return self.mode in (DayMode.DAYS, DayMode.BOTH) and not self.possible_days

    @property
    def times(self) -> tuple[time, ...]:
        """The times of day, in order."""
        return times_of(self.hours, self.minutes)

    @property
    def policy(self) -> Policy:
        return _interval if self.interval else _fixed

    def dates(self, first: date, last: date | None = None) -> Iterator[date]:
        """The matching dates from `first` to `last`. Skips months that cannot match."""
        if self.never_fires:
            return
        begin, end = first.toordinal(), (last or date(LAST_YEAR, 1, 1)).toordinal()
        month = first.year * 12 + first.month - 1
        while True:
            year, number = divmod(month, 12)
            opening = date(year, number + 1, 1).toordinal()
            if opening > end:
                return
            if number + 1 in self.months:
                for day in self._days_in(opening, month_length(year, number + 1)):
                    if begin <= opening + day <= end:
                        yield date(year, number + 1, day + 1)
            month += 1

    def _days_in(self, opening: int, length: int) -> list[int]:
        """The matching days of a chosen month, counted from 0; `opening` is its first date as
        an ordinal, by which 0 is a Sunday."""
        days, weekdays = self.days, self.weekdays
        if self.starred:
            return [n for n in range(length) if n + 1 in days and (opening + n) % 7 in weekdays]
        return [n for n in range(length) if n + 1 in days or (opening + n) % 7 in weekdays]


def _interval(kind: Kind, instants: tuple[datetime, ...]) -> tuple[datetime, ...]:
    return () if kind is Kind.SKIPPED else instants


def _fixed(kind: Kind, instants: tuple[datetime, ...]) -> tuple[datetime, ...]:
    return instants[:1]


@lru_cache(maxsize=4096)
def month_length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def star_step_note(cron: Cron) -> str:
    """A word of warning, after a space, where tools read `*/2` as cron does not."""
    day, weekday = cron.text.split()[2], cron.text.split()[4]
    stepped = next((field for field in (day, weekday) if field.startswith("*/")), None)
    if cron.mode is not DayMode.BOTH or stepped is None:
        return ""
    low, high = (1, 31) if stepped == day else (0, 6)
    either = f"{low}-{high}{stepped[1:]}"
    return (
        f" '{stepped}' next to a restricted day field means AND in cron, OR in some tools. "
        f"Write {either} for OR."
    )
