"""Custom jobs that run: from state to state at planned times, reading and writing objects."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.google.aiplatform.data import JobData, inputs_of, metrics_of
from provisioning.sandbox.google.aiplatform.records import CustomJob, Moment, State
from provisioning.sandbox.google.chance import chance
from provisioning.sandbox.google.dialect import NUMBERS, refusal
from provisioning.sandbox.google.logs.store import Logs
from provisioning.sandbox.records import Table
from provisioning.sandbox.world import World

_KIND = "google custom job"
_PENDING = (1.5, 3.0)  # seconds of sandbox time
_RUNNING = (5.0, 9.0)
_EPOCHS = 5
_CANCELLING = 1.5


class Jobs:
    def __init__(self, world: World, *, data: JobData, logs: Logs) -> None:
        self.table = Table(world.store, kind=_KIND, record=CustomJob)
        self._world = world
        self._data = data
        self._logs = logs
        world.simulation.handle(_KIND, self._go_on)
        for job in self.table:
            self._announce(job)

    def create(self, parent: str, wish: dict[str, Any]) -> CustomJob:
        now = self._world.clock.now()
        number = chance("job", parent, str(now), str(len(self.table)))
        name = f"{parent}/customJobs/{number.randrange(10**18, 9 * 10**18)}"
        job = CustomJob(name=name, wish=wish, created=now, updated=now, plan=_plan(name, now))
        self._service_says(job, "Waiting for job to be provisioned.")
        self.table.put(job)
        self._announce(job)
        return job

    def cancel(self, job: CustomJob) -> None:
        """Of one that is over nothing happens."""
        if job.final or job.state == "JOB_STATE_CANCELLING":
            return
        now = self._world.clock.now()
        job.plan = [
            *job.past,
            Moment(time=now, state="JOB_STATE_CANCELLING"),
            Moment(time=now + _CANCELLING, state="JOB_STATE_CANCELLED"),
        ]
        self._go_on(job.key, now)

    def delete(self, job: CustomJob) -> None:
        if not job.final:
            message = f"The CustomJob {job.name} is in state {job.state}; cancel it first."
            raise refusal("FAILED_PRECONDITION", message)
        self.table.delete(job.key)

    # ── Moments ─────────────────────────────────────────────────────────────────────

    def _go_on(self, key: str, time: float) -> None:
        job = self.table.get(key)
        if job is None or job.next_time != time:
            return
        job.position += 1
        job.updated = time
        if job.moment.line:
            self._container_says(job, job.moment.line)
        else:
            self._enter(job, time)
        self.table.put(job)
        self._announce(job)

    def _enter(self, job: CustomJob, time: float) -> None:
        state = job.state
        if state == "JOB_STATE_RUNNING":
            self._service_says(job, "Job is running.")
            self._begin(job, time)
        elif state == "JOB_STATE_SUCCEEDED":
            self._finish(job, time)
        elif state == "JOB_STATE_CANCELLED":
            job.error = {"code": NUMBERS["CANCELLED"], "message": "CANCELED"}
            self._service_says(job, "Job was cancelled.", severity="WARNING")

    def _begin(self, job: CustomJob, time: float) -> None:
        names = (job.wish["displayName"], job.id, "train")
        fault = self._world.faults.take("fail_step", "google", *names)
        if fault:
            self._fail(job, fault.message or "The training failed on request.", time)
        elif reason := self._data.unreadable(job):
            self._fail(job, reason, time)
        else:
            for uri in inputs_of(job):
                self._container_says(job, f"Reading {uri}")

    def _finish(self, job: CustomJob, time: float) -> None:
        metrics = metrics_of(job)
        if reason := self._data.write_model(job, metrics):
            self._fail(job, reason, time)
            return
        told = " ".join(f"{name}={value}" for name, value in metrics.items())
        self._container_says(job, f"Trained: {told}")
        if job.output:
            self._container_says(job, f"Model written to {job.output.rstrip('/')}/model/")
        self._service_says(job, "Job completed successfully.")

    def _fail(self, job: CustomJob, reason: str, time: float) -> None:
        """The container's own words are in its log; Vertex AI tells only that it ended."""
        self._container_says(job, reason, severity="ERROR")
        message = (
            "The replica workerpool0-0 exited with a non-zero status of 1. To find out more "
            "about why your job exited please check the logs: "
            "https://console.cloud.google.com/logs/viewer?project="
            f"{job.project}&resource=ml_job%2Fjob_id%2F{job.id}. Its last line: {reason}"
        )
        job.error = {"code": NUMBERS["INVALID_ARGUMENT"], "message": message}
        job.plan = [*job.past, Moment(time=time, state="JOB_STATE_FAILED")]
        job.position += 1
        self._service_says(job, f"Job failed. {message}", severity="ERROR")

    def _service_says(self, job: CustomJob, text: str, *, severity: str = "INFO") -> None:
        log = f"ml.googleapis.com/{job.id}"
        self._say(job, log, "service", severity, textPayload=text)

    def _container_says(self, job: CustomJob, text: str, *, severity: str = "INFO") -> None:
        self._say(job, "workerpool0-0", "workerpool0-0", severity, jsonPayload={"message": text})

    def _say(self, job: CustomJob, log: str, task: str, severity: str, **payload: Any) -> None:
        labels = {"job_id": job.id, "project_id": job.project, "task_name": task}
        self._logs.write(
            job.project,
            log,
            resource={"type": "ml_job", "labels": labels},
            severity=severity,
            labels={"ml.googleapis.com/endpoint": ""},
            **payload,
        )

    def _announce(self, job: CustomJob) -> None:
        if job.next_time is not None:
            self._world.simulation.announce(at=job.next_time, kind=_KIND, key=job.key)


def _plan(name: str, now: float) -> list[Moment]:
    random = chance("length", name)
    begin = now + random.uniform(*_PENDING)
    length = random.uniform(*_RUNNING)
    running: State = "JOB_STATE_RUNNING"
    loss = random.uniform(0.9, 1.4)
    epochs = []
    for epoch in range(1, _EPOCHS + 1):
        loss *= random.uniform(0.55, 0.8)
        line = f"epoch {epoch}/{_EPOCHS} loss={loss:.4f}"
        at = begin + length * epoch / (_EPOCHS + 1)
        epochs.append(Moment(time=at, state=running, line=line))
    return [
        Moment(time=now, state="JOB_STATE_PENDING"),
        Moment(time=begin, state=running),
        *epochs,
        Moment(time=begin + length, state="JOB_STATE_SUCCEEDED"),
    ]
