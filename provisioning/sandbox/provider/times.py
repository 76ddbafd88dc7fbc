"""Times as the providers write them."""

from __future__ import annotations

from datetime import UTC, datetime


def timestamp(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
