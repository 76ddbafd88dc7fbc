"""Writing cron's sets as the fields of EventBridge's cron(…). Rules and Scheduler share them."""

from __future__ import annotations

from collections.abc import Iterable

from provisioning.schedules.cron import WEEKS, Cron, DayMode
from provisioning.schedules.notation import WEEKDAYS, compact, runs, step_to_end

MOST = 10  # native schedules for one trigger


def bodies(cron: Cron, minutes: Iterable[int]) -> list[str]:
    """The first five fields of each native schedule; none when AWS has no way to say it."""
    clock, month = clock_field(minutes, cron.hours), month_field(cron.months)
    return [f"{clock} {day} {month} {weekday}" for day, weekday in _day_fields(cron)]


def clock_field(minutes: Iterable[int], hours: Iterable[int]) -> str:
    return f"{_field(minutes, 0, 59)} {_field(hours, 0, 23)}"


def month_field(months: Iterable[int]) -> str:
    return _field(months, 1, 12)


def _day_fields(cron: Cron) -> list[tuple[str, str]]:
    """Pairs of day of month and day of week; AWS wants exactly one of them to be `?`."""
    by_day = (_field(cron.possible_days, 1, 31), "?")
    by_weekday = ("?", weekday_field(cron.weekdays))
    weeks = cron.whole_weeks
    match cron.mode:
        case DayMode.ALL:
            return [("*", "?")]
        case DayMode.DAYS:
            return [by_day]
        case DayMode.WEEKDAYS:
            return [by_weekday]
        case DayMode.EITHER:
            apart = [by_day, *_nth_weekdays(cron, WEEKS - weeks)] if weeks else []
            return apart if 0 < len(apart) <= MOST else [by_day, by_weekday]
        case DayMode.BOTH:
            both = _nth_weekdays(cron, weeks)
            return both if len(both) <= MOST else []


def _nth_weekdays(cron: Cron, weeks: frozenset[int]) -> list[tuple[str, str]]:
    pairs = ((weekday, week) for weekday in sorted(cron.weekdays) for week in sorted(weeks))
    return [("?", f"{WEEKDAYS[weekday]}#{week}") for weekday, week in pairs]


def _field(numbers: Iterable[int], low: int, high: int) -> str:
    chosen = set(numbers)
    if len(chosen) == high - low + 1:
        return "*"
    step = step_to_end(chosen, high)
    return f"{step[0]}/{step[1]}" if step else compact(chosen)


def weekday_field(weekdays: Iterable[int]) -> str:
    """By name: AWS counts from 1, cron from 0."""
    spans = runs(weekdays)
    if len(spans) == 1 and spans[0][1] - spans[0][0] >= 2:
        return f"{WEEKDAYS[spans[0][0]]}-{WEEKDAYS[spans[0][1]]}"
    return ",".join(WEEKDAYS[weekday] for weekday in sorted(weekdays))
