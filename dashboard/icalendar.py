"""iCalendar (RFC 5545) as text: what a feed of starts needs of it. Pure.

All times are in UTC, so that no zone has to be described: a calendar program shows them in its
reader's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

LONGEST_LINE = 75  # octets, without the line's end
PRODUCT = "-//Skyclock//Calendar//EN"


@dataclass(frozen=True)
class Event:
    """At a moment; or all of a day, where `at` is a date."""

    uid: str
    at: datetime | date
    summary: str
    description: str = ""
    url: str = ""
    category: str = ""


def calendar(name: str, events: Iterable[Event], *, changed: datetime, refresh: timedelta) -> str:
    """`changed` is when the events became what they are."""
    minutes = f"PT{refresh // timedelta(minutes=1)}M"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{escaped(name)}",
        f"X-WR-CALNAME:{escaped(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{minutes}",
        f"X-PUBLISHED-TTL:{minutes}",
        *(line for event in events for line in _event(event, changed)),
        "END:VCALENDAR",
    ]
    return "".join(f"{folded(line)}\r\n" for line in lines)


def _event(event: Event, changed: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{escaped(event.uid)}"
    yield f"DTSTAMP:{_utc(changed)}"
    if isinstance(event.at, datetime):  # it ends when it begins: how long a run takes is not known
        yield f"DTSTART:{_utc(event.at)}"
    else:
        yield f"DTSTART;VALUE=DATE:{event.at:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{event.at + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{escaped(event.summary)}"
    if event.description:
        yield f"DESCRIPTION:{escaped(event.description)}"
    if event.url:
        yield f"URL:{event.url}"
    if event.category:
        yield f"CATEGORIES:{escaped(event.category)}"
    yield "TRANSP:TRANSPARENT"  # it makes nobody busy
    yield "END:VEVENT"


def escaped(text: str) -> str:
    """A TEXT value. Control characters have no place in one."""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(each for each in text if each >= " " and each != "\x7f")


def folded(line: str) -> str:
    """Cut into pieces of at most 75 octets, each further one begun by a space; no character is
    cut in two."""
    if len(line) <= LONGEST_LINE and line.isascii():
        return line
    pieces, piece, size = [], "", 0
    for each in line:
        width = len(each.encode())
        if size + width > LONGEST_LINE:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + each, size + width
    return "\r\n".join([*pieces, piece])


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
