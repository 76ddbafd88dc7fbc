"""Times as Google's APIs write and take them."""

from __future__ import annotations

from datetime import UTC, datetime

from provisioning.sandbox.google.dialect import refusal


def written(seconds: float) -> str:
    """RFC 3339 in UTC, with as many digits as are needed: "2027-03-01T12:00:00.123Z"."""
    moment = datetime.fromtimestamp(round(seconds, 6), UTC)
    digits = f"{moment:.%f}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{digits}Z"


def parsed(text: str, *, field: str) -> float:
    """Raises INVALID_ARGUMENT for what is no time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise refusal("INVALID_ARGUMENT", f"Invalid time '{text}' in {field}.") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def seconds_of(duration: str) -> float:
    """Of a protobuf duration: "3.5s". Raises ValueError."""
    if not duration.endswith("s"):
        raise ValueError(f"'{duration}' is not a duration such as 60s.")
    return float(duration[:-1])
