"""Runs that take up an earlier one: which of its activities count as done already."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from provisioning.sandbox.azure.datafactory.activities import Activity
from provisioning.sandbox.azure.datafactory.runs.index import RunIndex
from provisioning.sandbox.azure.datafactory.runs.records import ActivityRun, PipelineRun
from provisioning.sandbox.azure.errors import bad_request


@dataclass(frozen=True)
class Recovery:
    """`from_failure` and `from_activity` say where it begins; without both, at the beginning."""

    before: PipelineRun
    from_failure: bool = False
    from_activity: str = ""

    @property
    def group(self) -> str:
        return self.before.group

    def take_over(self, index: RunIndex, run: PipelineRun) -> None:
        """Raises RestError when it cannot begin there."""
        activities = index.definitions.get(run.definition).get("activities") or []
        again = self._again(activities, index)
        for name, record in index.latest(self.before.id, "").items():
            known = any(each["name"] == name for each in activities)
            if known and name not in again and record.final:
                index.add(_copy(record, run))
        run.variables.update(
            {n: v for n, v in self.before.variables.items() if again and n in run.variables}
        )
        for other in index.of_factory(run.factory):
            if other.group == run.group and other.latest and other.id != run.id:
                other.latest = False
                index.put(other)

    def _again(self, activities: list[Activity], index: RunIndex) -> set[str]:
        """The activities that are not taken over: the start and all that comes after it."""
        if self.from_activity:
            begins = {self.from_activity}
            if not any(each["name"] == self.from_activity for each in activities):
                message = f"The activity '{self.from_activity}' is not in the pipeline."
                raise bad_request(message)
        elif self.from_failure:
            latest = index.latest(self.before.id, "")
            begins = {
                each["name"] for each in activities if not _succeeded(latest.get(each["name"]))
            }
        else:
            return {each["name"] for each in activities}
        return begins | set(_after(activities, begins))


def _succeeded(record: ActivityRun | None) -> bool:
    """A skipped one is looked at again: what it waited for may end otherwise this time."""
    return record is not None and record.status == "Succeeded"


def _after(activities: list[Activity], begins: set[str]) -> Iterator[str]:
    """Those that depend on them, directly or not."""
    found = set(begins)
    moved = True
    while moved:
        moved = False
        for each in activities:
            needs = {one["activity"] for one in each.get("dependsOn") or []}
            if each["name"] not in found and needs & found:
                found.add(each["name"])
                moved = True
                yield each["name"]


def _copy(record: ActivityRun, run: PipelineRun) -> ActivityRun:
    changes = {"id": str(uuid.uuid4()), "run": run.id, "carried": True}
    return record.model_copy(update=changes, deep=True)
