"""Where the windows of a tumbling window trigger lie, and which of them a span touches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.sandbox.azure.times import parse_span, seconds_of

_LENGTHS = {"Minute": 60.0, "Hour": 3600.0}


@dataclass(frozen=True)
class WindowTimes:
    start: float
    frequency: str
    interval: int
    end: float | None
    delay: float

    def begins(self, number: int) -> float:
        """Windows follow on each other without gaps, for ever."""
        if self.frequency in _LENGTHS:
            return self.start + number * self.interval * _LENGTHS[self.frequency]
        first = datetime.fromtimestamp(self.start, UTC)
        months = first.month - 1 + number * self.interval
        day = datetime(first.year + months // 12, months % 12 + 1, 1, tzinfo=UTC)
        return (day + timedelta(days=first.day - 1)).timestamp() + self._time_of_day(first)

    def ends(self, number: int) -> float:
        return self.begins(number + 1)

    def exists(self, number: int) -> bool:
        """A window that the trigger's end would cut is none."""
        return number >= 0 and (self.end is None or self.ends(number) <= self.end)

    def due(self, number: int) -> float:
        """It can run when it has passed, and the delay too."""
        return self.ends(number) + self.delay

    def touched(self, since: float, until: float) -> range:
        """The numbers of the windows that a span of time touches; negative before the start."""
        first = self._number_at(since)
        last = first
        while self.begins(last) < until:
            last += 1
        return range(first, last)

    def _number_at(self, time: float) -> int:
        if self.frequency in _LENGTHS:
            return int((time - self.start) // (self.interval * _LENGTHS[self.frequency]))
        number = 0
        while self.begins(number) > time:
            number -= 1
        while self.ends(number) <= time:
            number += 1
        return number

    def _time_of_day(self, first: datetime) -> float:
        return (first - first.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()


def window_times(given: dict[str, Any]) -> WindowTimes:
    end = given.get("endTime")
    return WindowTimes(
        start=seconds_of(str(given["startTime"])),
        frequency=str(given["frequency"]),
        interval=int(given["interval"]),
        end=seconds_of(str(end)) if end else None,
        delay=span_seconds(given.get("delay")),
    )


def span_seconds(text: Any) -> float:
    return parse_span(str(text)).total_seconds() if text else 0.0
