"""Runs as the API tells them."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.azure.datafactory.activities import Activity
from provisioning.sandbox.azure.datafactory.expressions.values import written as as_text
from provisioning.sandbox.azure.datafactory.runs.records import ActivityRun, PipelineRun
from provisioning.sandbox.azure.times import written


def shown_run(run: PipelineRun) -> dict[str, Any]:
    by = run.invoked_by
    return {
        "id": f"{run.factory}/pipelineruns/{run.id}",
        "runId": run.id,
        "runGroupId": run.group,
        "isLatest": run.latest,
        "debugRunId": None,
        "pipelineName": run.pipeline,
        "parameters": {name: as_text(value) for name, value in run.parameters.items()},
        "runDimension": run.dimensions,
        "runDimensions": run.dimensions,
        "invokedBy": {
            "id": by.id,
            "name": by.name,
            "invokedByType": by.type,
            "pipelineName": by.pipeline or None,
            "pipelineRunId": by.run or None,
        },
        "runStart": written(run.begun),
        "runEnd": _time(run.ended),
        "durationInMs": _milliseconds(run.begun, run.ended),
        "status": run.status,
        "message": run.message,
        "lastUpdated": written(run.updated),
        "annotations": [],
    }


def shown_activity(record: ActivityRun, run: PipelineRun, spec: Activity) -> dict[str, Any]:
    policy = spec.get("policy") or {}
    failure = record.failure
    return {
        "activityRunId": record.id,
        "activityName": record.name,
        "activityType": record.type,
        "pipelineName": run.pipeline,
        "pipelineRunId": run.id,
        "linkedServiceName": (spec.get("linkedServiceName") or {}).get("referenceName", ""),
        "status": record.status,
        "activityRunStart": written(record.begun),
        "activityRunEnd": _time(record.ended),
        "durationInMs": _milliseconds(record.begun, record.ended),
        "input": record.input,
        "output": {"secureOutput": "********"} if policy.get("secureOutput") else record.output,
        "error": {
            "errorCode": failure.code if failure else "",
            "message": failure.message if failure else "",
            "failureType": failure.type if failure else "",
            "target": record.name,
            "details": "" if failure else [],
        },
        "retryAttempt": record.attempt or None,
        "iterationHash": record.scope,
        "userProperties": {
            each["name"]: as_text(each.get("value")) for each in spec.get("userProperties") or []
        },
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else written(seconds)


def _milliseconds(begun: float, ended: float | None) -> int | None:
    return None if ended is None else round((ended - begun) * 1000)
