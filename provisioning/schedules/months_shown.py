"""A month as a calendar sheet: how often a schedule fires on each day, where a clock changes."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from provisioning.schedules.minutes import MINUTE, Window, each_minute, minutes_between, within
from provisioning.schedules.schedule import Schedule
from provisioning.schedules.zones import DAY, ClockChange, clock_changes

YEARS = range(1971, 2199)
SHOWN = 6  # times of one day


@dataclass(frozen=True)
class SheetDay:
    date: date
    inside: bool  # of the month; else it fills up the first or the last week
    count: int = 0
    runs: tuple[datetime, ...] = ()  # the first of them, in the schedule's zone
    change: ClockChange | None = None  # of the zone's clock on this day


@dataclass(frozen=True)
class Sheet:
    """Weeks begin on Monday; days are the schedule's zone's."""

    first: date
    weeks: tuple[tuple[SheetDay, ...], ...]

    @property
    def count(self) -> int:
        return sum(day.count for week in self.weeks for day in week)

    @property
    def before(self) -> date:
        return (self.first - DAY).replace(day=1)

    @property
    def after(self) -> date:
        return (self.first + timedelta(days=32)).replace(day=1)


def sheet(schedule: Schedule, year: int, month: int) -> Sheet:
    """All runs and clock changes of the month."""
    first = date(year, month, 1)
    last = (first + timedelta(days=32)).replace(day=1)
    window = Window(_midnight(schedule, first), _midnight(schedule, last))
    bits = window.firings(schedule)
    found = clock_changes(schedule.timezone, window.since - DAY, window.until)
    changes = {change.first_wall.date(): change for change in found}
    return Sheet(
        first=first,
        weeks=tuple(
            tuple(
                _day(schedule, window, bits, day, changes.get(day))
                if day.month == month
                else SheetDay(day, False)
                for day in week
            )
            for week in calendar.Calendar().monthdatescalendar(year, month)
        ),
    )


def _day(
    schedule: Schedule, window: Window, bits: int, day: date, change: ClockChange | None
) -> SheetDay:
    begin, end = (
        minutes_between(window.since, _midnight(schedule, each)) for each in (day, day + DAY)
    )
    own = within(bits, begin, end)
    first = islice(each_minute(own >> begin), SHOWN)
    since = window.since + begin * MINUTE
    runs = tuple((since + minute * MINUTE).astimezone(schedule.zone) for minute in first)
    return SheetDay(day, True, own.bit_count(), runs, change)


def _midnight(schedule: Schedule, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=schedule.zone).astimezone(UTC)
