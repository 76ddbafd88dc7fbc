"""Times and durations as Azure writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_SPAN = re.compile(r"(?:(?P<days>\d+)\.)?(?P<hours>\d+):(?P<minutes>\d\d):(?P<seconds>\d\d)")


def written(seconds: float) -> str:
    """With seven digits of a second, as .NET's round-trip format has them."""
    time = datetime.fromtimestamp(round(seconds, 3), UTC)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond:06d}0Z"


def short(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def parse(text: str) -> datetime:
    """Any ISO 8601 time, naive where it names no offset. Raises ValueError."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.strip()))


def seconds_of(text: str) -> float:
    """A naive time is one in UTC, as the service takes it."""
    time = parse(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def parse_span(text: str) -> timedelta:
    """A .NET time span: `hh:mm:ss` or `d.hh:mm:ss`. Raises ValueError."""
    sign = -1 if text.startswith("-") else 1
    match = _SPAN.fullmatch(text.removeprefix("-").split(".0000000")[0])
    if match is None:
        raise ValueError(f"'{text}' is not a time span such as 00:10:00 or 1.12:00:00")
    return sign * timedelta(**{name: int(value or 0) for name, value in match.groupdict().items()})
