"""For the schedule builder: times, the grid, what is wrong with an input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import template

from dashboard import times
from provisioning.errors import InvalidInput
from provisioning.schedules import ZoneFacts, zone_facts
from provisioning.schedules.clock_notes import ClockNote
from provisioning.schedules.months_shown import SheetDay
from provisioning.schedules.zones import clock_changes, offset_text

register = template.Library()

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# fmt: off
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)
# fmt: on


@dataclass(frozen=True)
class GridPart:
    """One field of cron as checkboxes: (value, label, what a screen reader says)."""

    slug: str
    title: str
    every: str
    cells: tuple[tuple[int, str, str], ...]


GRID = (
    GridPart(
        "minute", "Minute", "every minute", tuple((n, f"{n:02d}", f"minute {n}") for n in range(60))
    ),
    GridPart("hour", "Hour", "every hour", tuple((n, f"{n:02d}", f"hour {n}") for n in range(24))),
    GridPart(
        "day", "Day of month", "any day", tuple((n, str(n), f"day {n}") for n in range(1, 32))
    ),
    GridPart(
        "month",
        "Month",
        "any month",
        tuple((n + 1, name[:3], name) for n, name in enumerate(MONTHS)),
    ),
    GridPart(
        "weekday",
        "Day of week",
        "any weekday",
        tuple(((n + 1) % 7, name[:3], name) for n, name in enumerate(WEEKDAYS)),
    ),
)


@register.simple_tag
def cron_grid() -> tuple[GridPart, ...]:
    return GRID


@register.simple_tag
def local_time(moment: datetime, zone: str, now: datetime) -> str:
    return times.in_words(moment, ZoneInfo(zone), now=now)


@register.simple_tag
def time_until(moment: datetime, now: datetime) -> str:
    return times.distance(moment, now)


@register.simple_tag
def zone_line(timezone: str, now: datetime) -> str:
    """ "Now 14:03 there, UTC+1. Its clock changes on 28 March: 02:00 to 03:00 does not exist.";
    "" where there is no such zone."""
    try:
        zone = zone_facts(timezone, now)
    except InvalidInput:
        return ""
    local = now.astimezone(ZoneInfo(timezone))
    line = f"Now {local:%H:%M} there, {_offset_words(zone)}"
    if not (change := zone.next_change):
        return f"{line}. Its clock does not change."
    first, until = change.first_wall, change.next_wall
    what = "does not exist" if change.forward else "happens twice"
    year = f" {first.year}" if first.year != local.year else ""
    day = f"{first.day} {first:%B}{year}"
    return f"{line}. Its clock changes on {day}: {first:%H:%M} to {until:%H:%M} {what}."


def _offset_words(zone: ZoneFacts) -> str:
    """UTC+1, UTC+5:45"""
    sign, hours, minutes = (text := offset_text(zone.offset))[0], text[1:3], text[4:]
    if not zone.offset:
        return "UTC"
    return f"UTC{sign}{int(hours)}{f':{minutes}' if minutes != '00' else ''}"


@register.filter
def day_words(day: SheetDay) -> str:
    """What a screen reader says of a day, and the pointer shows: "Sun 28 March: 1 run, 03:00;
    the clock changes"."""
    date = f"{day.date:%a} {day.date.day} {day.date:%B}"
    if not day.count:
        said = f"{date}: no run"
    else:
        times = ", ".join(f"{at:%H:%M}" for at in day.runs)
        more = ", …" if day.count > len(day.runs) else ""
        said = f"{date}: {day.count} run{'' if day.count == 1 else 's'}, {times}{more}"
    return f"{said}; the clock changes" if day.change else said


@register.filter
def dots(day: SheetDay) -> str:
    """A dot a run, up to three; then how many."""
    return "●" * day.count if day.count <= 3 else f"{day.count} ×"


@register.filter
def weekday_heads(names: str) -> list[str]:
    return names.split()


@register.simple_tag
def changes_on(moment: datetime, zone: str) -> bool:
    """Whether the zone's clock changes on the day of this moment."""
    local = moment.astimezone(ZoneInfo(zone))
    since = local.replace(hour=0, minute=0)
    found = clock_changes(zone, since - timedelta(days=1), since + timedelta(days=2))
    return any(change.first_wall.date() == local.date() for change in found)


@register.filter
def wall_words(note: ClockNote) -> str:
    """ "Sun 28 March 2027: 02:30 does not exist"."""
    what = "does not exist" if note.forward else "happens twice"
    wall = note.time
    return f"{wall:%a} {wall.day} {wall:%B %Y}: {wall:%H:%M} {what}"


@register.simple_tag
def item(mapping: Mapping[str, Any], name: str) -> Any:
    return mapping.get(name, "")


@register.simple_tag
def field_problems(wrong: Mapping[str, list[str]] | str, path: str, name: str) -> list[str]:
    return wrong.get(f"{path}.{name}", []) if isinstance(wrong, Mapping) else []
