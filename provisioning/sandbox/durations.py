"""ISO 8601 durations, as far as a clock can be advanced by them."""

from __future__ import annotations

import re
from datetime import timedelta

_PATTERN = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


def parse_duration(text: str) -> timedelta:
    """A positive duration of weeks, days, hours, minutes and seconds; ValueError otherwise."""
    match = _PATTERN.fullmatch(text)
    parts = (
        {name: float(value) for name, value in match.groupdict().items() if value} if match else {}
    )
    duration = timedelta(**parts)
    if not parts or text.endswith("T") or duration <= timedelta(0):
        raise ValueError(f"'{text}' is not a duration such as PT2H, PT30M or P7D.")
    return duration
