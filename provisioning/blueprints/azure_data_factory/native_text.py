"""Native triggers as people read them, and when they fire next by what was read back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from provisioning.errors import InvalidInput
from provisioning.schedules.recurrence import parse_recurrence
from provisioning.schedules.recurrence_text import described
from provisioning.schedules.windows import next_due

Json = dict[str, Any]


def said(properties: Json) -> str:
    """ "every day at 03:00, UTC", "a blob in /data/blobs/in/ that ends with .csv" """
    given = properties.get("typeProperties") or {}
    match properties.get("type"):
        case "ScheduleTrigger":
            return _schedule(given.get("recurrence") or {})
        case "TumblingWindowTrigger":
            return _window(given)
        case "BlobEventsTrigger":
            return _blob(given)
        case "CustomEventsTrigger":
            return _custom(given)
    return str(properties.get("type", "a trigger"))


def next_firing(properties: Json, now: datetime) -> datetime | None:
    """None of what waits for an event, and of what has ended."""
    given = properties.get("typeProperties") or {}
    try:
        if properties.get("type") == "ScheduleTrigger":
            coming = parse_recurrence(given.get("recurrence") or {}).firings(now)
            return next(islice(coming, 1), None)
        if properties.get("type") == "TumblingWindowTrigger":
            return _next_window(given, now)
    except (InvalidInput, ValueError):  # a stranger's, in a form that we do not know
        return None
    return None


def pipelines(properties: Json) -> list[str]:
    """The names of what it starts."""
    one = properties.get("pipeline")
    found = [one] if one else list(properties.get("pipelines") or [])
    return [str(each.get("pipelineReference", {}).get("referenceName", "")) for each in found]


def _schedule(recurrence: Json) -> str:
    try:
        return described(parse_recurrence(recurrence))
    except InvalidInput as error:
        return f"a schedule that cannot be read: {error}"


def _window(given: Json) -> str:
    unit, interval = str(given.get("frequency", "")).lower(), given.get("interval")
    every = f"every {unit}" if interval == 1 else f"every {interval} {unit}s"
    until = f" until {given['endTime']}" if given.get("endTime") else ""
    return f"windows, one {every} from {given.get('startTime')}{until}"


def _blob(given: Json) -> str:
    begin, end = given.get("blobPathBeginsWith", ""), given.get("blobPathEndsWith", "")
    where = f" in {begin}" if begin else ""
    return f"a blob is created{where}" + (f" that ends with {end}" if end else "")


def _custom(given: Json) -> str:
    types = " or ".join(str(each) for each in given.get("events") or ())
    begin = given.get("subjectBeginsWith")
    return f"an event {types}" + (f" about {begin}" if begin else "")


def _next_window(given: Json, now: datetime) -> datetime | None:
    return next_due(
        _utc(given["startTime"]),
        str(given["frequency"]).lower(),
        int(given["interval"]),
        after=now,
        delay=span(str(given.get("delay") or "00:00:00")),
        end=_utc(given["endTime"]) if given.get("endTime") else None,
    )


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def span(text: str) -> timedelta:
    """d.hh:mm:ss"""
    clock, days = text, 0
    if "." in text.partition(":")[0]:
        first, _, clock = text.partition(".")
        days = int(first)
    hours, minutes, seconds = clock.split(":")
    return timedelta(days=days, hours=int(hours), minutes=int(minutes), seconds=int(float(seconds)))
