"""The frozen values that cross between rooms: no model, no request, no SDK object.

All times are aware datetimes in UTC. All of them can be written to JSON and read back
(`model_dump_json`, `model_validate_json`), because operations run in a process of their own.
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, field_serializer


class Value(BaseModel):
    """A frozen value; unknown fields are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cloud(StrEnum):
    AWS = "aws"
    AZURE = "azure"
    GOOGLE = "google"


class Level(StrEnum):
    """What a Connection may be used for; each includes the ones before it."""

    OBSERVE = "observe"
    RUN = "run"
    DEPLOY = "deploy"


class TriggerKind(StrEnum):
    """What starts runs. The clouds fire the first four; the others are Skyclock's own."""

    SCHEDULE = "schedule"
    TUMBLING_WINDOW = "tumbling_window"
    OBJECT_CREATED = "object_created"
    EVENT = "event"
    COMPLETION = "completion"
    WEBHOOK = "webhook"

    @property
    def own(self) -> bool:
        """Fired by Skyclock, so that every Blueprint has it and none hears of it."""
        return self in (TriggerKind.COMPLETION, TriggerKind.WEBHOOK)


class Operation(StrEnum):
    PREVIEW = "preview"
    UP = "up"
    REFRESH = "refresh"
    DESTROY = "destroy"


class RunStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def final(self) -> bool:
        return self in (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.STOPPED)


class TriggerState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    MISSING = "missing"
    UNKNOWN = "unknown"


# ── Entering a cloud ────────────────────────────────────────────────────────────────


# Names of places and applications, shown in every console: masked, they would riddle each log.
NO_SECRETS = frozenset({"client_id", "project", "subscription_id", "tenant_id"})


class Credential(Value):
    """What is typed into a Connection's form. Fields are named as the cloud's SDK names them."""

    method: str
    fields: dict[str, SecretStr]

    def reveal(self, name: str) -> str | None:
        """The clear text of one field, or None. Call as late as possible."""
        secret = self.fields.get(name)
        return secret.get_secret_value() if secret else None

    def secrets(self) -> tuple[str, ...]:
        """All clear texts, for masking; of a key file, the key by itself as well."""
        hidden = (each for name, each in self.fields.items() if name not in NO_SECRETS)
        texts = (each.get_secret_value() for each in hidden)
        return tuple(part for text in texts if text for part in _secret_parts(text))

    @field_serializer("fields", when_used="json")
    def _fields_in_clear(self, fields: dict[str, SecretStr]) -> dict[str, str]:
        # Only for the pipe to an operation's own process; never stored.
        return {name: secret.get_secret_value() for name, secret in fields.items()}


def _secret_parts(text: str) -> tuple[str, ...]:
    """A key file writes its key on one line of JSON; programs write it on many."""
    if not text.startswith("{"):
        return (text,)
    try:
        found = json.loads(text)
    except ValueError:
        return (text,)
    return (text, *(found[name] for name in ("private_key", "private_key_id") if name in found))


class SandboxAddress(Value):
    """Where the sandbox that ships inside listens, on loopback."""

    control_url: str
    aws_url: str
    azure_url: str = ""
    google_url: str = ""
    provider: str  # "127.0.0.1:PORT" of the resource provider daemon


class Access(Value):
    """All that is needed to open a session on one Connection."""

    cloud: Cloud
    region: str
    account: str  # AWS account number, Azure subscription or Google project
    credential: Credential
    sandbox: SandboxAddress | None = None


# ── What is deployed ────────────────────────────────────────────────────────────────


class _Trigger(Value):
    key: str  # stable name of the trigger within its Pipeline, e.g. "t1"
    paused: bool = False


class ScheduleSpec(_Trigger):
    """Five-field cron in an IANA zone."""

    kind: Literal[TriggerKind.SCHEDULE] = TriggerKind.SCHEDULE
    cron: str
    timezone: str
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None


class TumblingWindowSpec(_Trigger):
    """Windows that follow each other without a gap from `start` on, each run once, also those
    that lie in the past: Data Factory's kind, where a run knows its window."""

    kind: Literal[TriggerKind.TUMBLING_WINDOW] = TriggerKind.TUMBLING_WINDOW
    frequency: Literal["minute", "hour", "month"]
    interval: int = Field(ge=1, le=1000)
    start: AwareDatetime
    end: AwareDatetime | None = None
    delay_seconds: int = Field(default=0, ge=0)
    max_concurrency: int = Field(default=1, ge=1, le=50)
    retry_count: int = Field(default=0, ge=0)
    retry_interval_seconds: int = Field(default=30, ge=30)


class ObjectCreatedSpec(_Trigger):
    """An object lands in the Pipeline's own bucket or container."""

    kind: Literal[TriggerKind.OBJECT_CREATED] = TriggerKind.OBJECT_CREATED
    prefix: str = Field(default="", max_length=512)
    suffix: str = Field(default="", max_length=512)


class EventSpec(_Trigger):
    """An event on the cloud's bus or topic, by its source, its types (any of them) and parts of
    its detail, written as the cloud's own pattern."""

    kind: Literal[TriggerKind.EVENT] = TriggerKind.EVENT
    source: str = Field(min_length=1, max_length=256)
    types: tuple[str, ...] = Field(min_length=1, max_length=20)
    detail: dict[str, Any] | None = None


class CompletionSpec(_Trigger):
    """A run of another Pipeline ended so. Fired by Skyclock, across clouds."""

    kind: Literal[TriggerKind.COMPLETION] = TriggerKind.COMPLETION
    pipeline: int  # its id
    on: Literal["succeeded", "failed"] = "succeeded"
    parameters: dict[str, str] = {}  # of the run that it starts; the others have their defaults


class WebhookSpec(_Trigger):
    """Somebody calls the Pipeline's signed address. Fired by Skyclock."""

    kind: Literal[TriggerKind.WEBHOOK] = TriggerKind.WEBHOOK


TriggerSpec = Annotated[
    ScheduleSpec
    | TumblingWindowSpec
    | ObjectCreatedSpec
    | EventSpec
    | CompletionSpec
    | WebhookSpec,
    Field(discriminator="kind"),
]
SPECS: dict[TriggerKind, type[_Trigger]] = {
    TriggerKind.SCHEDULE: ScheduleSpec,
    TriggerKind.TUMBLING_WINDOW: TumblingWindowSpec,
    TriggerKind.OBJECT_CREATED: ObjectCreatedSpec,
    TriggerKind.EVENT: EventSpec,
    TriggerKind.COMPLETION: CompletionSpec,
    TriggerKind.WEBHOOK: WebhookSpec,
}


class StackSpec(Value):
    """One Version of one Pipeline, as a Blueprint's program sees it."""

    pipeline_id: int
    name: str  # as people typed it
    slug: str  # unique, [a-z0-9-], at most 40 characters: the root of all names in the cloud
    blueprint: str
    settings: dict[str, Any]
    triggers: tuple[TriggerSpec, ...] = ()  # those that the cloud fires
    natives: dict[str, tuple[str, ...]] = {}  # by trigger key; Blueprint.prepare fills it
    region: str
    account: str
    tags: dict[str, str] = {}
    outputs: dict[str, Any] = {}  # of the last successful up; empty before it

    @property
    def project(self) -> str:
        return f"skyclock-{self.blueprint.replace('_', '-')}"

    @property
    def stack(self) -> str:
        return self.slug

    @property
    def schedules(self) -> tuple[ScheduleSpec, ...]:
        return tuple(each for each in self.triggers if isinstance(each, ScheduleSpec))

    @property
    def windows(self) -> tuple[TumblingWindowSpec, ...]:
        return tuple(each for each in self.triggers if isinstance(each, TumblingWindowSpec))

    @property
    def objects(self) -> tuple[ObjectCreatedSpec, ...]:
        return tuple(each for each in self.triggers if isinstance(each, ObjectCreatedSpec))

    @property
    def events(self) -> tuple[EventSpec, ...]:
        return tuple(each for each in self.triggers if isinstance(each, EventSpec))


# ── Operations ──────────────────────────────────────────────────────────────────────


class EngineCommand(Value):
    """The `pulumi` to use: `root/bin/pulumi`."""

    root: str
    version: str
    origin: Literal["settings", "path", "cache", "vendor", "module"]


class OperationRequest(Value):
    """Everything that an operation's process needs; passed over its standard input only."""

    deployment_id: int
    operation: Operation
    spec: StackSpec
    access: Access
    engine: EngineCommand
    state_dir: str  # folder of the file backend, shared by all stacks
    work_dir: str  # fixed folder of this stack
    spool: str  # file of JSON lines, one event each
    passphrase: SecretStr
    plan: str | None = None  # path of the plan file: written by preview, applied by up

    def secrets(self) -> tuple[str, ...]:
        """All clear texts, for masking."""
        return (*self.access.credential.secrets(), self.passphrase.get_secret_value())

    @field_serializer("passphrase", when_used="json")
    def _passphrase_in_clear(self, passphrase: SecretStr) -> str:
        return passphrase.get_secret_value()


class PhaseName(StrEnum):
    PREPARE = "prepare"
    PREVIEW = "preview"
    APPLY = "apply"  # up, refresh or destroy
    VERIFY = "verify"


class PhaseEvent(Value):
    type: Literal["phase"] = "phase"
    time: datetime
    phase: PhaseName
    state: Literal["started", "finished", "failed", "skipped"]


class LogEvent(Value):
    """A line of the log. Secrets are masked before it leaves the operation's process."""

    type: Literal["log"] = "log"
    time: datetime
    level: Literal["debug", "info", "warning", "error"]
    text: str
    resource: str | None = None  # URN


class ResourceOp(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    SAME = "same"
    READ = "read"
    REFRESH = "refresh"


class ResourceEvent(Value):
    """One resource's step: `planned` in a preview, `running`, then `done` or `failed`."""

    type: Literal["resource"] = "resource"
    time: datetime
    urn: str
    kind: str  # "aws:iam/role:Role"
    name: str
    op: ResourceOp
    state: Literal["planned", "running", "done", "failed"]
    seconds: float | None = None
    parent: str | None = None
    cloud_id: str | None = None
    diff: tuple[str, ...] = ()  # changed property paths


class Changes(Value):
    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    same: int = 0


class OperationError(Value):
    """`summary` in our words, `cloud_message` in the cloud's, `hint` what to do."""

    summary: str
    resource: str | None = None
    cloud_message: str | None = None
    hint: str | None = None


class TriggerProof(Value):
    """What reading a trigger back from the cloud showed."""

    key: str
    state: TriggerState
    native: tuple[str, ...] = ()  # as the cloud writes it, e.g. "cron(0 6 * * ? *) Europe/Berlin"
    next: AwareDatetime | None = None  # computed from what was read back, not from our settings
    verified_at: AwareDatetime
    message: str = ""


class Difference(Value):
    """One property that the cloud has otherwise than the engine's state; None: not there."""

    kind: str  # "aws:scheduler/schedule:Schedule"
    name: str  # the resource's name in the program
    path: str  # "scheduleExpression"; "" where the whole resource is gone
    expected: Any = None
    found: Any = None


class Drift(Value):
    """A Difference in the domain's words. A cosmetic one changes nothing that happens."""

    sentence: str  # "The schedule t1 was stopped in the cloud."
    cosmetic: bool = False


class OutcomeEvent(Value):
    """The last event of every operation's process."""

    type: Literal["outcome"] = "outcome"
    time: datetime
    status: Literal["succeeded", "failed", "cancelled"]
    changes: Changes = Changes()
    outputs: dict[str, Any] | None = None  # after an up that succeeded; secrets left out
    error: OperationError | None = None
    proofs: tuple[TriggerProof, ...] = ()
    drifts: tuple[Drift, ...] = ()  # what a refresh found
    engine: str = ""  # "pulumi 3.256.0"


OperationEvent = Annotated[
    PhaseEvent | LogEvent | ResourceEvent | OutcomeEvent, Field(discriminator="type")
]


# ── History ─────────────────────────────────────────────────────────────────────────


class StepRecord(Value):
    name: str
    kind: str
    status: RunStatus
    cloud_status: str
    started: AwareDatetime | None = None
    finished: AwareDatetime | None = None
    reason: str = ""
    cloud_id: str = ""  # ARN or id of the job behind the step
    attempt: int = 1
    after: tuple[str, ...] = ()  # names of the steps that it waited for: the graph's edges


class RunRecord(Value):
    """One execution as the cloud reports it. `trigger` is a trigger's key, "manual" or ""."""

    cloud_id: str
    status: RunStatus
    cloud_status: str
    started: AwareDatetime
    finished: AwareDatetime | None = None
    trigger: str = ""
    started_by: str = ""
    cause: str = ""  # what set the trigger off, for people: "data/x.csv", "dataset.ready 7f3a"
    parameters: dict[str, str] = {}
    reason: str = ""


class RunPage(Value):
    """Newest first. `cursor` None: nothing older."""

    runs: tuple[RunRecord, ...]
    cursor: str | None = None


class LogLine(Value):
    time: AwareDatetime
    text: str


class LogPage(Value):
    """A step's log, oldest line first. `note` says where there is none, and why."""

    lines: tuple[LogLine, ...] = ()
    cursor: str | None = None  # for what comes after; None: this is all there is for now
    note: str = ""


class ParameterSpec(Value):
    """A parameter that *Run now* asks for."""

    name: str
    kind: Literal["string", "integer", "float", "boolean"]
    default: str | None = None
    choices: tuple[str, ...] = ()


# ── Trying out ──────────────────────────────────────────────────────────────────────


class ObjectSample(Value):
    """An object to put into the Pipeline's own bucket or container."""

    key: str = Field(min_length=1, max_length=1024)
    content: bytes


class EventSample(Value):
    """An event to put on the Pipeline's bus or topic."""

    source: str = Field(min_length=1, max_length=256)
    type: str = Field(min_length=1, max_length=128)
    detail: dict[str, Any] = {}


Sample = ObjectSample | EventSample


FaultKind = Literal["fail_step", "throttle", "delay", "refuse", "drop_firing", "away"]


class SandboxFault(Value):
    """Something that the sandbox is to do wrong. `match` is a name or an operation, in which
    * and ? fit any characters; without a `count` it goes on until it is taken back, or until
    a time of the sandbox."""

    id: str = ""
    kind: FaultKind
    cloud: Cloud
    match: str = Field(default="*", min_length=1, max_length=256)
    count: int | None = Field(default=None, ge=1, le=10_000)
    until: AwareDatetime | None = None
    seconds: float = Field(default=0.0, ge=0, le=86_400)
    code: str = Field(default="", max_length=100)
    message: str = Field(default="", max_length=500)


class JournalEntry(Value):
    """What fired in the sandbox and what came of it, or why nothing did."""

    number: int
    time: AwareDatetime
    cloud: Cloud
    source: str
    target: str = ""
    outcome: Literal["delivered", "ignored", "refused", "dropped"]
    reason: str = ""


# ── What the cloud has ──────────────────────────────────────────────────────────────


class Found(Value):
    """Something in an account that could be watched or taken over."""

    cloud_id: str
    name: str
    kind: str  # the field's term: "SageMaker pipeline", "Data factory pipeline"
    triggers: tuple[str, ...] = ()  # as the cloud writes them
    detail: str = ""


class Instance(Value):
    """A machine that belongs to the Pipeline and is started and stopped by people."""

    name: str
    kind: str  # "Notebook instance"
    status: Literal["running", "stopped", "changing", "failed"]
    cloud_status: str
    url: str | None = None


# ── An event-sourced Pipeline ───────────────────────────────────────────────────────


class LoggedEvent(Value):
    """An event as the bus recorded it; `replay` names the replay that delivered it again."""

    id: str
    time: AwareDatetime
    source: str
    type: str
    detail: dict[str, Any] = {}
    replay: str = ""


class EventPage(Value):
    """Oldest first. `cursor` None: nothing newer."""

    events: tuple[LoggedEvent, ...]
    cursor: str | None = None


class WorkflowState(Value):
    """What the events up to one of them come to."""

    step: str  # "waiting", "training", "trained", "failed"
    data: str = ""  # which data the step works on
    model: str = ""  # which model version is the last good one
    since: AwareDatetime | None = None
    facts: dict[str, str] = {}  # more, for people


class ReplayRecord(Value):
    name: str
    status: RunStatus
    cloud_status: str
    since: AwareDatetime
    until: AwareDatetime
    started: AwareDatetime | None = None
    finished: AwareDatetime | None = None
    again: bool = False  # whether what was trained is trained once more
    reason: str = ""
