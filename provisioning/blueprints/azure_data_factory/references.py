"""What each kind of trigger hands to the runs that it starts.

https://learn.microsoft.com/en-us/azure/data-factory/control-flow-system-variables
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import names
from .building import CAUSE
from .settings import Filled

if TYPE_CHECKING:
    from provisioning.contracts import TriggerSpec

_EVENT = "triggerBody().event"
_WINDOW = "trigger().outputs"
WINDOW = " to "  # between the ends of a window, as a run is told of it

# By the kind of a trigger: what it can fill, and what set it off in a few words.
FILLS: dict[str, dict[Filled, str]] = {
    "schedule": {"ScheduledTime": "@trigger().scheduledTime"},
    "tumbling_window": {
        "WindowStart": f"@{_WINDOW}.windowStartTime",
        "WindowEnd": f"@{_WINDOW}.windowEndTime",
    },
    "object_created": {
        "FileName": "@triggerBody().fileName",
        "Folder": "@triggerBody().folderPath",
    },
    "event": {
        "EventType": f"@{_EVENT}.eventType",
        "EventSubject": f"@{_EVENT}.subject",
        "EventData": f"@{_EVENT}.data",
    },
}
CAUSES = {
    "tumbling_window": (f"@concat({_WINDOW}.windowStartTime, '{WINDOW}', {_WINDOW}.windowEndTime)"),
    "object_created": "@concat(triggerBody().folderPath, '/', triggerBody().fileName)",
    "event": f"@concat({_EVENT}.eventType, ' ', {_EVENT}.id)",
}


def handed_over(
    kind: str, filled: Mapping[Filled, str], types: Mapping[str, str]
) -> dict[str, str]:
    """The values of parameters as a trigger of this kind computes them."""
    found = {
        filled[filling]: _as(types.get(filled[filling], ""), expression)
        for filling, expression in FILLS[kind].items()
        if filling in filled
    }
    return {**found, **({CAUSE: CAUSES[kind]} if kind in CAUSES else {})}


def pipeline_reference(slug: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    reference = {"referenceName": names.pipeline(slug), "type": "PipelineReference"}
    return {"pipelineReference": reference, "parameters": dict(parameters)}


def fillable(trigger: TriggerSpec) -> frozenset[Filled]:
    return frozenset(FILLS[trigger.kind.value])


def _as(type: str, expression: str) -> str:
    """An event's data are an object; a text parameter gets their JSON."""
    is_data = expression == FILLS["event"]["EventData"]
    return f"@string({expression[1:]})" if is_data and type.lower() == "string" else expression
