"""Jobs that run: from stage to stage at planned times, reading and writing S3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError, validation
from provisioning.sandbox.aws.logs import Logs
from provisioning.sandbox.aws.objects import Objects
from provisioning.sandbox.aws.roles import Session, can_assume
from provisioning.sandbox.aws.sagemaker.chance import chance
from provisioning.sandbox.aws.sagemaker.inputs import (
    DownloadFailed,
    download,
    require_training_inputs,
)
from provisioning.sandbox.aws.sagemaker.job_logs import write_log
from provisioning.sandbox.aws.sagemaker.metrics import final_metrics
from provisioning.sandbox.aws.sagemaker.outputs import UploadFailed, upload
from provisioning.sandbox.aws.sagemaker.records import (
    Job,
    JobKind,
    Stage,
    StepOfJob,
    job_arn,
    job_key,
)
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.records import Table

PRINCIPAL = "sagemaker.amazonaws.com"
SESSION_NAME = "SageMaker"

_TITLES: dict[JobKind, str] = {
    "training": "Training",
    "processing": "Processing",
    "transform": "Transform",
}
# Seconds of sandbox time, and what part of them each stage begins at.
_LENGTHS: dict[JobKind, tuple[float, float]] = {
    "training": (6.5, 9.5),
    "processing": (3.0, 5.0),
    "transform": (4.0, 6.0),
}
_STAGES = (
    (0.0, "Starting", "Preparing the instances for the job"),
    (0.15, "Downloading", "Downloading input data"),
    (0.3, "Training", "Running the container"),
    (0.85, "Uploading", "Uploading generated output"),
)
_SECONDS_TO_STOP = 1.5


class JobFailed(Exception):
    """A job that fails because somebody asked for it; the text is its FailureReason."""


class Jobs:
    def __init__(self, world: World, *, objects: Objects, logs: Logs) -> None:
        self._clock = world.clock
        self._simulation = world.simulation
        self._faults = world.faults
        self._objects = objects
        self._logs = logs
        self.table = Table(world.store, kind="job", record=Job)
        self.when_final: list[Callable[[Job], None]] = []
        self.on_change: Callable[[Job], None] = lambda job: None
        self._simulation.handle("job", self._next_stage)
        for job in self.table:
            self._announce(job)

    def find(self, kind: JobKind, place: Place, name: str) -> Job:
        job = self.table.get(job_key(kind, place, name))
        if job is None:
            raise validation("Requested resource not found.")
        return job

    def create(
        self,
        kind: JobKind,
        place: Place,
        request: Mapping[str, Any],
        *,
        step: StepOfJob | None = None,
    ) -> Job:
        """Raises AwsError as the Create…Job operations do."""
        name = str(request[f"{_TITLES[kind]}JobName"])
        if self.table.get(job_key(kind, place, name)):
            raise _name_taken(kind, place, name)
        now = self._clock.now()
        kept = {key: value for key, value in request.items() if key != "Tags"}
        job = Job(
            kind=kind,
            account=place.account,
            region=place.region,
            name=name,
            request=kept,
            created=now,
            modified=now,
            plan=_plan(kind, name, now),
            tags=request.get("Tags", []),
            step=step,
        )
        self._check(job)
        self.table.put(job)
        self._announce(job)
        self.on_change(job)
        return job

    def stop(self, job: Job) -> None:
        """Raises ValidationException when the job is over."""
        if job.status == "Stopping":
            return
        if job.final:
            raise validation(
                f"The request was rejected because the {job.kind} job is in status {job.status}."
            )
        now = self._clock.now()
        title = _TITLES[job.kind].lower()
        job.plan = [
            *job.plan[: job.position + 1],
            Stage(time=now, status="Stopping", secondary="Stopping", message=f"Stopping {title}"),
            Stage(time=now + _SECONDS_TO_STOP, status="Stopped", secondary="Stopped"),
        ]
        self._next_stage(job.key, now)

    # ── Stages ──────────────────────────────────────────────────────────────────────

    def _next_stage(self, key: str, time: float) -> None:
        job = self.table.get(key)
        if job is None or job.next_time != time:
            return
        job.position += 1
        job.modified = time
        try:
            self._enter(job)
        except (DownloadFailed, UploadFailed, JobFailed) as failure:
            _fail(job, str(failure), time)
        if job.final:
            write_log(self._logs, job, self._session(job))
        self.table.put(job)
        self._announce(job)
        self.on_change(job)
        if job.final:
            for hear in self.when_final:
                hear(job)

    def _enter(self, job: Job) -> None:
        session = self._session(job)
        if job.stage.secondary == "Downloading":
            job.read = download(job, self._objects, session)
        elif job.stage.secondary == "Uploading":
            self._fail_on_request(job)
        elif job.stage.secondary == "Completed":
            upload(job, self._objects, session)
            if job.kind == "training":
                job.metrics = final_metrics(job.request, job.name, job.stage.time)

    def _fail_on_request(self, job: Job) -> None:
        """When the container has run, so that the log tells of it."""
        names = [job.name, *([job.step.step] if job.step else [])]
        if fault := self._faults.take("fail_step", "aws", *names):
            raise JobFailed(
                fault.message or "AlgorithmError: The sandbox was told to fail this job."
            )

    def _check(self, job: Job) -> None:
        role = job.request.get("RoleArn")
        if role and not can_assume(
            role, service=PRINCIPAL, context={"aws:SourceAccount": job.account}
        ):
            raise validation(
                f"Could not assume role {role}. Please ensure that the role exists and allows "
                f"principal '{PRINCIPAL}' to assume the role."
            )
        if job.kind == "training":
            require_training_inputs(job, self._objects, self._session(job))

    def _session(self, job: Job) -> Session:
        # Transform jobs act with the role of their model, which the step or caller checked.
        role = job.request.get("RoleArn") or job.request.get("ExecutionRoleArn", "")
        return Session(role_arn=role, session_name=SESSION_NAME)

    def _announce(self, job: Job) -> None:
        if job.next_time is not None:
            self._simulation.announce(at=job.next_time, kind="job", key=job.key)


def _plan(kind: JobKind, name: str, now: float) -> list[Stage]:
    length = chance("length", kind, name).uniform(*_LENGTHS[kind])
    stages = [
        Stage(time=now + part * length, status="InProgress", secondary=secondary, message=message)
        for part, secondary, message in _STAGES
    ]
    done = Stage(
        time=now + length,
        status="Completed",
        secondary="Completed",
        message=f"{_TITLES[kind]} job completed",
    )
    return [*stages, done]


def _fail(job: Job, reason: str, time: float) -> None:
    job.failure = reason
    failed = Stage(
        time=time, status="Failed", secondary="Failed", message=f"{_TITLES[job.kind]} job failed"
    )
    job.plan = [*job.plan[: job.position], failed]


def _name_taken(kind: JobKind, place: Place, name: str) -> AwsError:
    return AwsError(
        "ResourceInUse",
        f"{_TITLES[kind]} job names must be unique within an AWS account and region, and a "
        f"{kind} job with this name already exists ({job_arn(kind, place, name)})",
    )
