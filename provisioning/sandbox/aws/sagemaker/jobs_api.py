"""The operations on training, processing and transform jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.paging import page
from provisioning.sandbox.aws.sagemaker.describing import describe_job, summarise_job
from provisioning.sandbox.aws.sagemaker.jobs import Jobs
from provisioning.sandbox.aws.sagemaker.models import Models
from provisioning.sandbox.aws.sagemaker.records import Job, JobKind
from provisioning.sandbox.aws.services import Call, Operation

Answer = Mapping[str, Any]

_TITLES: dict[str, JobKind] = {
    "Training": "training",
    "Processing": "processing",
    "Transform": "transform",
}


class JobsApi:
    """Each operation exists once per kind; its name says which."""

    def __init__(self, *, jobs: Jobs, models: Models) -> None:
        self._jobs = jobs
        self._models = models

    def operations(self) -> dict[str, Operation]:
        return {
            name: operation
            for title in _TITLES
            for name, operation in (
                (f"Create{title}Job", self.create),
                (f"Describe{title}Job", self.describe),
                (f"List{title}Jobs", self.list),
                (f"Stop{title}Job", self.stop),
            )
        }

    def create(self, call: Call) -> Answer:
        title, kind = _kind(call)
        request = dict(call.given)
        if kind == "transform":
            request["ExecutionRoleArn"] = self._models.role_of(call.place, call["ModelName"])
        job = self._jobs.create(kind, call.place, request)
        return {f"{title}JobArn": job.arn}

    def describe(self, call: Call) -> Answer:
        return describe_job(self._find(call))

    def stop(self, call: Call) -> None:
        self._jobs.stop(self._find(call))

    def list(self, call: Call) -> Answer:
        title, kind = _kind(call)
        found = [
            job
            for job in self._jobs.table
            if job.kind == kind and job.place == call.place and _wanted(job, call)
        ]
        keys = {
            "Name": lambda job: (job.name, job.created),
            "Status": lambda job: (job.status, job.created),
        }
        by_time = lambda job: (job.created, job.name)  # noqa: E731
        found.sort(
            key=keys.get(call.get("SortBy", ""), by_time),
            reverse=call.get("SortOrder", "Descending") == "Descending",
        )
        name = f"{title}JobSummaries"
        answer = page(call, found, result=name, default=10)
        return {**answer, name: [summarise_job(job) for job in answer[name]]}

    def _find(self, call: Call) -> Job:
        title, kind = _kind(call)
        return self._jobs.find(kind, call.place, call[f"{title}JobName"])


def _kind(call: Call) -> tuple[str, JobKind]:
    return next((title, kind) for title, kind in _TITLES.items() if title in call.operation)


def _wanted(job: Job, call: Call) -> bool:
    name = call.get("NameContains", "").lower()
    return (
        name in job.name.lower()
        and call.get("StatusEquals") in (None, job.status)
        and _within(job.created, call.get("CreationTimeAfter"), call.get("CreationTimeBefore"))
        and _within(
            job.modified, call.get("LastModifiedTimeAfter"), call.get("LastModifiedTimeBefore")
        )
    )


def _within(time: float, after: float | None, before: float | None) -> bool:
    return (after is None or time > after) and (before is None or time < before)
