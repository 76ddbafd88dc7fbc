"""Date functions, and .NET's way of writing dates."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from provisioning.sandbox.azure import times
from provisioning.schedules.windows_zones import iana_zone

_TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|\\.|y+|M+|d+|H+|h+|m+|s+|f+|F+|t+|z+|K|.", re.DOTALL)
_ROUND_TRIP = "yyyy-MM-ddTHH:mm:ss.fffffffK"
_STANDARD = {
    "o": _ROUND_TRIP, "O": _ROUND_TRIP,
    "s": "yyyy-MM-ddTHH:mm:ss", "u": "yyyy-MM-dd HH:mm:ssZ",
    "r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'", "R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "d": "M/d/yyyy", "D": "dddd, MMMM d, yyyy", "t": "h:mm tt", "T": "h:mm:ss tt",
    "f": "dddd, MMMM d, yyyy h:mm tt", "F": "dddd, MMMM d, yyyy h:mm:ss tt",
    "g": "M/d/yyyy h:mm tt", "G": "M/d/yyyy h:mm:ss tt",
    "m": "MMMM d", "M": "MMMM d", "y": "MMMM yyyy", "Y": "MMMM yyyy",
}  # fmt: skip
_UNITS = {
    "second": timedelta(seconds=1), "minute": timedelta(minutes=1), "hour": timedelta(hours=1),
    "day": timedelta(days=1), "week": timedelta(weeks=1),
}  # fmt: skip
_TICKS_BEGIN = datetime(1, 1, 1, tzinfo=UTC)


def format_date(time: datetime, form: str = _ROUND_TRIP) -> str:
    """Raises ValueError for what .NET would not take."""
    if len(form) == 1:
        if form not in _STANDARD:
            raise ValueError(f"'{form}' is not a date format")
        form = _STANDARD[form]
    return "".join(_written(time, token) for token in _TOKEN.findall(form))


def read_date(text: Any) -> datetime:
    """In UTC where it names no offset."""
    if not isinstance(text, str):
        raise TypeError(text)
    found = times.parse(text.replace(" ", "T", 1) if re.match(r"\d{4}-\d\d-\d\d ", text) else text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _written(time: datetime, token: str) -> str:
    if token[0] in "'\"":
        return token[1:-1]
    if token[0] == "\\":
        return token[1:]
    write = _TOKENS.get(token[0])
    return write(time, len(token)) if write else token


def _offset(time: datetime, width: int) -> str:
    seconds = int((time.utcoffset() or timedelta()).total_seconds())
    sign, (hours, minutes) = "-" if seconds < 0 else "+", divmod(abs(seconds) // 60, 60)
    if width == 1:
        return f"{sign}{hours}"
    return f"{sign}{hours:02d}" + (f":{minutes:02d}" if width > 2 else "")


def _zone(time: datetime, width: int) -> str:
    if time.tzinfo is None:
        return ""
    return "Z" if time.utcoffset() == timedelta() else _offset(time, 3)


def _year(time: datetime, width: int) -> str:
    return f"{time.year % 100:0{width}d}" if width < 3 else f"{time.year:0{width}d}"


def _month(time: datetime, width: int) -> str:
    return f"{time.month:0{width}d}" if width < 3 else time.strftime("%b" if width == 3 else "%B")


def _day(time: datetime, width: int) -> str:
    return f"{time.day:0{width}d}" if width < 3 else time.strftime("%a" if width == 3 else "%A")


def _fraction(time: datetime, width: int) -> str:
    return f"{time.microsecond:06d}0"[:width]


_TOKENS: dict[str, Callable[[datetime, int], str]] = {
    "y": _year,
    "M": _month,
    "d": _day,
    "H": lambda time, width: f"{time.hour:0{min(width, 2)}d}",
    "h": lambda time, width: f"{(time.hour % 12) or 12:0{min(width, 2)}d}",
    "m": lambda time, width: f"{time.minute:0{min(width, 2)}d}",
    "s": lambda time, width: f"{time.second:0{min(width, 2)}d}",
    "f": _fraction,
    "F": lambda time, width: _fraction(time, width).rstrip("0"),
    "t": lambda time, width: ("AM" if time.hour < 12 else "PM")[:width],
    "z": _offset,
    "K": _zone,
}


# ── Functions ───────────────────────────────────────────────────────────────────────


def _shifted(time: datetime, count: Any, unit: str) -> datetime:
    unit = unit.lower().removesuffix("s")
    if unit in _UNITS:
        return time + float(count) * _UNITS[unit]
    if unit not in ("month", "year"):
        raise ValueError(f"'{unit}' is not a unit of time")
    months = time.month - 1 + int(count) * (12 if unit == "year" else 1)
    year, month = time.year + months // 12, months % 12 + 1
    day = min(time.day, calendar.monthrange(year, month)[1])
    return time.replace(year=year, month=month, day=day)


def _adding(unit: str) -> Callable[..., str]:
    def add(text: str, count: float, form: str = _ROUND_TRIP) -> str:
        return format_date(_shifted(read_date(text), count, unit), form)

    return add


def _add_to_time(text: str, count: float, unit: str, form: str = _ROUND_TRIP) -> str:
    return format_date(_shifted(read_date(text), count, unit), form)


def _subtract_from_time(text: str, count: float, unit: str, form: str = _ROUND_TRIP) -> str:
    return format_date(_shifted(read_date(text), -count, unit), form)


def _zone_of(name: str) -> ZoneInfo:
    found = iana_zone(name)
    if found is None:
        raise ValueError(f"The time zone id '{name}' is not valid")
    return ZoneInfo(found)


def _from_utc(text: str, zone: str, form: str = _ROUND_TRIP) -> str:
    """A time of no named zone, as .NET has it: the form shows no offset."""
    local = read_date(text).astimezone(_zone_of(zone))
    return format_date(local.replace(tzinfo=None), form)


def _to_utc(text: str, zone: str, form: str = _ROUND_TRIP) -> str:
    wall = read_date(text).replace(tzinfo=_zone_of(zone))
    return format_date(wall.astimezone(UTC), form)


def _convert(text: str, source: str, target: str, form: str = _ROUND_TRIP) -> str:
    wall = read_date(text).replace(tzinfo=_zone_of(source))
    return _from_utc(format_date(wall.astimezone(UTC)), target, form)


def _start_of(**parts: int) -> Callable[..., str]:
    def start(text: str, form: str = _ROUND_TRIP) -> str:
        return format_date(read_date(text).replace(**parts), form)  # type: ignore[arg-type]

    return start


def _ticks(text: str) -> int:
    since = read_date(text) - _TICKS_BEGIN
    return (since.days * 86_400 + since.seconds) * 10_000_000 + since.microseconds * 10


def clocked(now: float) -> dict[str, Callable[..., Any]]:
    """Those that look at the clock."""
    time = datetime.fromtimestamp(round(now, 3), UTC)
    return {
        "utcnow": lambda form=_ROUND_TRIP: format_date(time, form),
        "getfuturetime": lambda count, unit, form=_ROUND_TRIP: format_date(
            _shifted(time, count, unit), form
        ),
        "getpasttime": lambda count, unit, form=_ROUND_TRIP: format_date(
            _shifted(time, -count, unit), form
        ),
    }


DATES: dict[str, Callable[..., Any]] = {
    "adddays": _adding("day"),
    "addhours": _adding("hour"),
    "addminutes": _adding("minute"),
    "addseconds": _adding("second"),
    "addtotime": _add_to_time,
    "subtractfromtime": _subtract_from_time,
    "convertfromutc": _from_utc,
    "converttoutc": _to_utc,
    "converttimezone": _convert,
    "dayofmonth": lambda text: read_date(text).day,
    "dayofweek": lambda text: (read_date(text).weekday() + 1) % 7,
    "dayofyear": lambda text: read_date(text).timetuple().tm_yday,
    "formatdatetime": lambda text, form=_ROUND_TRIP: format_date(read_date(text), form),
    "startofday": _start_of(hour=0, minute=0, second=0, microsecond=0),
    "startofhour": _start_of(minute=0, second=0, microsecond=0),
    "startofmonth": _start_of(day=1, hour=0, minute=0, second=0, microsecond=0),
    "ticks": _ticks,
}
