"""The unix-cron of Google's schedulers, and when it fires.

Written from Google's own rules, not from our translation, so that it can prove or refute it:
https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules
Of a local time that a clock change skips or repeats they say only that jobs "may run or not
run"; so a reading has to be chosen, the fewest or the most runs that the words allow.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from provisioning.errors import InvalidInput
from provisioning.schedules.notation import MONTHS, WEEKDAYS
from provisioning.schedules.walls import Reading, times_of, walk
from provisioning.schedules.zones import DAY, check_zone

LAST_YEAR = 9998
WEEKDAY_NUMBERS = {name: number for number, name in enumerate(WEEKDAYS)}
PART = re.compile(r"(\*|(\w+)-(\w+))(?:/([1-9]\d?))?|(\w+)")


@dataclass(frozen=True)
class UnixCron:
    """The five fields as sets. Weekdays count from Sunday = 0."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    every_day: bool  # day of month is `*`
    every_weekday: bool  # day of week is `*`

    @property
    def times(self) -> tuple[time, ...]:
        return times_of(self.hours, self.minutes)

    def matches(self, day: date) -> bool:
        """Either of the day fields, "unless one of them is marked unrestricted"."""
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self.every_day or self.every_weekday:
            return by_day and by_weekday
        return by_day or by_weekday

    def dates(self, first: date) -> Iterator[date]:
        for year in range(first.year, min(first.year + 401, LAST_YEAR)):
            for month in sorted(self.months):
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if day >= first and self.matches(day):
                        yield day


def firings(
    expression: str, timezone: str, *, after: datetime, reading: Reading = Reading.FEWEST
) -> Iterator[datetime]:
    """The instants after `after` at which Google starts a run."""
    zone, cron = check_zone(timezone or "UTC"), parse_unix_cron(expression)
    dates = cron.dates((after.astimezone(zone) - DAY).date())
    every = walk(dates, cron.times, zone, reading.policy)
    return (instant for instant in every if instant > after)


def parse_unix_cron(expression: str) -> UnixCron:
    """The expression, or InvalidInput at "expression". What the words leave open is refused:
    a step without a range, and `*/2` in a day field beside a restricted one."""
    fields = expression.split()
    if len(fields) != 5:
        raise _invalid(expression)
    minute, hour, day, month, weekday = fields
    every_day, every_weekday = day == "*", weekday == "*"
    open_steps = day.startswith("*/") and not every_weekday
    if open_steps or (weekday.startswith("*/") and not every_day):
        raise _invalid(expression)
    try:
        return UnixCron(
            minutes=_field(minute, 0, 59),
            hours=_field(hour, 0, 23),
            days=_field(day, 1, 31),
            months=_field(month, 1, 12, MONTHS),
            weekdays=frozenset(n % 7 for n in _field(weekday, 0, 7, WEEKDAY_NUMBERS)),
            every_day=every_day,
            every_weekday=every_weekday,
        )
    except ValueError as error:
        raise _invalid(expression) from error


def _field(
    text: str, low: int, high: int, names: Mapping[str, int] | None = None
) -> frozenset[int]:
    """`*`, numbers, ranges, steps over either, and lists of them. ValueError else."""
    values: set[int] = set()
    for part in text.split(","):
        match = PART.fullmatch(part)
        if match is None:
            raise ValueError(part)
        span, first, last, step, single = match.groups()
        a = low if span == "*" else _value(single or first, names)
        b = high if span == "*" else _value(single or last, names)
        if not low <= a <= b <= high:
            raise ValueError(part)
        values.update(range(a, b + 1, int(step or 1)))
    return frozenset(values)


def _value(text: str, names: Mapping[str, int] | None) -> int:
    return names[text.upper()] if names and text.upper() in names else int(text)


def _invalid(expression: str) -> InvalidInput:
    message = f"Google's unix-cron does not accept '{expression}', or does not say what it means."
    return InvalidInput.at("expression", message)
