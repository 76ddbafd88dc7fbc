"""The activities of a pipeline's definition, and those inside of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Activity = dict[str, Any]

# Where a container has its inner activities. A Switch has those of its cases besides.
_INNER = {
    "ForEach": ("activities",),
    "Until": ("activities",),
    "IfCondition": ("ifTrueActivities", "ifFalseActivities"),
    "Switch": ("defaultActivities",),
}
LOOPS = ("ForEach", "Until")
BRANCHES = ("IfCondition", "Switch")


def properties(activity: Activity) -> dict[str, Any]:
    return activity.get("typeProperties") or {}


def scopes(activity: Activity) -> Iterator[list[Activity]]:
    """The lists of activities directly inside of a container; nothing for another activity."""
    found = properties(activity)
    for name in _INNER.get(str(activity.get("type")), ()):
        yield found.get(name) or []
    if activity.get("type") == "Switch":
        for case in found.get("cases") or []:
            yield case.get("activities") or []


def every(activities: list[Activity]) -> Iterator[Activity]:
    """Those of a scope and all inside of them."""
    for activity in activities:
        yield activity
        for scope in scopes(activity):
            yield from every(scope)
