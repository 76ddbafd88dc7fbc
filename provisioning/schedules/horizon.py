"""The years over which a translation is proved, and the clock changes within them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from provisioning.schedules import proof
from provisioning.schedules.cron import DayMode
from provisioning.schedules.schedule import Schedule, last_run, occurrences
from provisioning.schedules.zones import DAY, ClockChange, clock_changes

# Clock changes are known as far as laws are; eleven years of them are proved.
HORIZON = (datetime(2027, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC))
MINUTE = timedelta(minutes=1)

Horizon = tuple[datetime, datetime]


def horizon_of(schedule: Schedule, since: datetime) -> Horizon:
    begin = since
    if schedule.start:  # laws of long ago count no more
        begin = max(schedule.start, since - 366 * DAY)
    last = last_run(schedule)
    if last and last <= begin:
        begin = max(last - 731 * DAY, schedule.start or last - 731 * DAY)
    eleven_years = begin + (HORIZON[1] - HORIZON[0])
    return begin, min(schedule.end or eleven_years, eleven_years)


def minutes_in_utc(schedule: Schedule, horizon: Horizon) -> frozenset[int] | None:
    """For an interval job at every hour of every day, a zone only shifts the minutes. When
    all the zone's offsets shift them alike, UTC says the same and has no clock changes."""
    cron = schedule.cron
    whole = cron.mode is DayMode.ALL and len(cron.months) == 12 and len(cron.hours) == 24
    if not (whole and cron.interval):
        return None
    changes = clock_changes(schedule.timezone, *horizon)
    now = horizon[0].astimezone(schedule.zone).utcoffset() or timedelta()
    offsets = {now, *(change.after for change in changes)}
    shifted = {
        frozenset((minute - offset // MINUTE) % 60 for minute in cron.minutes) for offset in offsets
    }
    return shifted.pop() if len(shifted) == 1 else None


def whole_minute(start: datetime | None) -> datetime | None:
    """Clouds keep no parts of a second, and nothing fires before the next whole minute."""
    if start is None or start == (whole := start.replace(second=0, microsecond=0)):
        return start
    return whole + MINUTE


def end_after_last_run(schedule: Schedule) -> datetime | None:
    """A minute after the last run: at the end itself a cloud may or may not fire."""
    last = last_run(schedule)
    if last is None:
        return None
    after = next(occurrences(schedule.cron, schedule.timezone, last + MINUTE), None)
    return last + MINUTE - timedelta(seconds=1 if after == last + MINUTE else 0)


def changes_of(schedule: Schedule, horizon: Horizon) -> tuple[ClockChange, ...]:
    """Those within the horizon, and those around an end that lies beyond it."""
    within, end = clock_changes(schedule.timezone, *horizon), schedule.end
    if end is None or end <= horizon[1]:
        return within
    return within + clock_changes(schedule.timezone, max(horizon[1], end - 2 * DAY), end + 2 * DAY)


def change_of(difference: proof.Difference, changes: Sequence[ClockChange]) -> ClockChange | None:
    windows = ((change, proof.around(change.at, change.size)) for change in changes)
    return next((change for change, (a, b) in windows if a <= difference.at < b), None)


def windows_of(
    schedule: Schedule, changes: Sequence[ClockChange], horizon: Horizon
) -> list[proof.Window]:
    """What has to be compared: a plain day, the clock changes, and the window's edges. Without a
    start, native schedules may count from the horizon's begin on, and need not fire before."""
    first = next(schedule.firings(horizon[0]), horizon[0])
    edges = (edge for edge in (schedule.start, schedule.end) if edge)
    found = [
        (first, first + DAY),
        *(proof.around(change.at, change.size) for change in changes),
        *((edge - DAY, edge + DAY) for edge in edges),
        *_month_starts(schedule),
    ]
    if schedule.start:
        return found
    return [(max(since, horizon[0]), until) for since, until in found]


def _month_starts(schedule: Schedule) -> list[proof.Window]:
    """Of a year from the start on: where months are counted from it, the first may be lost."""
    if schedule.start is None:
        return []
    month = schedule.start.year * 12 + schedule.start.month
    firsts = [datetime(m // 12, m % 12 + 1, 1, tzinfo=UTC) for m in range(month, month + 12)]
    until = schedule.end or firsts[-1] + DAY
    return [(first - DAY, first + DAY) for first in firsts if first <= until + DAY]


def differing_date(
    schedule: Schedule, wanted: proof.Matches, natives: Sequence[proof.Matches], horizon: Horizon
) -> proof.Difference | None:
    """The first run on, or else the start of, a date that the native schedules do not match
    exactly once."""
    last = last_run(schedule)
    day = proof.first_differing_date(
        wanted,
        natives,
        next(schedule.firings(horizon[0]), horizon[0]).astimezone(schedule.zone).date(),
        last.astimezone(schedule.zone).date() if last else None,
    )
    if day is None:
        return None
    midnight = datetime(day.year, day.month, day.day, tzinfo=schedule.zone)
    kinds = [proof.Kind.MISSING, proof.Kind.EXTRA, proof.Kind.TWICE]
    count = min(sum(native(day) for native in natives), 2)
    return proof.Difference(next(schedule.firings(midnight), midnight), kinds[count])
