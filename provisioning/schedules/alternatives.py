"""Ways out: schedules near to one that a cloud cannot take exactly, each proved to be exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from provisioning.errors import InvalidInput
from provisioning.schedules.cron import Cron, DayMode
from provisioning.schedules.dialects import Dialect, translate
from provisioning.schedules.explain import explain
from provisioning.schedules.horizon import MINUTE
from provisioning.schedules.native import Status, Translation
from provisioning.schedules.notation import compact, offset_words, step_to_end
from provisioning.schedules.schedule import Schedule, check_schedule
from provisioning.schedules.windows_zones import same_clock, windows_zone
from provisioning.schedules.zones import zone_names

MOST = 3
TRIED = 8
LOOKED_AHEAD = timedelta(days=11 * 366)


@dataclass(frozen=True)
class Alternative:
    cron: str
    timezone: str
    sentence: str
    why: str
    start: datetime | None = None
    end: datetime | None = None


# A cron, a zone, and in what it differs from what was asked for.
Draft = tuple[str, str, str]


def alternatives(
    schedule: Schedule, dialect: Dialect, found: Translation, now: datetime
) -> list[Alternative]:
    """The nearest first; none where the schedule is exact."""
    if found.status is Status.EXACT:
        return []
    ways = WAYS.get(found.code, _in_utc)
    keeps_window = found.code != "no-window"
    kept: list[Alternative] = []
    tried: set[tuple[str, str]] = set()
    for cron, timezone, why in ways(schedule, now):
        if (cron, timezone) in tried or len(tried) == TRIED or len(kept) == MOST:
            continue
        tried.add((cron, timezone))
        window = (schedule.start, schedule.end) if keeps_window else (None, None)
        try:
            other = check_schedule(cron, timezone, *window)
        except InvalidInput:
            continue
        if translate(other, dialect, now).status is Status.EXACT:
            kept.append(Alternative(cron, timezone, explain(other), why, *window))
    return kept


def _off_the_change(schedule: Schedule, now: datetime) -> Iterator[Draft]:
    """The nearest whole hours, later and earlier, that no change of the clock touches."""
    fields = schedule.cron.text.split()
    hours = schedule.cron.hours
    for move in (1, -1, 0, 2, -2, 3, -3):
        if not move:
            yield from _in_utc(schedule, now)
            continue
        moved = {hour + move for hour in hours}
        if schedule.cron.interval or not moved <= set(range(24)) or len(hours) > 6:
            continue
        cron = " ".join([fields[0], compact(moved), *fields[2:]])
        side = "later" if move > 0 else "earlier"
        count = "an hour" if abs(move) == 1 else f"{abs(move)} hours"
        yield cron, schedule.timezone, f"{count} {side}, where no clock change is"
    if schedule.cron.interval and len(hours) < 24:
        cron = " ".join([_listed(fields[0], schedule.cron.minutes), compact(hours), *fields[2:]])
        yield cron, schedule.timezone, "the same times as fixed ones: a repeated one runs once"


def _in_utc(schedule: Schedule, now: datetime) -> Iterator[Draft]:
    """The same instants as today, for as long as the clock is not changed."""
    offset = (now.astimezone(schedule.zone).utcoffset() or timedelta()) // MINUTE
    shifted = shifted_text(schedule.cron, offset)
    if shifted:
        why = f"in UTC: the same instants as {schedule.timezone} has now, at {offset_words(offset)}"
        yield shifted, "UTC", f"{why}, and an hour off when its clock changes"
    yield schedule.cron.text, "UTC", "the same times in UTC, whose clock never changes"


def shifted_text(cron: Cron, offset: int) -> str | None:
    """The cron with its times moved to UTC, where one expression can say them."""
    moved = [divmod(at.hour * 60 + at.minute - offset, 1440) for at in cron.times]
    carries = {carry for carry, _ in moved}
    hours = {minute // 60 for _, minute in moved}
    minutes = {minute % 60 for _, minute in moved}
    if len(hours) * len(minutes) != len(moved) or len(carries) != 1:
        return None
    (carry,) = carries
    fields = cron.text.split()
    if carry and cron.mode not in (DayMode.ALL, DayMode.WEEKDAYS):
        return None
    if carry and len(cron.months) < 12:
        return None
    if carry and cron.mode is DayMode.WEEKDAYS:
        fields[2:] = ["*", "*", compact((day + carry) % 7 for day in cron.weekdays)]
    return " ".join([compact(minutes), compact(hours), *fields[2:]])


def _one_day_field(schedule: Schedule, now: datetime) -> Iterator[Draft]:
    minute, hour, _, month, _ = schedule.cron.text.split()
    step = step_to_end(schedule.cron.possible_days, 31)
    days = f"{step[0]}-31/{step[1]}" if step else compact(schedule.cron.possible_days)
    weekdays = compact(schedule.cron.weekdays)
    both = schedule.cron.mode is DayMode.BOTH
    rest = "also on other weekdays" if both else "without the weekdays"
    yield f"{minute} {hour} {days} {month} *", schedule.timezone, f"by day of month only, {rest}"
    rest = "also on other days of the month" if both else "without the days of the month"
    yield f"{minute} {hour} * {month} {weekdays}", schedule.timezone, f"by weekday only, {rest}"
    if both:
        weeks = sorted({(day + 6) // 7 for day in schedule.cron.possible_days})[:1]
        span = f"{7 * weeks[0] - 6}-{7 * weeks[0]}"
        cron = f"{minute} {hour} {span} {month} */7"
        if schedule.cron.weekdays == {0}:
            yield cron, schedule.timezone, "on one Sunday of each month"


def _same_date(schedule: Schedule, now: datetime) -> Iterator[Draft]:
    """Later or earlier on the same date, so that UTC has the same one."""
    offset = (now.astimezone(schedule.zone).utcoffset() or timedelta()) // MINUTE
    fields = schedule.cron.text.split()
    hour = -(-offset // 60) if offset > 0 else 23 + offset // 60
    minute = min(schedule.cron.minutes)
    why = "at a time that has the same date in UTC"
    yield " ".join([str(minute), str(hour), *fields[2:]]), schedule.timezone, why
    yield from _in_utc(schedule, now)


def _same_clock(schedule: Schedule, now: datetime) -> Iterator[Draft]:
    """Zones with the same clock that Windows has a name for."""
    until = now + LOOKED_AHEAD
    seasons = _seasons(schedule.timezone, now)
    for name in zone_names():
        if name == schedule.timezone or not windows_zone(name):
            continue
        if _seasons(name, now) == seasons and same_clock(schedule.timezone, name, now, until):
            yield schedule.cron.text, name, f"{name} has the same clock"
    yield from _in_utc(schedule, now)


def _seasons(timezone: str, now: datetime) -> list[timedelta | None]:
    """A cheap look at a clock: what it shows in each quarter of a year."""
    days = (now + timedelta(days=91 * number) for number in range(4))
    return [day.astimezone(ZoneInfo(timezone)).utcoffset() for day in days]


def _without_window(schedule: Schedule, now: datetime) -> Iterator[Draft]:
    yield schedule.cron.text, schedule.timezone, "without a start and an end"
    yield from _off_the_change(schedule, now)


def _listed(field: str, minutes: frozenset[int]) -> str:
    return compact(minutes) if field.startswith("*") else field


WAYS = {
    "dst-gap": _off_the_change,
    "dst-fold": _off_the_change,
    "or-overlap": _one_day_field,
    "and-days": _one_day_field,
    "not-utc": _in_utc,
    "date-carry": _same_date,
    "no-windows-zone": _same_clock,
    "no-window": _without_window,
}
