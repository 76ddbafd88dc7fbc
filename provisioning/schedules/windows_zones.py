"""Time zones by Windows' names, which is how Azure wants them, and IANA's for the same clock.

The table is CLDR's windowsZones. Some of its pairs have clocks that differ, so that each pair
is held against the zone database before it is used.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import tz_win, win_tz

from provisioning.schedules.zones import clock_changes

UTC = "UTC"
UTC_NAMES = frozenset({"GMT"})  # which the table has not


def windows_zone(timezone: str) -> str | None:
    """The Windows name that CLDR gives to this IANA zone."""
    return UTC if timezone in UTC_NAMES else tz_win.get(timezone)


def iana_zone(windows: str) -> str | None:
    """The IANA zone that stands for a Windows name."""
    return win_tz.get(windows)


def same_clock(timezone: str, other: str, since: datetime, until: datetime) -> bool:
    """Whether two IANA zones show the same time from `since` to `until`."""
    offsets = {since.astimezone(ZoneInfo(each)).utcoffset() for each in (timezone, other)}
    changes = {clock_changes(each, since, until) for each in (timezone, other)}
    return len(offsets) == 1 and len(changes) == 1
