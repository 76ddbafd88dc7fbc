"""A recurrence of Azure Data Factory in words: its own JSON is for machines."""

from __future__ import annotations

from collections.abc import Iterable

from provisioning.schedules.notation import compact, listed, ordinal
from provisioning.schedules.recurrence import WEEKDAYS, Recurrence

FEW_TIMES = 6
UNITS = {"Minute": "minute", "Hour": "hour", "Day": "day", "Week": "week", "Month": "month"}
FROM_END = {-1: "last", -2: "second to last"}


def described(recurrence: Recurrence) -> str:
    """ "every week on Monday and Friday at 06:00, W. Europe Standard Time" """
    return f"{timing(recurrence)}, {recurrence.windows}"


def timing(recurrence: Recurrence) -> str:
    """The same without its zone."""
    said = [_every(recurrence), _days(recurrence)]
    if recurrence.frequency not in ("Minute", "Hour"):
        said.append(_times(recurrence))
    window = f" until {recurrence.end:%Y-%m-%d %H:%M}" if recurrence.end else ""
    return " ".join(filter(None, said)) + window


def _every(recurrence: Recurrence) -> str:
    """Where it counts from is said only where it counts."""
    unit, interval = UNITS[recurrence.frequency], recurrence.interval
    if recurrence.frequency in ("Minute", "Hour"):
        start = f" from {recurrence.start:%Y-%m-%d %H:%M}"
    else:
        start = f" from {recurrence.start:%Y-%m-%d}" if interval > 1 else ""
    return (f"every {unit}" if interval == 1 else f"every {interval} {unit}s") + start


def _days(recurrence: Recurrence) -> str:
    if recurrence.weekdays is not None:
        return f"on {listed(WEEKDAYS[day] for day in sorted(recurrence.weekdays))}"
    parts = [*_month_days(recurrence.month_days or ()), *_occurrences(recurrence)]
    return f"on the {listed(parts)}" if parts else ""


def _month_days(days: Iterable[int]) -> list[str]:
    chosen = set(days)
    if set(range(1, 32)) <= chosen:
        return ["1st to 31st"]
    forward = [ordinal(day) for day in sorted(day for day in chosen if day > 0)]
    return forward + [f"{_back(day)} day" for day in sorted(chosen, reverse=True) if day < 0]


def _occurrences(recurrence: Recurrence) -> list[str]:
    found = recurrence.occurrences or frozenset()
    return [
        f"{_back(which) if which < 0 else ordinal(which)} {WEEKDAYS[day]}"
        for day, which in sorted(found)
    ]


def _back(number: int) -> str:
    return FROM_END.get(number, f"{ordinal(-number)} to last")


def _times(recurrence: Recurrence) -> str:
    times = recurrence.times
    if len(times) <= FEW_TIMES:
        return f"at {listed(f'{each:%H:%M}' for each in times)}"
    hours, minutes = ({each.hour for each in times}, {each.minute for each in times})
    of_hours = "every hour" if len(hours) == 24 else f"the hours {compact(hours)}"
    return f"at minute{'s' if len(minutes) > 1 else ''} {compact(minutes)} of {of_hours}"
