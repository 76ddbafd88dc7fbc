"""The days that a calendar shows, cut into what it counts: quarters, hours or days of a zone."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from provisioning.schedules.minutes import DAY_MINUTES, Window, minutes_between
from provisioning.schedules.walls import resolve
from provisioning.schedules.zones import DAY, ClockChange, clock_changes

VIEWS = ("day", "week", "month")
QUARTER = 15
Span = tuple[int, int]  # minutes of the window: from the first, before the second


@dataclass(frozen=True)
class Slot:
    """A part of a day by the zone's clock. A repeated hour has two spans, a skipped one none."""

    day: date
    first: int  # minute of the day
    end: int
    spans: tuple[Span, ...]

    @property
    def key(self) -> tuple[date, int]:
        return self.day, self.first

    @property
    def skipped(self) -> bool:
        return not self.spans

    @property
    def twice(self) -> bool:
        return sum(end - first for first, end in self.spans) > self.end - self.first


@dataclass(frozen=True)
class Period:
    """A day, a week or the weeks of a month, by a zone's clock."""

    view: str
    day: date  # that was asked for
    zone: ZoneInfo
    last: date | None = None  # of a time that is given by its days, with the view's slots

    @cached_property
    def days(self) -> tuple[date, ...]:
        if self.last is not None:
            return tuple(self.day + n * DAY for n in range((self.last - self.day).days + 1))
        if self.view == "day":
            return (self.day,)
        if self.view == "week":
            monday = self.day - self.day.weekday() * DAY
            return tuple(monday + n * DAY for n in range(7))
        first, last = self.month
        monday = first - first.weekday() * DAY
        count = (last - monday).days + 7 - last.weekday()
        return tuple(monday + n * DAY for n in range(count))

    @property
    def month(self) -> tuple[date, date]:
        length = calendar.monthrange(self.day.year, self.day.month)[1]
        return self.day.replace(day=1), self.day.replace(day=length)

    @cached_property
    def window(self) -> Window:
        return Window(self._midnight(self.days[0]), self._midnight(self.days[-1] + DAY))

    @property
    def step(self) -> int:
        """Minutes of a slot."""
        return {"day": QUARTER, "week": 60}.get(self.view, DAY_MINUTES)

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(slot for day in self.days for slot in self._slots_of(day))

    @property
    def earlier(self) -> date:
        return self._moved(-1)

    @property
    def later(self) -> date:
        return self._moved(1)

    def changes(self, timezone: str) -> tuple[ClockChange, ...]:
        """Of a zone's clock, within the period."""
        since, until = self.window.since, self.window.until
        found = clock_changes(timezone, since - timedelta(minutes=1), until)
        return tuple(change for change in found if since <= change.at < until)

    def _moved(self, by: int) -> date:
        if self.view != "month":
            return self.day + by * (7 if self.view == "week" else 1) * DAY
        month = self.day.year * 12 + self.day.month - 1 + by
        return date(month // 12, month % 12 + 1, 1)

    def _midnight(self, day: date) -> datetime:
        """The first instant of the day."""
        return resolve(datetime.combine(day, time()), self.zone)[1][0].astimezone(UTC)

    def _slots_of(self, day: date) -> Iterator[Slot]:
        since, until = self._midnight(day), self._midnight(day + DAY)
        first = minutes_between(self.window.since, since)
        length = minutes_between(since, until)
        if length == DAY_MINUTES and since.astimezone(self.zone).time() == time():
            for at in range(0, DAY_MINUTES, self.step):
                yield Slot(day, at, at + self.step, ((first + at, first + at + self.step),))
            return
        spans: dict[int, list[Span]] = {at: [] for at in range(0, DAY_MINUTES, self.step)}
        for minute in range(0, length, QUARTER):
            local = (since + timedelta(minutes=minute)).astimezone(self.zone)
            at = (local.hour * 60 + local.minute) // self.step * self.step
            _extend(spans[at], first + minute)
        for at, found in spans.items():
            yield Slot(day, at, at + self.step, tuple(found))


def _extend(spans: list[Span], minute: int) -> None:
    if spans and spans[-1][1] == minute:
        spans[-1] = (spans[-1][0], minute + QUARTER)
    else:
        spans.append((minute, minute + QUARTER))
