"""What the function says of each training that it was called for: lines of JSON in its log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisioning.blueprints.aws_common import logs
from provisioning.clouds.session import Session
from provisioning.contracts import LogPage, StackSpec

from . import names
from .assets.retraining.wording import ASKED, REFUSED


@dataclass(frozen=True)
class Said:
    """One line."""

    what: str
    time: datetime
    job: str
    object: str
    trigger: str
    reason: str


@dataclass(frozen=True)
class Told:
    """All that was said of one job: when it was first asked for, and the last word on it."""

    first: Said
    last: Said

    @property
    def refused(self) -> bool:
        return self.last.what == REFUSED


class FunctionLog:
    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session = session
        self._group = names.function_log(spec.slug)

    def page(self, job: str, *, cursor: str | None) -> LogPage:
        return logs.log(self._session, self._group, pattern=f'"{job}"', cursor=cursor)

    def of_job(self, job: str) -> Told | None:
        return _together(self._lines(f'"{job}"', None)).get(job)

    def of_all(self, since: datetime | None) -> dict[str, Told]:
        """By the job's name, those that were asked for at or after `since`."""
        asked = list(self._lines(f'"{ASKED}"', since))
        refused = list(self._lines(f'"{REFUSED}"', since)) if asked else []
        return _together(sorted([*asked, *refused], key=lambda said: said.time))

    def _lines(self, pattern: str, since: datetime | None) -> Iterator[Said]:
        cursor: str | None = None
        while True:
            page = logs.log(self._session, self._group, pattern=pattern, since=since, cursor=cursor)
            for line in page.lines:
                if said := _read(line.text, line.time):
                    yield said
            cursor = page.cursor
            if cursor is None:
                return


def _together(lines: Iterator[Said] | list[Said]) -> dict[str, Told]:
    found: dict[str, Told] = {}
    for said in lines:
        known = found.get(said.job)
        found[said.job] = Told(first=known.first if known else said, last=said)
    return found


def _read(text: str, time: datetime) -> Said | None:
    """Lambda's own lines, and those of errors, are no JSON."""
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict) or found.get("said") not in (ASKED, REFUSED):
        return None
    return Said(
        what=found["said"],
        time=time,
        job=str(found.get("job", "")),
        object=str(found.get("object", "")),
        trigger=str(found.get("trigger", "")),
        reason=str(found.get("reason", "")),
    )
