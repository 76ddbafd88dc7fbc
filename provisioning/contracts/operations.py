"""One operation of the engine, and the events that it tells."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, SecretStr, field_serializer

from provisioning.contracts.access import Access
from provisioning.contracts.kinds import Operation, TriggerState, Value
from provisioning.contracts.stacks import StackSpec
from provisioning.contracts.troubles import ErrorKind, Policy


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
    fence: int = 0  # higher than that of every earlier operation on this stack
    gone_hosts: tuple[str, ...] = ()  # that nobody has heard of for longer than any lease
    # Of an Adoption: id in the cloud by "kind::name" of a resource. A preview with one, be it
    # empty, also looks for what exists of the resources that it would create.
    adopt: dict[str, str] | None = None
    untouched: tuple[str, ...] = ()  # URNs that an up leaves as they are
    only_plan: bool = False  # find out what the operation would change, and change nothing
    on_state: str = ""  # digest of the engine's state that it may begin on; "": on any

    @property
    def changes_nothing(self) -> bool:
        return self.only_plan or self.operation is Operation.PREVIEW

    def secrets(self) -> tuple[str, ...]:
        """All clear texts, for masking."""
        return (*self.access.secrets(), self.passphrase.get_secret_value())

    @field_serializer("passphrase", when_used="json")
    def _passphrase_in_clear(self, passphrase: SecretStr) -> str:
        return passphrase.get_secret_value()


class PhaseName(StrEnum):
    PREPARE = "prepare"
    REPAIR = "repair"  # only where a crash left something
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
    ADOPT = "adopt"  # it exists already; the engine calls it an import
    REFRESH = "refresh"


class PropertyOp(StrEnum):
    ADD = "add"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"  # it cannot be changed in place
    MORE = "more"  # stands for those that are too many to be told


class PropertyChange(Value):
    """One property of a resource before and after, as texts; None: not there."""

    path: str  # "policy.Statement[0].Action"
    op: PropertyOp
    old: str | None = None
    new: str | None = None


class Replacement(Value):
    """Why a resource is replaced, and what comes first."""

    because: tuple[str, ...] = ()  # paths of what cannot be changed in place
    order: Literal["create_first", "delete_first"]


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
    properties: tuple[PropertyChange, ...] = ()
    replacement: Replacement | None = None


class Changes(Value):
    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    adopt: int = 0
    same: int = 0


class OperationError(Value):
    """`summary` in our words, `cloud_message` in the cloud's, `hint` what to do."""

    summary: str
    resource: str | None = None
    cloud_message: str | None = None
    hint: str | None = None
    code: str = ""  # "plan_stale": only a new preview helps
    kind: ErrorKind | None = None
    policy: Policy | None = None  # what to grant, where a permission is missing

    @classmethod
    def plan_stale(cls, summary: str) -> OperationError:
        return cls(
            summary=summary,
            hint="Preview again: a plan is applied exactly as it was shown, or not at all.",
            code="plan_stale",
        )


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
    urn: str = ""
    # The whole resource, as the state and as the cloud has it; secrets are blinded.
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}


class Acceptance(Value):
    """How a definition says what the cloud has: settings by their dotted paths, and fields of one
    trigger. `paused` is people's wish, which is in no Version."""

    settings: dict[str, Any] = {}
    trigger: str = ""
    fields: dict[str, Any] = {}
    paused: bool | None = None


class Drift(Value):
    """A Difference in the domain's words. A cosmetic one changes nothing that happens.

    `refusal` says why there is no `acceptance`. What is secret has neither `old` nor `new`.
    """

    sentence: str  # "The schedule t1 was stopped in the cloud."
    cosmetic: bool = False
    urn: str = ""  # "trigger:t1" where reading a trigger back showed it
    path: str = ""
    gone: bool = False  # the resource is not in the cloud any more
    trigger: str = ""  # key of the trigger that runs, or does not, otherwise than wished
    old: Any = None
    new: Any = None
    acceptance: Acceptance | None = None
    refusal: str = ""


class OutcomeEvent(Value):
    """The last event of every operation's process."""

    type: Literal["outcome"] = "outcome"
    time: datetime
    status: Literal["succeeded", "failed", "cancelled", "interrupted"]
    changes: Changes = Changes()
    outputs: dict[str, Any] | None = None  # after an up that succeeded; secrets left out
    error: OperationError | None = None
    proofs: tuple[TriggerProof, ...] = ()
    drifts: tuple[Drift, ...] = ()  # what a refresh found
    # By the Connection's clock: when the cloud began to be changed, and when it had been.
    began: AwareDatetime | None = None
    ended: AwareDatetime | None = None
    engine: str = ""  # "pulumi 3.256.0"
    # Digest of the engine's state: of that which a plan was made on, or which it was left in.
    state: str = ""


OperationEvent = Annotated[
    PhaseEvent | LogEvent | ResourceEvent | OutcomeEvent, Field(discriminator="type")
]
