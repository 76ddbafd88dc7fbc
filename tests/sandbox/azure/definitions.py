"""Definitions that tests share, as plain JSON: what the SDK's own models would break."""

from __future__ import annotations

from typing import Any


def wait(name: str, seconds: Any = 5, *, after: dict[str, list[str]] | None = None) -> Any:
    return activity(name, "Wait", {"waitTimeInSeconds": seconds}, after=after)


def activity(
    name: str,
    type: str,
    properties: dict[str, Any],
    *,
    after: dict[str, list[str]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    depends = [{"activity": each, "dependencyConditions": on} for each, on in (after or {}).items()]
    return {"name": name, "type": type, "typeProperties": properties, "dependsOn": depends, **more}


def pipeline(*activities: Any, **more: Any) -> dict[str, Any]:
    return {"properties": {"activities": list(activities), **more}}


def reference(name: str, kind: str = "PipelineReference") -> dict[str, str]:
    return {"referenceName": name, "type": kind}


def starts(name: str, **parameters: Any) -> dict[str, Any]:
    return {"pipelineReference": reference(name), "parameters": parameters}


def schedule(*pipelines: Any, **recurrence: Any) -> dict[str, Any]:
    usual = {"frequency": "Day", "interval": 1, "startTime": "2027-01-01T00:00:00Z",
             "timeZone": "UTC"}  # fmt: skip
    return {
        "properties": {
            "type": "ScheduleTrigger",
            "pipelines": list(pipelines),
            "typeProperties": {"recurrence": {**usual, **recurrence}},
        }
    }


def windows(started: Any, **more: Any) -> dict[str, Any]:
    usual = {"frequency": "Hour", "interval": 1, "startTime": "2027-03-01T10:00:00Z",
             "maxConcurrency": 10}  # fmt: skip
    return {
        "properties": {
            "type": "TumblingWindowTrigger",
            "pipeline": started,
            "typeProperties": {**usual, **more},
        }
    }


def blob_trigger(scope: str, *pipelines: Any, **more: Any) -> dict[str, Any]:
    usual = {"events": ["Microsoft.Storage.BlobCreated"], "scope": scope}
    return {
        "properties": {
            "type": "BlobEventsTrigger",
            "pipelines": list(pipelines),
            "typeProperties": {**usual, **more},
        }
    }


def custom_trigger(scope: str, *pipelines: Any, **more: Any) -> dict[str, Any]:
    return {
        "properties": {
            "type": "CustomEventsTrigger",
            "pipelines": list(pipelines),
            "typeProperties": {"events": ["dataset.ready"], "scope": scope, **more},
        }
    }
