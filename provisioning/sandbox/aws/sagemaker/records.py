"""What SageMaker keeps of jobs and pipelines. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.records import Record

JobKind = Literal["training", "processing", "transform"]
FINAL_JOB = ("Completed", "Failed", "Stopped")
FINAL_EXECUTION = ("Succeeded", "Failed", "Stopped")


class Stage(BaseModel):
    """Where a job is from a time on."""

    time: float
    status: str
    secondary: str
    message: str = ""


class StepOfJob(BaseModel):
    """The pipeline step that a job was made for."""

    execution: str  # key
    step: str
    # Files that later steps read values from: output name, path in it, JSON text.
    property_files: list[tuple[str, str, str]] = []


class Job(Record):
    """`plan` is past and future; `position` is the stage that is reached."""

    kind: JobKind
    account: str
    region: str
    name: str
    request: dict[str, Any]
    created: float
    modified: float
    plan: list[Stage]
    position: int = 0
    failure: str | None = None
    metrics: list[dict[str, Any]] = []
    read: list[str] = []  # URIs of inputs that were downloaded
    tags: list[dict[str, str]] = []
    step: StepOfJob | None = None

    @property
    def key(self) -> str:
        return job_key(self.kind, self.place, self.name)

    @property
    def place(self) -> Place:
        return Place(account=self.account, region=self.region)

    @property
    def arn(self) -> str:
        return job_arn(self.kind, self.place, self.name)

    @property
    def stage(self) -> Stage:
        return self.plan[self.position]

    @property
    def status(self) -> str:
        return self.stage.status

    @property
    def final(self) -> bool:
        return self.status in FINAL_JOB

    @property
    def next_time(self) -> float | None:
        later = self.plan[self.position + 1 :]
        return later[0].time if later else None

    def reached(self, secondary: str) -> float | None:
        """When the job came to a stage, or None."""
        passed = self.plan[: self.position + 1]
        return next((stage.time for stage in passed if stage.secondary == secondary), None)


class Identity(BaseModel):
    arn: str
    principal_id: str

    def described(self) -> dict[str, Any]:
        return {"IamIdentity": {"Arn": self.arn, "PrincipalId": self.principal_id}}


class Pipeline(Record):
    account: str
    region: str
    name: str
    display_name: str | None
    description: str | None
    definition: str  # key of the text
    role: str
    parallelism: dict[str, Any] | None
    tags: list[dict[str, str]]
    token: str | None
    created: float
    modified: float
    created_by: Identity
    modified_by: Identity
    last_run: float | None = None

    @property
    def key(self) -> str:
        return pipeline_key(self.place, self.name)

    @property
    def place(self) -> Place:
        return Place(account=self.account, region=self.region)

    @property
    def arn(self) -> str:
        return self.place.arn("sagemaker", f"pipeline/{self.name.lower()}")


class StepState(BaseModel):
    """One step of one execution that has started."""

    status: str = "Executing"
    started: float
    ended: float | None = None
    reason: str | None = None
    attempt: int = 1
    metadata: dict[str, Any] = {}
    job: str | None = None  # key of the job behind it
    due: float | None = None  # for steps without a job: when they are done
    values: dict[str, Any] = {}  # what other steps may refer to, of steps without a job


class Execution(Record):
    """`steps` has the steps that have started; `kick` is when to look for the next ones."""

    account: str
    region: str
    pipeline: str  # name
    id: str
    display_name: str
    description: str | None
    definition: str  # key of the text
    role: str
    parallelism: dict[str, Any] | None
    parameters: dict[str, str]
    given: list[str]  # names of the parameters that were given, not defaulted
    token: str | None
    retry_token: str | None = None
    status: str = "Executing"
    failure: str | None = None
    created: float
    modified: float
    created_by: Identity
    modified_by: Identity
    steps: dict[str, StepState] = {}
    kick: float | None = None

    @property
    def key(self) -> str:
        return self.arn

    @property
    def place(self) -> Place:
        return Place(account=self.account, region=self.region)

    @property
    def pipeline_arn(self) -> str:
        return self.place.arn("sagemaker", f"pipeline/{self.pipeline.lower()}")

    @property
    def arn(self) -> str:
        return f"{self.pipeline_arn}/execution/{self.id}"

    @property
    def final(self) -> bool:
        return self.status in FINAL_EXECUTION

    @property
    def next_time(self) -> float | None:
        times = [step.due for step in self.steps.values() if step.due is not None]
        return min([*times, self.kick] if self.kick is not None else times, default=None)


class Definition(Record):
    """The text of a pipeline definition, kept once however many executions ran it."""

    digest: str
    text: str

    @property
    def key(self) -> str:
        return self.digest


def job_key(kind: str, place: Place, name: str) -> str:
    return f"{kind}/{place.account}/{place.region}/{name}"


def job_arn(kind: str, place: Place, name: str) -> str:
    return place.arn("sagemaker", f"{kind}-job/{name.lower()}")


def pipeline_key(place: Place, name: str) -> str:
    # AWS takes names that differ in case only for the same pipeline.
    return f"{place.account}/{place.region}/{name.lower()}"
