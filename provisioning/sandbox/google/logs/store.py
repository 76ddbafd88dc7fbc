"""All entries of all projects; each project's in the order of their time, for thirty days."""

from __future__ import annotations

import bisect
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from provisioning.sandbox.google.logs.records import Entry
from provisioning.sandbox.google.times import written
from provisioning.sandbox.records import Table
from provisioning.sandbox.world import World

KEPT_SECONDS = 30 * 86_400.0


class Logs:
    def __init__(self, world: World) -> None:
        self._table = Table(world.store, kind="google log", record=Entry)
        self._clock = world.clock
        self._next = max((entry.number for entry in self._table), default=0) + 1
        self._by_project: dict[str, list[Entry]] = {}
        for entry in sorted(self._table, key=lambda one: one.place):
            self._by_project.setdefault(entry.project, []).append(entry)

    def write(
        self,
        project: str,
        log: str,
        *,
        resource: Mapping[str, Any],
        severity: str = "DEFAULT",
        time: float | None = None,
        **more: Any,
    ) -> None:
        """`log` is its id, "run.googleapis.com/requests"; `more` the payload and the rest."""
        entry = {"logName": log_name(project, log), "resource": dict(resource), **more}
        if severity != "DEFAULT":
            entry["severity"] = severity
        self.add(project, entry, time=self._clock.now() if time is None else time)

    def add(self, project: str, entry: dict[str, Any], *, time: float) -> None:
        """One that is older than what is kept is dropped."""
        now = self._clock.now()
        self._forget_old(project, now)
        if time < now - KEPT_SECONDS:
            return
        whole = {
            "insertId": uuid.uuid4().hex[:16],
            **entry,
            "timestamp": written(time),
            "receiveTimestamp": written(now),
        }
        kept = Entry(number=self._next, project=project, time=time, entry=whole)
        self._next += 1
        self._table.put(kept)
        bisect.insort(self._by_project.setdefault(project, []), kept, key=lambda one: one.place)

    def entries(self, project: str, *, since: float, until: float) -> Iterator[Entry]:
        """Those of a time, both ends included, the oldest first."""
        earliest = max(since, self._clock.now() - KEPT_SECONDS)
        found = self._by_project.get(project, [])
        start = bisect.bisect_left(found, earliest, key=lambda one: one.time)
        for entry in found[start:]:
            if entry.time > until:
                return
            yield entry

    def names(self, project: str) -> list[str]:
        found = self.entries(project, since=0.0, until=float("inf"))
        return sorted({str(one.entry["logName"]) for one in found})

    def delete(self, project: str, log_name: str) -> int:
        """Everything that the log has; how much that was."""
        found = self._by_project.get(project, [])
        gone = [one for one in found if one.entry["logName"] == log_name]
        self._drop(project, gone)
        return len(gone)

    def _forget_old(self, project: str, now: float) -> None:
        found = self._by_project.get(project, [])
        end = bisect.bisect_left(found, now - KEPT_SECONDS, key=lambda one: one.time)
        if end:
            self._drop(project, found[:end])

    def _drop(self, project: str, entries: list[Entry]) -> None:
        numbers = {entry.number for entry in entries}
        for entry in entries:
            self._table.delete(entry.key)
        left = [one for one in self._by_project.get(project, []) if one.number not in numbers]
        self._by_project[project] = left


def log_name(project: str, log: str) -> str:
    return f"projects/{project}/logs/{quote(log, safe='')}"
