"""Why a dialect does not take a schedule exactly, in sentences that end in what to do."""

from __future__ import annotations

from datetime import datetime, timedelta

from provisioning.schedules.cron import Cron, star_step_note
from provisioning.schedules.proof import Difference
from provisioning.schedules.schedule import Schedule
from provisioning.schedules.zones import ClockChange

MINUTE = timedelta(minutes=1)


def and_days(cron: Cron, dialect: str) -> str:
    return (
        "Day of month and day of week must both match; "
        f"{dialect} cannot combine them.{star_step_note(cron)}"
    )


def or_overlap(difference: Difference, count: int) -> str:
    return (
        f"Day of month or day of week may match, which needs {count} native schedules; on "
        f"{difference.at:%Y-%m-%d} more than one would fire, and the pipeline would run twice. "
        "Restrict only one of the two day fields."
    )


def not_exact(difference: Difference, dialect: str) -> str:
    return f"{dialect} would not fire as cron does at {difference.at:%Y-%m-%d %H:%M} UTC."


def clock_change(
    schedule: Schedule, change: ClockChange, dialect: str, *, skipped: str, repeated: str
) -> tuple[str, str]:
    """Code and sentence. `skipped`, `repeated`: what the dialect does with such a time."""
    wall = affected_wall(schedule, change)
    first, last = change.first_wall, change.next_wall - MINUTE
    if change.forward:
        code, event, native = "dst-gap", "does not exist", skipped
        cron = f"runs at {change.next_wall:%H:%M}, when the clock has jumped"
        cron = "leaves that run out" if schedule.cron.interval else cron
    else:
        code, event, native = "dst-fold", "happens twice", repeated
        cron = "runs both times" if schedule.cron.interval else "runs once, the first time"
    return code, (
        f"On {wall:%Y-%m-%d} {wall:%H:%M} {event} in {schedule.timezone}. cron: {cron}; "
        f"{dialect}: {native}. Choose a time outside {first:%H:%M}-{last:%H:%M}, "
        "or choose UTC."
    )


def affected_wall(schedule: Schedule, change: ClockChange) -> datetime:
    """The schedule's first local time that the change skips or repeats."""
    days = {change.first_wall.date(), (change.next_wall - MINUTE).date()}
    walls = (
        datetime.combine(day, at)
        for day in sorted(days)
        if schedule.cron.matches(day)
        for at in schedule.cron.times
    )
    affected = (wall for wall in walls if change.first_wall <= wall < change.next_wall)
    return next(affected, change.first_wall)
