"""Vertex AI's API: custom jobs."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.google.aiplatform.checks import JobChecks
from provisioning.sandbox.google.aiplatform.jobs import Jobs
from provisioning.sandbox.google.aiplatform.records import CustomJob
from provisioning.sandbox.google.calls import Call, Operations
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.filters import filtered
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.lists import page
from provisioning.sandbox.google.operations import Operation, OperationTable
from provisioning.sandbox.google.times import written
from provisioning.sandbox.world import World

_EMPTY = {"@type": "type.googleapis.com/google.protobuf.Empty"}
_SECONDS = 0.3


class VertexApi:
    def __init__(self, world: World, identity: Identity, jobs: Jobs) -> None:
        self._jobs = jobs
        self._checks = JobChecks(identity)
        self._operations = OperationTable(
            world,
            service="aiplatform",
            completions={"delete-job": self._deleted},
            metadata=_metadata,
        )

    def operations(self) -> Operations:
        collection = "projects.locations.customJobs"
        return {
            **self._operations.operations(),
            f"{collection}.create": self._create,
            f"{collection}.get": self._get,
            f"{collection}.list": self._list,
            f"{collection}.cancel": self._cancel,
            f"{collection}.delete": self._delete,
        }

    def _create(self, call: Call) -> dict[str, Any]:
        """Each call makes a job: names are Google's, display names need not be unique."""
        self._checks.require(call)
        return self._jobs.create(call["parent"], call.body).described()

    def _get(self, call: Call) -> dict[str, Any]:
        return self._find(call).described()

    def _list(self, call: Call) -> dict[str, Any]:
        prefix = f"{call['parent']}/customJobs/"
        mine = [one for one in self._jobs.table if one.name.startswith(prefix)]
        mine.sort(key=lambda one: (one.created, one.name), reverse=True)
        found = filtered(mine, call["filter"], CustomJob.described)
        return page(call, found, "customJobs", CustomJob.described, usual=100)

    def _cancel(self, call: Call) -> dict[str, Any]:
        self._jobs.cancel(self._find(call))
        return {}

    def _delete(self, call: Call) -> dict[str, Any]:
        job = self._find(call)
        if not job.final:
            self._jobs.delete(job)  # which refuses
        return self._operations.begin("delete-job", job.name, seconds=_SECONDS)

    def _deleted(self, operation: Operation, time: float) -> dict[str, Any]:
        job = self._jobs.table.get(operation.target)
        if job is not None:
            self._jobs.delete(job)
        return _EMPTY

    def _find(self, call: Call) -> CustomJob:
        job = self._jobs.table.get(call.resource)
        if job is None:
            message = f"The CustomJob resource '{call.resource}' was not found."
            raise refusal("NOT_FOUND", message)
        return job


def _metadata(operation: Operation, resource: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.cloud.aiplatform.v1.DeleteOperationMetadata",
        "genericMetadata": {
            "createTime": written(operation.created),
            "updateTime": written(operation.due if operation.done else operation.created),
        },
    }
