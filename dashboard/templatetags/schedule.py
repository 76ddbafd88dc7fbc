"""For the schedule builder: times, the grid, what is wrong with an input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template

from dashboard import times
from provisioning.schedules import ZoneFacts
from provisioning.schedules.zones import offset_text

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
    return times.distance(moment, now).removeprefix("in ")


@register.simple_tag
def zone_line(zone: ZoneFacts, now: datetime) -> str:
    """ "Now 14:03 in Europe/Berlin, UTC+01:00. Its clock changes on 28 Mar 2027: 02:00 to
    02:59 does not exist."."""
    where = ZoneInfo(zone.timezone)
    local = now.astimezone(where)
    line = f"Now {local:%H:%M} in {zone.timezone}"
    if zone.timezone != "UTC":
        line += f", UTC{offset_text(zone.offset)}"
    if not (change := zone.next_change):
        return f"{line}. Its clock does not change."
    first, until = change.first_wall, change.next_wall
    what = "does not exist" if change.forward else "happens twice"
    day = f"{first.day} {first:%b %Y}"
    return f"{line}. Its clock changes on {day}: {first:%H:%M} to {until:%H:%M} {what}."


@register.simple_tag
def item(mapping: Mapping[str, Any], name: str) -> Any:
    return mapping.get(name, "")


@register.simple_tag
def field_problems(wrong: Mapping[str, list[str]] | str, path: str, name: str) -> list[str]:
    return wrong.get(f"{path}.{name}", []) if isinstance(wrong, Mapping) else []
