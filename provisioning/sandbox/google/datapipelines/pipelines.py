"""Pipelines that run: on request, and when their schedule fires."""

from __future__ import annotations

import logging
from typing import Any

from provisioning.sandbox.clock import to_datetime
from provisioning.sandbox.google.calls import short
from provisioning.sandbox.google.dataflow.jobs import Jobs, job_id
from provisioning.sandbox.google.dataflow.records import Job
from provisioning.sandbox.google.datapipelines.checks import launch_of
from provisioning.sandbox.google.datapipelines.records import Pipeline, PipelineJob
from provisioning.sandbox.google.dialect import refusal, rpc_status
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.times import written
from provisioning.sandbox.records import Table
from provisioning.sandbox.rest import RestError
from provisioning.sandbox.world import World

log = logging.getLogger(__name__)

# Real clouds never were down, so firings of a downtime happen; but not of a whole summer.
LONGEST_CATCH_UP = 7 * 86_400
_EVENT = "google data pipeline"
_RUN = "datapipelines.pipelines.run"
_STATES = {
    "JOB_STATE_QUEUED": "STATE_PENDING",
    "JOB_STATE_PENDING": "STATE_PENDING",
    "JOB_STATE_DONE": "STATE_DONE",
    "JOB_STATE_DRAINED": "STATE_DONE",
    "JOB_STATE_FAILED": "STATE_FAILED",
    "JOB_STATE_CANCELLED": "STATE_CANCELLED",
}


class Pipelines:
    def __init__(self, world: World, identity: Identity, jobs: Jobs) -> None:
        self.table = Table(world.store, kind="google data pipeline", record=Pipeline)
        self._starts = Table(world.store, kind="google data pipeline job", record=PipelineJob)
        self._world = world
        self._jobs = jobs
        self._access = identity.access
        self._accounts = identity.accounts
        world.simulation.handle(_EVENT, self._fire)
        self._resume()

    def plan(self, pipeline: Pipeline) -> None:
        """Store the pipeline and announce when it fires next."""
        pipeline.due = pipeline.next_due()
        self.table.put(pipeline)
        self._announce(pipeline)

    def forget(self, pipeline: Pipeline) -> None:
        """The pipeline was deleted. Its Dataflow jobs go on."""
        self.table.delete(pipeline.key)
        for start in self.starts(pipeline):
            self._starts.delete(start.key)

    def starts(self, pipeline: Pipeline) -> list[PipelineJob]:
        """The newest first."""
        found = [start for start in self._starts if start.pipeline == pipeline.name]
        return sorted(found, key=lambda start: start.number, reverse=True)

    def run(self, pipeline: Pipeline) -> PipelineJob:
        """What cannot be launched is a job that failed, and says so."""
        if pipeline.state != "STATE_ACTIVE":
            message = f"Pipeline {pipeline.name} is not active, so it cannot be run."
            raise refusal("FAILED_PRECONDITION", message)
        if not pipeline.wish.get("workload"):
            message = f"Pipeline {pipeline.name} has no workload to run."
            raise refusal("FAILED_PRECONDITION", message)
        now = self._world.clock.now()
        wish = launch_of(
            pipeline.wish["workload"], pipeline=pipeline.name, streaming=pipeline.streaming
        )
        # One name per start: Dataflow takes no second job of a name while the first is active.
        wish.name = f"{wish.name}-mp--{int(now)}-{pipeline.jobs + 1}"
        start = PipelineJob(pipeline=pipeline.name, id="", number=pipeline.jobs + 1, created=now)
        try:
            start.id = self._jobs.launch(wish).id
        except RestError as error:
            start.id = job_id(now, pipeline.jobs, wish.name)
            start.error = rpc_status(error)
        pipeline.jobs += 1
        self.table.put(pipeline)
        self._starts.put(start)
        return start

    def cancel_jobs(self, pipeline: Pipeline) -> None:
        for start in self.starts(pipeline):
            job = self._jobs.table.get(start.id)
            if job and not job.final and job.state != "JOB_STATE_CANCELLING":
                self._jobs.end(job, "JOB_STATE_CANCELLED")

    def described(self, start: PipelineJob) -> dict[str, Any]:
        job = self._jobs.table.get(start.id)
        answer: dict[str, Any] = {
            "name": start.key,
            "id": start.id,
            "createTime": written(start.created),
        }
        if job is None:
            return {
                **answer,
                "state": "STATE_FAILED",
                "endTime": written(start.created),
                "status": start.error,
            }
        return {**answer, **_of_job(job)}

    # ── Schedules ───────────────────────────────────────────────────────────────────

    def _announce(self, pipeline: Pipeline) -> None:
        if pipeline.due is not None:
            self._world.simulation.announce(at=pipeline.due, kind=_EVENT, key=pipeline.key)

    def _resume(self) -> None:
        earliest = self._world.clock.read() - LONGEST_CATCH_UP
        for pipeline in self.table:
            if pipeline.due is not None and pipeline.due < earliest:
                log.warning(
                    "%s: firings before %s are left out, the sandbox was down for too long",
                    pipeline.name,
                    to_datetime(earliest).isoformat(),
                )
                pipeline.done_until = earliest
                self.plan(pipeline)
            else:
                self._announce(pipeline)

    def _fire(self, key: str, time: float) -> None:
        pipeline = self.table.get(key)
        if pipeline is None or pipeline.due != time:
            return
        pipeline.done_until = time
        self.plan(pipeline)
        self._deliver(pipeline)

    def _deliver(self, pipeline: Pipeline) -> None:
        """Cloud Scheduler calls the pipeline's run method, as its service account."""
        journal, source = self._world.journal, f"schedule of {short(pipeline.name)}"
        names = (short(pipeline.name), pipeline.name)
        if fault := self._world.faults.take("drop_firing", "google", *names):
            journal.note("google", source, "dropped", target=names[1], reason=fault.why_dropped)
            return
        reason = self._refused(pipeline)
        if not reason:
            try:
                start = self.run(pipeline)
            except RestError as error:
                reason = error.message
            else:
                reason = str((start.error or {}).get("message", ""))
        outcome: Any = "refused" if reason else "delivered"
        journal.note("google", source, outcome, target=pipeline.name, reason=reason)

    def _refused(self, pipeline: Pipeline) -> str:
        account, resource = pipeline.scheduler, f"projects/{pipeline.project}"
        if not self._accounts.usable(account):
            return f"The scheduler's service account {account} does not exist or is disabled."
        if not self._access.allows(account, _RUN, resource):
            return f"Permission '{_RUN}' denied on resource '{pipeline.name}' for {account}."
        return ""


def _of_job(job: Job) -> dict[str, Any]:
    details: dict[str, Any] = {
        "sdkVersion": {
            "version": "2.60.0",
            "versionDisplayName": "Apache Beam SDK for Java",
            "sdkSupportStatus": "SUPPORTED",
        },
    }
    answer: dict[str, Any] = {
        "state": _STATES.get(job.state, "STATE_RUNNING"),
        "dataflowJobDetails": details,
    }
    if not job.final:
        details["currentWorkers"] = 1 if job.state == "JOB_STATE_RUNNING" else 0
        return answer
    length = job.moment.time - (job.entered("JOB_STATE_RUNNING") or job.moment.time)
    details["resourceInfo"] = {"TotalVcpuTime": length, "TotalMemoryUsage": length * 3.75}
    failed = {"status": {"code": 2, "message": job.failure}} if job.failure else {}
    return {**answer, "endTime": written(job.moment.time), **failed}
