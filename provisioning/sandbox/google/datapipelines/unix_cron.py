"""Cloud Scheduler's unix-cron: five fields, in a time zone, by the wall clock.

https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules
The sandbox's own reading, written apart from what Skyclock computes for people, so that a
mistake in one shows against the other. Google promises nothing for the hours in which clocks
change; here a time that the clock skips is left out, and one that it shows twice fires twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_SEARCHED_DAYS = 8 * 366 + 2  # a 29 February may be eight years away
_PART = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")


class BadSchedule(Exception):
    """It is not one that Cloud Scheduler takes."""


@dataclass(frozen=True)
class UnixCron:
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # Sunday is 0
    either: bool  # both day fields are restricted: one of them has to fit
    zone: ZoneInfo

    def next_after(self, moment: float) -> float | None:
        local = datetime.fromtimestamp(moment, self.zone)
        # A clock that was set back shows yesterday's evening again.
        first = local.date() - timedelta(days=1)
        for day in (first + timedelta(days=n) for n in range(_SEARCHED_DAYS)):
            if self._fits(day):
                found = [at for at in self._instants(day) if at > moment]
                if found:
                    return min(found)
        return None

    def _fits(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_day or by_weekday if self.either else by_day and by_weekday

    def _instants(self, day: date) -> Iterator[float]:
        for hour in self.hours:
            for minute in self.minutes:
                wall = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001
                yield from self._shown(wall)

    def _shown(self, wall: datetime) -> set[float]:
        """The instants at which clocks in the zone show this: none, one or two."""
        found = set()
        for fold in (0, 1):
            at = wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC)
            if at.astimezone(self.zone).replace(tzinfo=None) == wall:
                found.add(at.timestamp())
        return found


def parse_schedule(text: str, zone: str) -> UnixCron:
    """Raises BadSchedule. An empty zone is UTC."""
    fields = text.split()
    if len(fields) != 5:
        raise BadSchedule(f"'{text}' is not a valid unix-cron schedule: it needs five fields")
    minute, hour, day, month, weekday = fields
    return UnixCron(
        minutes=tuple(sorted(_numbers(minute, 0, 59))),
        hours=tuple(sorted(_numbers(hour, 0, 23))),
        days=_numbers(day, 1, 31),
        months=_numbers(month, 1, 12, names=_MONTHS),
        weekdays=frozenset(n % 7 for n in _numbers(weekday, 0, 7, names=_WEEKDAYS)),
        either=day != "*" and weekday != "*",
        zone=load_zone(zone or "UTC"),
    )


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def load_zone(name: str) -> ZoneInfo:
    if name not in _zones():
        raise BadSchedule(f"there is no time zone '{name}'")
    return ZoneInfo(name)


def _numbers(text: str, low: int, high: int, *, names: list[str] | None = None) -> frozenset[int]:
    return frozenset(
        number for part in text.split(",") for number in _span(part, low, high, names or [])
    )


def _span(part: str, low: int, high: int, names: list[str]) -> range:
    match = _PART.fullmatch(part)
    if match is None:
        raise BadSchedule(f"'{part}' cannot be read")
    if match["first"] == "*":
        first, last = low, high
    else:
        first = _number(match["first"], low, high, names)
        last = _number(match["last"], low, high, names) if match["last"] else first
        if match["step"] and not match["last"]:
            raise BadSchedule(f"'{part}' has a step without a range")
    step = int(match["step"] or 1)
    if last < first or not step:
        raise BadSchedule(f"'{part}' is no range")
    return range(first, last + 1, step)


def _number(text: str, low: int, high: int, names: list[str]) -> int:
    if text in names:
        return names.index(text) + (1 if len(names) == 12 else 0)
    if not text.isdigit() or not low <= int(text) <= high:
        raise BadSchedule(f"'{text}' is not within {low} to {high}")
    return int(text)
