"""A schedule that has been checked, and when it fires."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from provisioning.errors import InvalidInput, Problem
from provisioning.schedules.cron import Cron
from provisioning.schedules.parsing import parse_cron
from provisioning.schedules.walls import walk_dates
from provisioning.schedules.zones import DAY, check_zone

# What is looked at around a window has to lie within the calendar that Python knows.
YEARS = range(1970, 2200)
OUT_OF_YEARS = f"Choose a year from {YEARS[0]} to {YEARS[-1]}."


@dataclass(frozen=True)
class Schedule:
    """Cron in a zone. Fires from `start`, inclusive, to `end`, exclusive. Made by
    `check_schedule`, so it can fire."""

    cron: Cron
    timezone: str
    start: datetime | None = None
    end: datetime | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def firings(self, since: datetime, until: datetime | None = None) -> Iterator[datetime]:
        """All instants from `since`, inclusive, to `until`, exclusive, in UTC."""
        since = max(since, self.start) if self.start else since
        if self.end:
            until = min(until, self.end) if until else self.end
        return occurrences(self.cron, self.timezone, since, until)


def check_schedule(
    cron: str, timezone: str, start: datetime | None = None, end: datetime | None = None
) -> Schedule:
    """The schedule, or InvalidInput with problems at "cron", "timezone", "start", "end"."""
    problems = [*_window_problems(start, end)]
    parsed: Cron | None = None
    try:
        parsed = parse_cron(cron)
    except InvalidInput as error:
        problems += error.problems
    try:
        check_zone(timezone)
    except InvalidInput as error:
        problems += error.problems
    if problems or parsed is None:
        raise InvalidInput(problems)
    schedule = Schedule(parsed, timezone, _in_utc(start), _in_utc(end))
    if end is not None and _fires_never_before(schedule, end):
        message = f"'{parsed.text}' fires at no time in this window."
        raise InvalidInput.at("end", message, "never-fires")
    return schedule


def next_runs(schedule: Schedule, after: datetime, count: int) -> list[datetime]:
    """The next `count` instants after `after`, in UTC; fewer when the schedule ends."""
    later = (instant for instant in schedule.firings(after) if instant > after)
    return list(islice(later, count))


def occurrences(
    cron: Cron, timezone: str, since: datetime, until: datetime | None = None
) -> Iterator[datetime]:
    """What the expression means in the zone: all instants from `since`, inclusive, to `until`,
    exclusive, in UTC."""
    zone = ZoneInfo(timezone)
    first = (since.astimezone(zone) - 2 * DAY).date()
    last = (until.astimezone(zone) + 2 * DAY).date() if until else None
    for found in walk_dates(cron.dates(first, last), cron.times, zone, cron.policy):
        if not found:
            continue
        if until and found[-1] >= until:
            yield from (each for each in found if since <= each < until)
            if found[0] >= until:
                return
        elif found[0] >= since:
            yield from found
        else:
            yield from (each for each in found if each >= since)


def last_run(schedule: Schedule) -> datetime | None:
    """The last instant before the schedule's end; None when it has no end or never fires."""
    if schedule.end is None:
        return None
    back = DAY
    while True:
        since = schedule.end - back
        instants = list(schedule.firings(since))
        if instants or (schedule.start and since <= schedule.start) or back > 50 * 366 * DAY:
            return instants[-1] if instants else None
        back *= 8


def _fires_never_before(schedule: Schedule, end: datetime) -> bool:
    if schedule.start is not None:
        return next(schedule.firings(schedule.start), None) is None
    return last_run(schedule) is None


def _window_problems(start: datetime | None, end: datetime | None) -> Iterator[Problem]:
    for field, instant in (("start", start), ("end", end)):
        if instant is not None and instant.tzinfo is None:
            yield Problem(field=field, message="A date and time needs its offset, such as Z.")
            return
        if instant is not None and instant.year not in YEARS:
            yield Problem(field=field, message=OUT_OF_YEARS)
            return
    if start is not None and end is not None and end <= start:
        yield Problem(field="end", message="The end has to be after the start.")


def _in_utc(instant: datetime | None) -> datetime | None:
    return instant.astimezone(UTC) if instant else None
