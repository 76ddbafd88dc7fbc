"""Jobs as the Describe…Job operations show them, which is also what references lead to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioning.sandbox.aws.sagemaker.outputs import model_artifacts
from provisioning.sandbox.aws.sagemaker.records import Job, JobKind


def describe_job(job: Job) -> dict[str, Any]:
    return {**job.request, "CreationTime": job.created, **_DESCRIBERS[job.kind](job)}


def _training(job: Job) -> dict[str, Any]:
    started, ended = job.reached("Training"), _ended(job)
    answer: dict[str, Any] = {
        "TrainingJobArn": job.arn,
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.stage.secondary,
        "FailureReason": job.failure,
        "LastModifiedTime": job.modified,
        "TrainingStartTime": started,
        "TrainingEndTime": ended,
        "ModelArtifacts": {"S3ModelArtifacts": model_artifacts(job)},
        "SecondaryStatusTransitions": _transitions(job),
        "FinalMetricDataList": job.metrics or None,
    }
    if started is not None and ended is not None:
        answer["TrainingTimeInSeconds"] = answer["BillableTimeInSeconds"] = int(ended - started)
    return answer


def _processing(job: Job) -> dict[str, Any]:
    return {
        "ProcessingJobArn": job.arn,
        "ProcessingJobStatus": job.status,
        "FailureReason": job.failure,
        "LastModifiedTime": job.modified,
        "ProcessingStartTime": job.reached("Training"),
        "ProcessingEndTime": _ended(job),
    }


def _transform(job: Job) -> dict[str, Any]:
    return {
        "TransformJobArn": job.arn,
        "TransformJobStatus": job.status,
        "FailureReason": job.failure,
        "TransformStartTime": job.reached("Training"),
        "TransformEndTime": _ended(job),
    }


def summarise_job(job: Job) -> dict[str, Any]:
    """The job as the List…Jobs operations show it."""
    described = describe_job(job)
    title = {"training": "Training", "processing": "Processing", "transform": "Transform"}[job.kind]
    described[f"{title}JobName"] = job.name
    described["LastModifiedTime"] = job.modified
    return described


def _ended(job: Job) -> float | None:
    return job.stage.time if job.final else None


def _transitions(job: Job) -> list[dict[str, Any]]:
    passed = job.plan[: job.position + 1]
    ends = [stage.time for stage in passed[1:]]
    if job.final:
        ends.append(passed[-1].time)
    return [
        {
            "Status": stage.secondary,
            "StartTime": stage.time,
            "EndTime": ends[number] if number < len(ends) else None,
            "StatusMessage": stage.message,
        }
        for number, stage in enumerate(passed)
    ]


_DESCRIBERS: dict[JobKind, Callable[[Job], dict[str, Any]]] = {
    "training": _training,
    "processing": _processing,
    "transform": _transform,
}
