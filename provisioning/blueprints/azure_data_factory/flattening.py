"""Between Resource Manager's shape and that of azure-native, which has no `typeProperties`:
what stands in them stands beside `type` there."""

from __future__ import annotations

from typing import Any

# Where activities have activities inside.
INNER = ("activities", "ifTrueActivities", "ifFalseActivities", "defaultActivities")


def flat(document: dict[str, Any]) -> dict[str, Any]:
    """A linked service, a dataset or a trigger."""
    rest = {name: value for name, value in document.items() if name != "typeProperties"}
    return {**rest, **document.get("typeProperties", {})}


def flat_activity(activity: dict[str, Any]) -> dict[str, Any]:
    found = flat(activity)
    for name in INNER:
        if isinstance(found.get(name), list):
            found[name] = [flat_activity(each) for each in found[name]]
    if isinstance(found.get("cases"), list):  # of a Switch
        found["cases"] = [
            {**case, "activities": [flat_activity(each) for each in case.get("activities") or ()]}
            for case in found["cases"]
        ]
    return found


def flat_pipeline(properties: dict[str, Any]) -> dict[str, Any]:
    activities = [flat_activity(each) for each in properties.get("activities") or ()]
    return {**properties, "activities": activities}
