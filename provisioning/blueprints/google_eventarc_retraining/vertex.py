"""Vertex AI's custom training jobs of one Pipeline, known by their labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import RunStatus, StackSpec, StepRecord

from ..google_common.calls import pages
from ..google_common.names import LABEL, LABEL_LIMIT, Place
from ..google_common.times import stamp, utc
from .assets.service.jobs import CAUSE, EVENT_LABEL, INPUT, TRIGGER_LABEL

Job = Mapping[str, Any]

PAGE = 100
STATUSES = {
    "JOB_STATE_QUEUED": RunStatus.QUEUED,
    "JOB_STATE_PENDING": RunStatus.QUEUED,
    "JOB_STATE_RUNNING": RunStatus.RUNNING,
    "JOB_STATE_UPDATING": RunStatus.RUNNING,
    "JOB_STATE_PAUSED": RunStatus.RUNNING,
    "JOB_STATE_CANCELLING": RunStatus.RUNNING,
    "JOB_STATE_SUCCEEDED": RunStatus.SUCCEEDED,
    "JOB_STATE_PARTIALLY_SUCCEEDED": RunStatus.SUCCEEDED,
    "JOB_STATE_FAILED": RunStatus.FAILED,
    "JOB_STATE_EXPIRED": RunStatus.FAILED,
    "JOB_STATE_CANCELLED": RunStatus.STOPPED,
}
MACHINES, TRAIN = "machines", "train"


class Vertex:
    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._jobs = session.client("aiplatform").projects().locations().customJobs()
        self._parent = Place(spec.region, spec.account).parent
        self._ours = f"labels.{LABEL}={spec.slug[:LABEL_LIMIT]}"

    def between(self, since: datetime | None, until: datetime | None) -> Iterator[dict[str, Any]]:
        parts = [self._ours]
        parts += [f'create_time>="{stamp(since)}"'] if since else []
        parts += [f'create_time<"{stamp(until)}"'] if until else []
        yield from self._listed(" AND ".join(parts), "list the training jobs")

    def of_event(self, event: str) -> dict[str, Any] | None:
        found = self._listed(f"{self._ours} AND labels.{EVENT_LABEL}={event}", "read the job")
        return next(found, None)

    def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        with cloud_errors("start a training job"):
            answer: dict[str, Any] = self._jobs.create(parent=self._parent, body=body).execute()
            return answer

    def cancel(self, job: Job) -> None:
        with cloud_errors("stop the training job"):
            self._jobs.cancel(name=job["name"], body={}).execute()

    def _listed(self, filter: str, operation: str) -> Iterator[dict[str, Any]]:
        yield from pages(
            self._jobs, "customJobs", operation, parent=self._parent, filter=filter, pageSize=PAGE
        )


def event_of(job: Job) -> str:
    return str(job.get("labels", {}).get(EVENT_LABEL, ""))


def trigger_of(job: Job) -> str:
    return str(job.get("labels", {}).get(TRIGGER_LABEL, ""))


def said(job: Job, name: str) -> str:
    """A variable of the training container."""
    for pool in job.get("jobSpec", {}).get("workerPoolSpecs", ()):
        for each in pool.get("containerSpec", {}).get("env", ()):
            if each.get("name") == name:
                return str(each.get("value", ""))
    return ""


def cause_of(job: Job) -> str:
    return said(job, CAUSE)


def input_of(job: Job) -> str:
    return said(job, INPUT)


def status_of(job: Job) -> RunStatus:
    return STATUSES.get(str(job.get("state")), RunStatus.RUNNING)


def reason_of(job: Job) -> str:
    return str(job.get("error", {}).get("message", ""))


def steps_of(job: Job, *, after: tuple[str, ...]) -> tuple[StepRecord, ...]:
    """Until machines are there, and from then on."""
    status, state = status_of(job), str(job["state"])
    started, ended = utc(job.get("startTime")), utc(job.get("endTime"))
    ready = started is not None
    waiting = StepRecord(
        name=MACHINES,
        kind="Machines",
        status=RunStatus.SUCCEEDED if ready else status,
        cloud_status="" if ready else state,
        started=utc(job["createTime"]),
        finished=started or ended,
        reason="" if ready else reason_of(job),
        cloud_id=job["name"],
        after=after,
    )
    if not ready:
        return (waiting,)
    training = StepRecord(
        name=TRAIN,
        kind="Vertex AI training job",
        status=status,
        cloud_status=state,
        started=started,
        finished=ended,
        reason=reason_of(job),
        cloud_id=job["name"],
        after=(MACHINES,),
    )
    return (waiting, training)
