"""From a cloud's native schedule back to five-field cron, where cron says exactly the same.

What is found so is translated forward again by whoever uses it: only a way back that leads to
the same native schedule is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioning.errors import InvalidInput
from provisioning.schedules.eventbridge import FIRST_YEAR, LAST_YEAR, parse_expression
from provisioning.schedules.notation import compact
from provisioning.schedules.recurrence import Recurrence, parse_recurrence
from provisioning.schedules.windows_zones import iana_zone

EVERY_YEAR = frozenset(range(FIRST_YEAR, LAST_YEAR + 1))


def from_eventbridge(expression: str) -> str | None:
    """ "cron(0 6 ? * MON-FRI *)" is "0 6 * * 1-5"; rates and one-time schedules are no cron."""
    try:
        found = parse_expression(expression)
    except InvalidInput:
        return None
    if found.years != EVERY_YEAR or found.from_end or found.nth:
        return None
    weekdays = found.weekdays and frozenset(day - 1 for day in found.weekdays)
    return _cron(found.minutes, found.hours, found.days, found.months, weekdays)


def from_recurrence(found: Mapping[str, Any] | str) -> tuple[str, str] | None:
    """The cron and the IANA zone of a Data Factory recurrence."""
    try:
        recurrence = parse_recurrence(found)
    except InvalidInput:
        return None
    zone = iana_zone(recurrence.windows)
    if zone is None or recurrence.interval != 1 or recurrence.end or recurrence.occurrences:
        return None
    cron = _of_recurrence(recurrence)
    return (cron, zone) if cron else None


def _of_recurrence(found: Recurrence) -> str | None:
    hours = {at.hour for at in found.times}
    minutes = {at.minute for at in found.times}
    if len(found.times) != len(hours) * len(minutes):
        return None
    if found.frequency == "Day":
        return _cron(minutes, hours, None, range(1, 13), None)
    if found.frequency == "Week" and found.weekdays:
        weekdays = {(day + 1) % 7 for day in found.weekdays}
        return _cron(minutes, hours, None, range(1, 13), weekdays)
    if found.frequency == "Month" and found.month_days and min(found.month_days) > 0:
        return _cron(minutes, hours, found.month_days, range(1, 13), None)
    return None


def _cron(
    minutes: Iterable[int],
    hours: Iterable[int],
    days: Iterable[int] | None,
    months: Iterable[int],
    weekdays: Iterable[int] | None,
) -> str:
    fields = (
        _field(minutes, 60),
        _field(hours, 24),
        _field(days, 31),
        _field(months, 12),
        _field(weekdays, 7),
    )
    return " ".join(fields)


def _field(numbers: Iterable[int] | None, size: int) -> str:
    chosen = frozenset(numbers or ())
    return compact(chosen) if 0 < len(chosen) < size else "*"
