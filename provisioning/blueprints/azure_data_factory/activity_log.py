"""What Data Factory knows of a run or an activity besides its state, as lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from provisioning.contracts import LogLine, LogPage

from .api import Json
from .building import OWN_PARAMETERS

MOST_LINES = 2000
NOTHING = "Data Factory keeps no log of this activity. It has not begun, or was skipped."


def of_run(found: Json) -> LogPage:
    started = _time(found.get("runStart"))
    given = {
        name: value
        for name, value in (found.get("parameters") or {}).items()
        if name not in OWN_PARAMETERS
    }
    lines = list(_document(started, "Parameters", given))
    if found.get("message"):
        lines.append(LogLine(time=_time(found.get("runEnd")) or started, text=found["message"]))
    return LogPage(lines=tuple(lines))


def of_activity(attempts: Sequence[Json]) -> LogPage:
    lines: list[LogLine] = []
    for number, found in enumerate(attempts):
        if len(attempts) > 1:
            text = f"Attempt {number + 1}"
            lines.append(LogLine(time=_time(found.get("activityRunStart")), text=text))
        lines += _lines(found)
    return LogPage(lines=tuple(lines[:MOST_LINES]), note="" if lines else NOTHING)


def _lines(found: Json) -> Iterator[LogLine]:
    started = _time(found.get("activityRunStart"))
    ended = _time(found.get("activityRunEnd")) if found.get("activityRunEnd") else started
    yield from _document(started, "Input", found.get("input"))
    yield from _document(ended, "Output", found.get("output"))
    error = found.get("error") or {}
    if error.get("message"):
        code = f" ({error['errorCode']})" if error.get("errorCode") else ""
        for line in f"Error{code}: {error['message']}".splitlines():
            yield LogLine(time=ended, text=line)


def _document(time: datetime, title: str, document: Any) -> Iterator[LogLine]:
    if not document:
        return
    yield LogLine(time=time, text=f"{title}:")
    for line in json.dumps(document, indent=2, ensure_ascii=False).splitlines():
        yield LogLine(time=time, text=line)


def _time(text: str | None) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC) if text else datetime.now(UTC)
