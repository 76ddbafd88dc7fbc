"""Which activity of a scope may begin, and how a scope has ended."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from provisioning.sandbox.azure.datafactory.activities import Activity
from provisioning.sandbox.azure.datafactory.runs.records import ActivityRun

Latest = Mapping[str, ActivityRun]  # the last attempt of each activity of the scope, by name


class Readiness(Enum):
    WAITS = "waits"
    READY = "ready"
    NEVER = "never"  # what it depends on ended otherwise: it is skipped


def readiness(activity: Activity, latest: Latest) -> Readiness:
    """All dependencies have to hold; of one dependency any of its conditions."""
    answers = [_holds(each, latest) for each in activity.get("dependsOn") or []]
    if any(answer is None for answer in answers):
        return Readiness.WAITS
    return Readiness.READY if all(answers) else Readiness.NEVER


def _holds(dependency: Mapping[str, object], latest: Latest) -> bool | None:
    """None as long as it is open."""
    run = latest.get(str(dependency["activity"]))
    if run is None or not run.final:
        return None
    conditions = dependency["dependencyConditions"]
    assert isinstance(conditions, list)
    return bool(_met_by(run) & set(conditions))


def _met_by(run: ActivityRun) -> set[str]:
    if run.status == "Succeeded":
        return {"Succeeded", "Completed"}
    if run.status == "Skipped":
        return {"Skipped"}
    return {"Failed", "Completed"}


def failed_leaf(activities: list[Activity], latest: Latest) -> ActivityRun | None:
    """The first activity that makes a scope fail; None when it has succeeded.

    What counts are the leaves, on which nothing depends. Of a leaf that was skipped those
    count that it depends on, and so on upwards.
    """
    by_name = {each["name"]: each for each in activities}
    needed = {
        each["activity"] for activity in activities for each in activity.get("dependsOn") or []
    }
    leaves = [each for each in activities if each["name"] not in needed]
    seen: set[str] = set()
    while leaves:
        activity = leaves.pop(0)
        if activity["name"] in seen:
            continue
        seen.add(activity["name"])
        run = latest[activity["name"]]
        if run.status == "Skipped":
            leaves += [by_name[each["activity"]] for each in activity.get("dependsOn") or []]
        elif run.status != "Succeeded":
            return run
    return None
