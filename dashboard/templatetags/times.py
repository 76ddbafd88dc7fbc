"""`moment`, `distance` and `duration` for templates; the words come from `dashboard.times`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard import times
from dashboard.models import Connection
from dashboard.times import UTC_ZONE, Zones

AHEAD = timedelta(minutes=1)
register = template.Library()


@register.simple_tag(takes_context=True)
def moment(
    context: Context, at: datetime | None, zone: str = "", seconds: bool = False
) -> SafeString | str:
    """A <time> in the zone the page shows, with all three zones in its title.

    `zone` is the schedule's; a page that is about one schedule sets `schedule_zone` once.
    """
    if not at:
        return "–"
    name = zone or context.get("schedule_zone") or ""
    schedule = times.zone(name) if name else None
    return time_element(at, context.get("zones") or Zones(), schedule, seconds=seconds)


def time_element(
    at: datetime, zones: Zones, schedule: ZoneInfo | None, *, seconds: bool = False
) -> SafeString:
    def words(where: ZoneInfo) -> str:
        return f"{times.in_words(at, where, seconds=seconds)} {times.label(at, where)}"

    utc, mine = words(UTC_ZONE), words(zones.mine)
    theirs = words(schedule) if schedule else mine
    shown = {"utc": utc, "schedule": theirs}.get(zones.show, mine)
    title = f"{utc}\n{mine}, your zone {zones.mine.key}"
    if schedule:
        title += f"\n{theirs}, the schedule's zone {schedule.key}"
    text, _, label = shown.rpartition(" ")
    return format_html(
        '<time datetime="{}" title="{}" data-utc="{}" data-mine="{}" data-schedule="{}">'
        '{} <span class="zone">{}</span></time>',
        at.astimezone(UTC).isoformat(timespec="seconds"),
        *(title, utc, mine, theirs, text, label),
    )


@register.simple_tag
def distance(at: datetime | None, connection: Connection | None = None) -> str:
    """ "in 2 days", "12 s ago": by the Connection's clock, or by real time without one."""
    return times.distance(at, _now(connection)) if at else ""


@register.filter
def duration(length: timedelta | float | None) -> str:
    return times.duration(length)


@register.simple_tag
def lasted(
    start: datetime | None, end: datetime | None, connection: Connection | None = None
) -> str:
    """How long something took, or has taken so far by the Connection's clock."""
    return times.duration((end or _now(connection)) - start) if start else "–"


@register.simple_tag
def real_time(connection: Connection) -> str:
    """Marks a moment of real time where the page's other times are of a clock moved ahead."""
    return "real time" if connection.clock_ahead >= AHEAD else ""


def _now(connection: Connection | None) -> datetime:
    real = datetime.now(UTC)
    return connection.now(real) if connection else real
