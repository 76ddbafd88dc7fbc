"""Jobs as Dataflow's API shows them."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.google.dataflow.records import Job, Moment
from provisioning.sandbox.google.projects import default_account
from provisioning.sandbox.google.times import written

_SDK = {
    "version": "2.60.0",
    "versionDisplayName": "Apache Beam SDK for Java",
    "sdkSupportStatus": "SUPPORTED",
}
_STAGE_STATES = {
    "JOB_STATE_RUNNING": "EXECUTION_STATE_RUNNING",
    "JOB_STATE_DONE": "EXECUTION_STATE_SUCCEEDED",
    "JOB_STATE_FAILED": "EXECUTION_STATE_FAILED",
    "JOB_STATE_CANCELLED": "EXECUTION_STATE_CANCELLED",
    "JOB_STATE_PENDING": "EXECUTION_STATE_NOT_STARTED",
}
_KINDS = {0: "READ_KIND", -1: "WRITE_KIND"}


def summary(job: Job) -> dict[str, Any]:
    """JOB_VIEW_SUMMARY."""
    launch = job.launch
    started = job.entered("JOB_STATE_PENDING")
    entered = job.entered(job.state)
    answer = {
        "id": job.id,
        "projectId": launch.project,
        "name": launch.name,
        "type": "JOB_TYPE_STREAMING" if launch.streaming else "JOB_TYPE_BATCH",
        "currentState": job.state,
        "currentStateTime": written(job.created if entered is None else entered),
        "createTime": written(job.created),
        "location": launch.location,
        "jobMetadata": {"sdkVersion": _SDK},
        "labels": _labels(job),
    }
    return {**answer, "startTime": written(started)} if started is not None else answer


def whole(job: Job) -> dict[str, Any]:
    """JOB_VIEW_ALL."""
    launch = job.launch
    options = {**launch.parameters, "jobName": launch.name, "project": launch.project}
    display = [{"key": key, "strValue": value} for key, value in launch.parameters.items()]
    return {
        **summary(job),
        "environment": {
            "serviceAccountEmail": launch.worker or default_account(launch.project),
            "sdkPipelineOptions": {"options": options},
            "workerRegion": launch.location,
        },
        "pipelineDescription": {
            "displayData": display,
            "executionPipelineStage": [_stage(job, n) for n in range(len(job.stages))],
        },
        "stageStates": [_stage_state(job, stage) for stage in job.stages],
    }


def execution(job: Job) -> list[dict[str, Any]]:
    """When each stage began and ended."""
    return [_stage_summary(job, stage) for stage in job.stages]


def _labels(job: Job) -> dict[str, str]:
    """People's own, and which template it came of."""
    given = job.launch.environment.get("additionalUserLabels", {})
    name = job.launch.template.rpartition("/")[2].lower().replace(".", "_")
    kind = "flex" if job.launch.flexible else "classic"
    return {
        **given,
        "goog-dataflow-provided-template-name": name,
        "goog-dataflow-provided-template-type": kind,
    }


def _stage(job: Job, number: int) -> dict[str, Any]:
    last = number == len(job.stages) - 1
    before = [f"S{number:02}"] if number else []
    return {
        "id": f"S{number + 1:02}",
        "name": job.stages[number],
        "kind": _KINDS.get(-1 if last else number, "PAR_DO_KIND"),
        **({"prerequisiteStage": before} if before else {}),
    }


def _stage_state(job: Job, stage: str) -> dict[str, Any]:
    begun, ended = _span(job, stage)
    return {
        "executionStageName": stage,
        "executionStageState": _state(job, stage),
        "currentStateTime": written(ended or begun or job.created),
    }


def _stage_summary(job: Job, stage: str) -> dict[str, Any]:
    begun, ended = _span(job, stage)
    return {
        "stageId": stage,
        "state": _STAGE_STATES[_state(job, stage)],
        **({"startTime": written(begun)} if begun is not None else {}),
        **({"endTime": written(ended)} if ended is not None else {}),
    }


def _state(job: Job, stage: str) -> str:
    begun, _ = _span(job, stage)
    if begun is None:
        return "JOB_STATE_PENDING"
    if any(one.stage == stage and one.done for one in job.past):
        return "JOB_STATE_DONE"
    if job.state == "JOB_STATE_FAILED":
        return "JOB_STATE_FAILED"
    return "JOB_STATE_CANCELLED" if job.final else "JOB_STATE_RUNNING"


def _span(job: Job, stage: str) -> tuple[float | None, float | None]:
    own: list[Moment] = [one for one in job.past if one.stage == stage]
    if not own:
        return None, None
    done = next((one.time for one in own if one.done), None)
    ended = done if done is not None else (job.moment.time if job.final else None)
    return own[0].time, ended
