"""How moments and durations are written for people. Pure: zones and `now` are arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

UTC_ZONE = ZoneInfo("UTC")
SHOWN = ("utc", "mine", "schedule")


@dataclass(frozen=True)
class ZoneChoice:
    value: str
    label: str
    meaning: str


@dataclass(frozen=True)
class Zones:
    """The zone that a page shows times in, and the ones it could."""

    show: str = "mine"
    mine: ZoneInfo = UTC_ZONE

    @property
    def choices(self) -> tuple[ZoneChoice, ...]:
        return (
            ZoneChoice("utc", "UTC", "the same everywhere"),
            ZoneChoice("mine", self.mine.key, "my zone, from my account"),
            ZoneChoice("schedule", "Schedule's zone", "each time where its schedule lives"),
        )

    @property
    def label(self) -> str:
        return next(choice.label for choice in self.choices if choice.value == self.show)

    def shown(self, schedule: ZoneInfo | None) -> ZoneInfo:
        """Times that belong to no schedule are shown in the reader's own zone."""
        if self.show == "utc":
            return UTC_ZONE
        return (schedule or self.mine) if self.show == "schedule" else self.mine


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of this name; UTC where the name is unknown, since labels show which one it is."""
    return ZoneInfo(name) if name in _names() else UTC_ZONE


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_names() -> list[str]:
    """Names that people choose from; the aliases without a region are left out."""
    return ["UTC", *sorted(name for name in _names() if "/" in name and name[:3] != "Etc")]


def label(moment: datetime, where: ZoneInfo) -> str:
    """The zone's short name at this moment: "CET", or "UTC+03" where it has none."""
    name = moment.astimezone(where).tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


def in_words(
    moment: datetime, where: ZoneInfo, *, now: datetime | None = None, seconds: bool = False
) -> str:
    """ "Sat 21 Nov 14:03", with the year where it is not this year."""
    local = moment.astimezone(where)
    this_year = (now or datetime.now(UTC)).astimezone(where).year
    year = "" if local.year == this_year else f" {local.year}"
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{local:%a} {local.day} {local:%b}{year} {clock}"


def duration(length: timedelta | float | None) -> str:
    """ "0.8 s", "12 s", "3 min 20 s", "2 h 5 min", "3 d 4 h"."""
    if length is None:
        return ""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return _pair(whole, 60, "min", 1, "s")
    if whole < 86400:
        return _pair(whole, 3600, "h", 60, "min")
    return _pair(whole, 86400, "d", 3600, "h")


def _pair(whole: int, large: int, large_unit: str, small: int, small_unit: str) -> str:
    rest = whole % large // small
    return f"{whole // large} {large_unit}" + (f" {rest} {small_unit}" if rest else "")


def distance(moment: datetime, now: datetime) -> str:
    """ "in 2 days", "12 s ago": one unit, rounded down."""
    seconds = (moment - now).total_seconds()
    if abs(seconds) < 1:
        return "now"
    words = _one_unit(abs(seconds))
    return f"in {words}" if seconds > 0 else f"{words} ago"


def _one_unit(seconds: float) -> str:
    if seconds < 60:
        return f"{int(seconds)} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    if seconds < 48 * 3600:
        return f"{int(seconds // 3600)} h"
    return f"{int(seconds // 86400)} days"
