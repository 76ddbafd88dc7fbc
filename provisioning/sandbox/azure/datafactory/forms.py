"""The forms of Data Factory's documents, as far as they may hold no expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.sandbox.azure.forms import (
    Form,
    anything,
    either,
    integer,
    listed,
    mapped,
    one_of,
    record,
    text,
)

_OBJECT = record({})
_EXPRESSION = either(text, _OBJECT)
_REFERENCE = record(
    {"referenceName": text, "type": text, "parameters": _OBJECT}, needs=("referenceName",)
)
_DECLARED = mapped(record({"type": text}, needs=("type",)))


def _activity(value: Any, at: str) -> Iterator[str]:
    """The inner activities of a container are activities as well."""
    yield from _ANY_ACTIVITY(value, at)
    if isinstance(value, Mapping):
        inner = _INSIDE.get(str(value.get("type")), _OBJECT)
        if value.get("typeProperties") is not None:
            yield from inner(value["typeProperties"], f"{at}.typeProperties")


_ACTIVITIES = listed(_activity)
_POLICY = record(
    {"timeout": _EXPRESSION, "retry": either(integer, _EXPRESSION),
     "retryIntervalInSeconds": integer}
)  # fmt: skip
_ANY_ACTIVITY = record(
    {
        "name": text,
        "type": text,
        "typeProperties": _OBJECT,
        "dependsOn": listed(
            record(
                {"activity": text, "dependencyConditions": listed(text)},
                needs=("activity", "dependencyConditions"),
            )
        ),
        "policy": _POLICY,
        "linkedServiceName": _REFERENCE,
        "inputs": listed(_REFERENCE),
        "outputs": listed(_REFERENCE),
        "userProperties": listed(record({"name": text}, needs=("name",))),
        "state": one_of("Active", "Inactive"),
        "onInactiveMarkAs": one_of("Succeeded", "Failed", "Skipped"),
    },
    needs=("name", "type"),
)
_CASES = listed(record({"activities": _ACTIVITIES}, needs=("value",)))
_ON_DATASET = record({"dataset": _REFERENCE, "storeSettings": _OBJECT, "source": _OBJECT})
_INSIDE: dict[str, Form] = {
    "AppendVariable": record({"variableName": text}),
    "Copy": record({"source": _OBJECT, "sink": _OBJECT}),
    "Delete": _ON_DATASET,
    "ExecutePipeline": record({"pipeline": _REFERENCE, "parameters": _OBJECT}),
    "ForEach": record({"activities": _ACTIVITIES, "items": _EXPRESSION}),
    "GetMetadata": _ON_DATASET,
    "IfCondition": record({"ifTrueActivities": _ACTIVITIES, "ifFalseActivities": _ACTIVITIES}),
    "Lookup": _ON_DATASET,
    "SetVariable": record({"variableName": text}),
    "Switch": record({"cases": _CASES, "defaultActivities": _ACTIVITIES}),
    "Until": record({"activities": _ACTIVITIES, "timeout": _EXPRESSION}),
    "Validation": _ON_DATASET,
    "WebActivity": record({"headers": _EXPRESSION, "method": text}),
}
PIPELINE = record(
    {
        "activities": _ACTIVITIES,
        "annotations": listed(anything),
        "concurrency": integer,
        "description": text,
        "folder": _OBJECT,
        "parameters": _DECLARED,
        "policy": _OBJECT,
        "runDimensions": _OBJECT,
        "variables": _DECLARED,
    }
)

_STARTS = record({"pipelineReference": _REFERENCE, "parameters": _OBJECT})
_SCHEDULE = record(
    {
        "hours": listed(integer),
        "minutes": listed(integer),
        "monthDays": listed(integer),
        "monthlyOccurrences": listed(record({"day": text, "occurrence": integer})),
        "weekDays": listed(text),
    }
)
_RECURRENCE = record(
    {"frequency": text, "interval": integer, "startTime": text, "endTime": text,
     "timeZone": text, "schedule": _SCHEDULE}
)  # fmt: skip
_WINDOW_DEPENDENCY = record(
    {"type": text, "offset": text, "size": text, "referenceTrigger": _REFERENCE}, needs=("type",)
)
_EVENTS = record(
    {
        "advancedFilters": listed(_OBJECT),
        "blobPathBeginsWith": text,
        "blobPathEndsWith": text,
        "events": listed(text),
        "scope": text,
        "subjectBeginsWith": text,
        "subjectEndsWith": text,
    }
)
_TRIGGER_PROPERTIES: dict[str, Form] = {
    "BlobEventsTrigger": _EVENTS,
    "CustomEventsTrigger": _EVENTS,
    "ScheduleTrigger": record({"recurrence": _RECURRENCE}),
    "TumblingWindowTrigger": record(
        {"frequency": text, "interval": integer, "startTime": text, "endTime": text,
         "maxConcurrency": integer, "delay": text, "dependsOn": listed(_WINDOW_DEPENDENCY),
         "retryPolicy": record({"count": integer, "intervalInSeconds": integer})}
    ),
}  # fmt: skip


def trigger(value: Any, at: str) -> Iterator[str]:
    yield from record(
        {"annotations": listed(anything), "description": text, "pipeline": _STARTS,
         "pipelines": listed(_STARTS), "type": text, "typeProperties": _OBJECT}
    )(value, at)  # fmt: skip
    inner = _TRIGGER_PROPERTIES.get(str(value.get("type")), _OBJECT)
    if value.get("typeProperties") is not None:
        yield from inner(value["typeProperties"], f"{at}.typeProperties")


LINKED_SERVICE = record(
    {"type": text, "typeProperties": _OBJECT, "parameters": mapped(_OBJECT),
     "connectVia": _REFERENCE, "annotations": listed(anything)}
)  # fmt: skip
DATASET = record(
    {"type": text, "typeProperties": _OBJECT, "parameters": mapped(_OBJECT),
     "linkedServiceName": _REFERENCE, "folder": _OBJECT, "annotations": listed(anything)}
)  # fmt: skip
