"""An execution's history as visits: each time that it entered a state, and what came of it.

Events name their state only when it is entered or left; all others are put to one by the event
that came before them. https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Event = Mapping[str, Any]
COMPOSITES = ("Parallel", "Map")
CALLS = ("Task", "LambdaFunction", "Activity")
FAILURES = ("Failed", "TimedOut")


@dataclass
class Visit:
    state: str
    type: str  # "Task"
    indexes: tuple[int, ...]  # of the items that it was for, in Maps
    parent: Visit | None  # the Parallel or Map that it is inside of
    after: Visit | None  # what came before it, or holds it
    started: datetime
    last: str  # the type of its last event
    finished: datetime | None = None
    tries: int = 0
    error: tuple[str, str] | None = None  # of the last try
    called: Event = field(default_factory=dict)  # details of what was scheduled
    submitted: str = ""
    result: str = ""

    @property
    def label(self) -> str:
        return self.state + "".join(f" [{index}]" for index in self.indexes)

    @property
    def outer(self) -> Iterator[Visit]:
        """Itself and what it is inside of, innermost first."""
        found: Visit | None = self
        while found:
            yield found
            found = found.parent


@dataclass(frozen=True)
class Ending:
    """How the execution ended."""

    status: str  # "Failed"
    time: datetime
    error: tuple[str, str]
    blamed: tuple[Visit, ...]  # where the failure came up


class History:
    def __init__(self, events: Iterable[Event]) -> None:
        self.visits: list[Visit] = []
        self.ending: Ending | None = None
        self._of: dict[int, Visit] = {}  # event → its visit
        self._inside: dict[int, tuple[int, ...]] = {}  # event that opens a branch or an item
        self._redriven: list[Visit] = []  # whose next event does not follow one of theirs
        for event in events:
            self._read(event)

    def _read(self, event: Event) -> None:
        kind, id = str(event["type"]), int(event["id"])
        visit = self._visit(kind, event)
        if visit:
            self._of[id] = visit
            visit.last = kind

    def _visit(self, kind: str, event: Event) -> Visit | None:
        if kind.startswith("Execution"):
            self._execution(kind, event)
            return None
        before, said = self._of.get(int(event["previousEventId"])), details(event)
        if kind.endswith("StateEntered"):
            return self._entered(kind.removesuffix("StateEntered"), event, said["name"])
        if kind.endswith("StateExited"):
            found = self._open(before, lambda each: each.state == said["name"])
            if found:
                found.finished = moment(event)
            return found
        if kind.startswith(COMPOSITES):
            return self._composite(kind, event, before, said)
        if kind.startswith(CALLS):
            return self._call(kind, before, said)
        return before

    # ── Entering and leaving ────────────────────────────────────────────────────────

    def _entered(self, type: str, event: Event, name: str) -> Visit:
        previous = int(event["previousEventId"])
        before = self._of.get(previous)
        former = self._latest(lambda each: each.state == name) if self._redriven else None
        if before is None and former:  # a redrive entered it again
            indexes, parent, after = former.indexes, former.parent, former.after
        elif before and previous in self._inside:
            indexes, parent, after = self._inside[previous], before, before
        else:
            indexes = before.indexes if before else ()
            parent, after = before.parent if before else None, before
        visit = Visit(name, type, indexes, parent, after, moment(event), str(event["type"]))
        self.visits.append(visit)
        return visit

    def _composite(
        self, kind: str, event: Event, before: Visit | None, said: Event
    ) -> Visit | None:
        id, type = int(event["id"]), "Map" if kind.startswith("Map") else "Parallel"
        if kind == "MapIterationStarted":
            found = self._open(before, lambda each: each.state == said["name"])
            if found:
                self._inside[id] = (*found.indexes, int(said["index"]))
            return found
        if kind.startswith("MapIteration"):
            return before
        found = self._open(before, lambda each: each.type == type)
        if found and kind == "ParallelStateStarted":
            self._inside[id] = found.indexes
        if found and kind.endswith(FAILURES):
            found.error = _error(said)
        return found

    def _open(self, before: Visit | None, fits: Callable[[Visit], bool]) -> Visit | None:
        """The innermost around an event that has not been left; after a redrive, the latest."""
        around = before.outer if before else ()
        found = next((each for each in around if not each.finished and fits(each)), None)
        return found or self._latest(lambda each: not each.finished and fits(each))

    def _latest(self, fits: Callable[[Visit], bool]) -> Visit | None:
        return next((each for each in reversed(self.visits) if fits(each)), None)

    # ── Calls ───────────────────────────────────────────────────────────────────────

    def _call(self, kind: str, before: Visit | None, said: Event) -> Visit | None:
        visit = before if before and before.type == "Task" else self._again(said)
        if visit is None:
            return None
        if kind.endswith(FAILURES):
            visit.error = _error(said)
        elif kind.endswith("Scheduled"):
            visit.tries += 1
            visit.called, visit.error = said, None
            visit.submitted = visit.result = ""
        elif kind.endswith("Submitted"):
            visit.submitted = str(said.get("output", ""))
        elif kind.endswith("Succeeded"):
            visit.result = str(said.get("output", ""))
        return visit

    def _again(self, said: Event) -> Visit | None:
        """A redrive schedules a task again without entering its state."""
        same = ("resourceType", "resource")
        fitting = (
            each
            for each in self._redriven
            if all(each.called.get(key) == said.get(key) for key in same)
        )
        found = next(fitting, None)
        if found:
            self._redriven.remove(found)
        return found

    # ── The execution ───────────────────────────────────────────────────────────────

    def _execution(self, kind: str, event: Event) -> None:
        status = kind.removeprefix("Execution")
        if status == "Redriven":
            self.ending = None
            self._redriven = [
                each for each in self.visits if each.type == "Task" and not each.finished
            ]
        elif status != "Started":
            blamed = self._of.get(int(event["previousEventId"]))
            self.ending = Ending(
                status,
                moment(event),
                _error(details(event)),
                tuple(blamed.outer) if blamed else (),
            )


def details(event: Event) -> Event:
    found = (value for key, value in event.items() if key.endswith("EventDetails"))
    return next(found, None) or {}


def moment(event: Event) -> datetime:
    found: datetime = event["timestamp"]
    return found.astimezone(UTC)


def _error(said: Event) -> tuple[str, str]:
    return str(said.get("error") or ""), str(said.get("cause") or "")
