"""Google's times: RFC 3339, with up to nine digits of a second."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import overload


@overload
def utc(text: str) -> datetime: ...


@overload
def utc(text: None) -> None: ...


def utc(text: str | None) -> datetime | None:
    """Python keeps six of the nine digits."""
    if not text:
        return None
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
