"""Schedules that are windows of time one after the other: Data Factory can run those again."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from provisioning.schedules.cron import DayMode
from provisioning.schedules.horizon import (
    HORIZON,
    MINUTE,
    horizon_of,
    minutes_in_utc,
)
from provisioning.schedules.schedule import Schedule, last_run
from provisioning.schedules.windows import next_due
from provisioning.schedules.zones import DAY, clock_changes

LEAST_MINUTES = 5
HOUR = 60
COMPARED = 2 * 24 * 60


def tumbling_window(schedule: Schedule, since: datetime = HORIZON[0]) -> dict[str, Any] | None:
    """The trigger whose windows end whenever cron fires; None where there is none.

    A run belongs to the end of its window, so the first window begins one step before the
    first run. Windows know UTC only.
    """
    step = _step(schedule, since)
    if step is None:
        return None
    frequency, interval = ("Hour", step // HOUR) if step % HOUR == 0 else ("Minute", step)
    first = next(schedule.firings(schedule.start or since), None)
    if first is None:
        return None
    start, last = first - step * MINUTE, last_run(schedule)
    if not _same(schedule, start, frequency.lower(), interval, last):
        return None
    return {
        "frequency": frequency,
        "interval": interval,
        "startTime": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        **({"endTime": f"{last:%Y-%m-%dT%H:%M:%SZ}"} if last else {}),
        "maxConcurrency": 1,
    }


def _step(schedule: Schedule, since: datetime) -> int | None:
    """Minutes between runs that are even all year long, where there are enough of them."""
    cron, horizon = schedule.cron, horizon_of(schedule, since)
    if cron.mode is not DayMode.ALL or len(cron.months) < 12:
        return None
    moves = minutes_in_utc(schedule, horizon) is None
    if moves and clock_changes(schedule.timezone, *horizon):
        return None
    step, odd = divmod(24 * HOUR, len(cron.times))
    return step if not odd and step >= LEAST_MINUTES else None


def _same(
    schedule: Schedule, start: datetime, frequency: str, interval: int, last: datetime | None
) -> bool:
    """Two days of both, one beside the other: the rest repeats them."""
    at = start
    for wanted in islice(schedule.firings(start + timedelta(seconds=1)), COMPARED):
        due = next_due(start, frequency, interval, after=at, end=last)
        if due != wanted:
            return False
        if wanted - start > 2 * DAY:
            break
        at = wanted
    return True
