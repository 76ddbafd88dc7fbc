"""What becomes of a schedule when its zone's clock changes: by cron, and by a cloud."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from provisioning.schedules.dialects import Dialect
from provisioning.schedules.native import Translation
from provisioning.schedules.refusals import affected_wall, cron_at
from provisioning.schedules.schedule import Schedule
from provisioning.schedules.zones import ClockChange, clock_changes

SHOWN = 2
AHEAD = timedelta(days=4 * 366)
IN_UTC = "runs as cron does: it is written in UTC, whose clock never changes"
NOTHING = "would get no schedule"


@dataclass(frozen=True)
class ClockNote:
    """A change of the clock at which some run's local time does not exist, or is there twice."""

    at: datetime
    forward: bool
    day: date  # local
    first: datetime  # local: the affected times lie from here
    last: datetime  # to here, inclusive
    time: datetime  # local: the schedule's first of them
    cron: str
    cloud: str
    same: bool  # the cloud does what cron does


def clock_notes(
    schedule: Schedule, dialect: Dialect, found: Translation, now: datetime
) -> list[ClockNote]:
    """The next affected changes within the schedule's window."""
    begin = max(now, schedule.start or now)
    end = min(begin + AHEAD, schedule.end or begin + AHEAD)
    affected = (
        _note(schedule, dialect, found, change)
        for change in clock_changes(schedule.timezone, begin, end)
        if touches(schedule, change)
    )
    return list(islice(affected, SHOWN))


def touches(schedule: Schedule, change: ClockChange) -> bool:
    """Some run's local time is skipped or repeated."""
    wall = affected_wall(schedule, change)
    return schedule.cron.matches(wall.date()) and wall.time() in schedule.cron.times


def _note(
    schedule: Schedule, dialect: Dialect, found: Translation, change: ClockChange
) -> ClockNote:
    wall = affected_wall(schedule, change)
    cloud, same = _by_cloud(schedule, dialect, found, change)
    return ClockNote(
        at=change.at,
        forward=change.forward,
        day=wall.date(),
        first=change.first_wall,
        last=change.next_wall - timedelta(minutes=1),
        time=wall,
        cron=cron_at(schedule, change),
        cloud=cloud,
        same=same,
    )


def _by_cloud(
    schedule: Schedule, dialect: Dialect, found: Translation, change: ClockChange
) -> tuple[str, bool]:
    translation = found.split or found
    if translation.natives is None:
        return NOTHING, False
    if translation.natives.timezone.endswith("UTC") and not schedule.timezone.endswith("UTC"):
        return IN_UTC, True
    if dialect is Dialect.EVENTBRIDGE_SCHEDULER and schedule.cron.interval == change.forward:
        return cron_at(schedule, change), True  # both skip it, or both run once
    return (dialect.words.skipped if change.forward else dialect.words.repeated), False
