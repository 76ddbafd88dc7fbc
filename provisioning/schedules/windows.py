"""Tumbling windows: one after the other without a gap, each due when it has ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

Frequency = Literal["minute", "hour", "month"]
STEPS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}


def window_end(start: datetime, frequency: str, interval: int, number: int) -> datetime:
    """Of the window with this number, counted from 0."""
    steps = interval * (number + 1)
    if frequency in STEPS:
        return start + steps * STEPS[frequency]
    return _months_after(start, steps)


def next_due(
    start: datetime,
    frequency: str,
    interval: int,
    *,
    after: datetime,
    delay: timedelta = timedelta(),
    end: datetime | None = None,
) -> datetime | None:
    """When the next window after `after` is due: its end, and the delay. None: there is none."""
    number = max(0, _ended(start, frequency, interval, after - delay) - 1)
    while window_end(start, frequency, interval, number) + delay <= after:
        number += 1
    found = window_end(start, frequency, interval, number)
    return None if end is not None and found > end else found + delay


def _ended(start: datetime, frequency: str, interval: int, at: datetime) -> int:
    """How many windows had ended then; a month is never shorter than 28 days."""
    step = interval * STEPS.get(frequency, timedelta(days=28))
    ended = int((at - start) / step) if at > start else 0
    return ended if frequency in STEPS else max(0, ended * 28 // 31 - 2)


def _months_after(start: datetime, months: int) -> datetime:
    """The same day of a later month, or its last one."""
    start = start.astimezone(UTC)
    count = start.year * 12 + start.month - 1 + months
    first = start.replace(year=count // 12, month=count % 12 + 1, day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(start.day, last.day))
