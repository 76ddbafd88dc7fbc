"""Activities of a run as steps: the latest attempt of each, each turn of a loop by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from provisioning.contracts import RunStatus, StepRecord

from .activity_types import INNER
from .api import Json
from .pasted import documents_of
from .settings import Settings

STATUSES = {
    "Queued": RunStatus.QUEUED,
    "InProgress": RunStatus.RUNNING,
    "Succeeded": RunStatus.SUCCEEDED,
    "Failed": RunStatus.FAILED,
    "Canceling": RunStatus.RUNNING,
    "Cancelling": RunStatus.RUNNING,
    "Cancelled": RunStatus.STOPPED,
    "Skipped": RunStatus.STOPPED,
    "Inactive": RunStatus.STOPPED,
}
LATE = datetime.max.replace(tzinfo=UTC)


class Graph:
    """What each activity waits for, by the definition."""

    def __init__(self, activities: Sequence[dict[str, Any]]) -> None:
        self.after: dict[str, tuple[str, ...]] = {}
        self._add(activities, container="")

    @classmethod
    def of(cls, settings: Settings) -> Graph:
        return cls(documents_of(settings).pipeline.get("activities", []))

    def _add(self, activities: Sequence[dict[str, Any]], *, container: str) -> None:
        """The first inside of a container begin when the container does."""
        for activity in activities:
            before = tuple(each["activity"] for each in activity.get("dependsOn") or ())
            self.after[activity["name"]] = before or ((container,) if container else ())
            for inner in _inside(activity):
                self._add(inner, container=activity["name"])

    @staticmethod
    def step_names(found: Sequence[Json]) -> Iterator[str]:
        """The activity's own; with a number for each turn of a loop that takes several."""
        turns: dict[str, list[str]] = {}
        for each in found:
            known = turns.setdefault(each["activityName"], [])
            if _turn(each) not in known:
                known.append(_turn(each))
        for each in found:
            known = turns[each["activityName"]]
            number = f" {known.index(_turn(each)) + 1}" if len(known) > 1 else ""
            yield f"{each['activityName']}{number}"


def steps_of(found: Sequence[Json], graph: Graph) -> tuple[StepRecord, ...]:
    """In the order they started. Retries of an activity are one step, as its last attempt."""
    latest: dict[str, tuple[Json, datetime | None]] = {}
    for each, name in zip(found, Graph.step_names(found), strict=True):
        before = latest.get(name)
        first = before[1] if before else _time(each.get("activityRunStart"))
        if before is None or _attempt(each) >= _attempt(before[0]):
            latest[name] = each, first
    numbered = Counter(each["activityName"] for each, _ in latest.values())
    records = [
        _record(name, each, started, graph, tuple(latest), numbered)
        for name, (each, started) in latest.items()
    ]
    return tuple(sorted(records, key=lambda step: step.started or LATE))


def _record(
    name: str,
    found: Json,
    started: datetime | None,
    graph: Graph,
    known: tuple[str, ...],
    numbered: Counter[str],
) -> StepRecord:
    status = STATUSES.get(found["status"], RunStatus.RUNNING)
    activity = found["activityName"]
    number = name.removeprefix(activity)
    after = [
        other if numbered[other] < 2 else f"{other}{number}"
        for other in graph.after.get(activity, ())
    ]
    return StepRecord(
        name=name,
        kind=found.get("activityType", ""),
        status=status,
        cloud_status=found["status"],
        started=started,
        finished=_time(found.get("activityRunEnd")) if status.final else None,
        reason=str((found.get("error") or {}).get("message") or ""),
        cloud_id=f"activityruns/{found['activityRunId']}",
        attempt=_attempt(found) + 1,
        after=tuple(each for each in after if each in known),
    )


def _inside(activity: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    given = activity.get("typeProperties") or {}
    for name in INNER:
        yield given.get(name) or []
    for case in given.get("cases") or ():
        yield case.get("activities") or []


def _turn(found: Json) -> str:
    """Of a loop; the same for all attempts in it."""
    return str(found.get("iterationHash") or "")


def _attempt(found: Json) -> int:
    return int(found.get("retryAttempt") or 0)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
