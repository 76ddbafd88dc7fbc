"""Recurrences of Azure Data Factory's schedule triggers, and when they fire.

Written from Azure's own rules, not from our translation, so that it can prove or refute it:
https://learn.microsoft.com/en-us/azure/data-factory/how-to-create-schedule-trigger

Azure says that the wall clock is kept from Day upwards, not what happens at a local time that
a clock change skips or repeats; so a reading has to be chosen.
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from provisioning.errors import InvalidInput
from provisioning.schedules.walls import Reading, resolve, walk
from provisioning.schedules.windows_zones import iana_zone
from provisioning.schedules.zones import DAY

Frequency = Literal["Minute", "Hour", "Day", "Week", "Month"]
STEPS = {"Minute": timedelta(minutes=1), "Hour": timedelta(hours=1)}
LONGEST_INTERVAL = 1000
LAST_YEAR = 9000
MINUTE = timedelta(minutes=1)
ALLOWED = {
    "Minute": frozenset[str](),
    "Hour": frozenset[str](),
    "Day": frozenset({"minutes", "hours"}),
    "Week": frozenset({"minutes", "hours", "weekDays"}),
    "Month": frozenset({"minutes", "hours", "monthDays", "monthlyOccurrences"}),
}
# As Azure names them, counted from Monday = 0 as Python does.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Recurrence:
    """One recurrence. `start` and `end` are walls of `zone`, as Azure keeps them."""

    frequency: Frequency
    interval: int
    zone: ZoneInfo
    windows: str  # the zone's name as Azure has it
    start: datetime
    end: datetime | None = None
    times: tuple[time, ...] = ()
    weekdays: frozenset[int] | None = None
    month_days: frozenset[int] | None = None
    occurrences: frozenset[tuple[int, int]] | None = None  # (weekday, which one)
    advanced: bool = False  # Azure's `schedule` is given

    def matches(self, day: date) -> bool:
        """By the calendar alone; where recurrences begin and end does not count."""
        if self.frequency in STEPS:
            return True
        if self.frequency == "Day":
            return (day - self.start.date()).days % self.interval == 0
        if self.frequency == "Week":
            weeks = (_monday(day) - _monday(self.start.date())).days // 7
            return weeks % self.interval == 0 and day.weekday() in self._weekdays
        months = (day.year - self.start.year) * 12 + day.month - self.start.month
        return months % self.interval == 0 and self._in_month(day)

    def firings(self, after: datetime, *, reading: Reading = Reading.FEWEST) -> Iterator[datetime]:
        """The instants after `after`, in order."""
        every = self._steps(after) if self.frequency in STEPS else self._walls(after, reading)
        last = _instant(self.end, self.zone) if self.end else None
        for instant in every:
            if last is not None and instant > last:
                return
            if instant > after:
                yield instant

    @property
    def _weekdays(self) -> frozenset[int]:
        return frozenset({self.start.weekday()}) if self.weekdays is None else self.weekdays

    def _in_month(self, day: date) -> bool:
        length = calendar.monthrange(day.year, day.month)[1]
        if self.occurrences is not None:
            first, last = (day.day + 6) // 7, -((length - day.day + 7) // 7)
            found = {(day.weekday(), first), (day.weekday(), last)}
            if found & self.occurrences:
                return True
        elif self.month_days is None:
            return day.day == self.start.day
        return bool({day.day, day.day - length - 1} & (self.month_days or frozenset()))

    def _steps(self, after: datetime) -> Iterator[datetime]:
        """Minutes and hours that pass, whatever a clock shows."""
        first, step = _instant(self.start, self.zone), self.interval * STEPS[self.frequency]
        instant = first + max(0, (after - first) // step) * step
        while True:
            yield instant
            instant += step

    def _walls(self, after: datetime, reading: Reading) -> Iterator[datetime]:
        begin = max((after.astimezone(self.zone) - 2 * DAY).date(), self.start.date())
        # "The start date must be at least a minute before the first execution time."
        first = _instant(self.start + (MINUTE if self.advanced else timedelta()), self.zone)
        for instant in walk(self._dates(begin), self.times, self.zone, reading.policy):
            if instant >= first:
                yield instant

    def _dates(self, first: date) -> Iterator[date]:
        day = first
        last_year = min(first.year + 401, LAST_YEAR)
        while day.year < last_year:
            if self.frequency == "Month" and not self._month_counts(day):
                day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
                continue
            if self.matches(day):
                yield day
            day += DAY

    def _month_counts(self, day: date) -> bool:
        months = (day.year - self.start.year) * 12 + day.month - self.start.month
        return months % self.interval == 0


def parse_recurrence(found: Mapping[str, Any] | str) -> Recurrence:
    """A recurrence as the API has it, or InvalidInput: what Azure would refuse, and why."""
    raw: Mapping[str, Any] = json.loads(found) if isinstance(found, str) else found
    frequency = raw.get("frequency")
    if frequency not in ALLOWED:
        raise _wrong(f"The frequency '{frequency}' is none of {', '.join(ALLOWED)}.")
    interval = raw.get("interval", 1)
    if not isinstance(interval, int) or not 1 <= interval <= LONGEST_INTERVAL:
        raise _wrong(f"The interval has to be a number from 1 to {LONGEST_INTERVAL}.")
    schedule: Mapping[str, Any] = raw.get("schedule") or {}
    if unfit := sorted(set(schedule) - ALLOWED[frequency]):
        raise _wrong(f"The frequency '{frequency}' takes no {' and no '.join(unfit)}.")
    windows = str(raw.get("timeZone") or "UTC")
    zone = _zone(windows, raw)
    start = _wall(raw.get("startTime"), zone, "startTime")
    return Recurrence(
        frequency=cast(Frequency, frequency),
        interval=interval,
        zone=zone,
        windows=windows,
        start=start,
        end=_wall(raw["endTime"], zone, "endTime") if raw.get("endTime") else None,
        times=_times(schedule, start),
        weekdays=_optional(schedule, "weekDays", _weekday),
        month_days=_optional(schedule, "monthDays", _month_day),
        occurrences=_optional(schedule, "monthlyOccurrences", _occurrence),
        advanced=bool(schedule),
    )


def _zone(windows: str, raw: Mapping[str, Any]) -> ZoneInfo:
    """A time that ends in Z is UTC, whatever the zone says: it "renders the field useless"."""
    iana = iana_zone(windows)
    if iana is None:
        raise _wrong(f"Windows has no time zone '{windows}'.")
    return ZoneInfo("UTC" if str(raw.get("startTime", "")).endswith("Z") else iana)


def _wall(text: Any, zone: ZoneInfo, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise _wrong(f"{name} has to be a date and time, not '{text}'.") from error
    return moment.astimezone(zone).replace(tzinfo=None) if moment.tzinfo else moment


def _times(schedule: Mapping[str, Any], start: datetime) -> tuple[time, ...]:
    """All hours with all minutes; what is left out is taken from the start."""
    hours = _numbers(schedule, "hours", 23) or [start.hour]
    minutes = _numbers(schedule, "minutes", 59) or [start.minute]
    second = 0 if schedule else start.second
    return tuple(time(hour, minute, second) for hour in hours for minute in minutes)


def _numbers(schedule: Mapping[str, Any], name: str, high: int) -> list[int]:
    numbers = sorted(set(schedule.get(name) or ()))
    if any(not isinstance(each, int) or not 0 <= each <= high for each in numbers):
        raise _wrong(f"{name} are numbers from 0 to {high}.")
    return numbers


def _optional(schedule: Mapping[str, Any], name: str, read: Any) -> frozenset[Any] | None:
    return frozenset(map(read, schedule[name])) if schedule.get(name) else None


def _weekday(name: Any) -> int:
    if name not in WEEKDAYS:
        raise _wrong(f"'{name}' is no weekday; Azure writes Monday to Sunday.")
    return WEEKDAYS.index(name)


def _month_day(number: Any) -> int:
    if not isinstance(number, int) or not 1 <= abs(number) <= 31:
        raise _wrong("monthDays are numbers from 1 to 31, or from -1 to -31 from the end.")
    return number


def _occurrence(found: Mapping[str, Any]) -> tuple[int, int]:
    which = found.get("occurrence")
    if not isinstance(which, int) or not 1 <= abs(which) <= 5:
        raise _wrong("An occurrence is a number from 1 to 5, or from -1 to -5 from the end.")
    return _weekday(found.get("day")), which


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    return resolve(wall, zone)[1][0].astimezone(UTC)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _wrong(sentence: str) -> InvalidInput:
    return InvalidInput.at("recurrence", sentence)
