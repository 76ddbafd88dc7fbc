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


def too_many(count: int, most: int) -> str:
    return f"Apart by year, exact needs {count} native schedules; the limit is {most}."


def not_utc(timezone: str) -> str:
    return (
        f"EventBridge rules run in UTC only and {timezone} changes its UTC offset; use "
        "EventBridge Scheduler."
    )


def date_carry() -> str:
    return (
        "In UTC this falls on another date, which day of month and month fields cannot follow; "
        "use EventBridge Scheduler."
    )


def not_exact(difference: Difference, dialect: str) -> str:
    return f"{dialect} would not fire as cron does at {difference.at:%Y-%m-%d %H:%M} UTC."


def clock_change(
    schedule: Schedule, change: ClockChange, dialect: str, *, skipped: str, repeated: str
) -> tuple[str, str]:
    """Code and sentence. `skipped`, `repeated`: what the dialect does with such a time."""
    wall = affected_wall(schedule, change)
    if change.forward:
        code, event, native = "dst-gap", "does not exist", skipped
    else:
        code, event, native = "dst-fold", "happens twice", repeated
    cron = cron_at(schedule, change)
    return code, (
        f"On {wall:%Y-%m-%d} {wall:%H:%M} {event} in {schedule.timezone}. cron: {cron}; "
        f"{dialect}: {native}."
    )


def ways_out(change: ClockChange) -> str:
    first, last = change.first_wall, change.next_wall - MINUTE
    return (
        f"Choose a time outside {first:%H:%M}-{last:%H:%M}, choose UTC, or accept this difference."
    )


def cron_at(schedule: Schedule, change: ClockChange) -> str:
    """What cron does with a time that this change skips or repeats."""
    if not change.forward:
        return "runs both times" if schedule.cron.interval else "runs once, the first time"
    if schedule.cron.interval:
        return "leaves that run out"
    return f"runs at {change.next_wall:%H:%M}, when the clock has jumped"


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
