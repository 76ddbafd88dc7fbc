"""What every Blueprint offers. Only what depends on one cloud's hand belongs here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel

from provisioning.clouds.session import Session
from provisioning.contracts import (
    Cloud,
    Level,
    Operation,
    ParameterSpec,
    RunPage,
    RunRecord,
    StackSpec,
    StepRecord,
    TriggerKind,
    TriggerProof,
    TriggerSpec,
)


class RunReader(Protocol):
    """Reads the history of one deployed stack."""

    def runs(self, *, since: datetime | None, cursor: str | None = None) -> RunPage:
        """A page of runs started at or after `since`, newest first, as the cloud lists them.

        A list may lack the end, the parameters and the trigger. Ask `run` for each that is new,
        or whose status is not the one already known; a retried run leaves its final status.
        A stack that is not in the cloud has an empty page.
        """

    def run(self, cloud_id: str) -> RunRecord:
        """One run, with its end time, parameters and what started it."""

    def steps(self, cloud_id: str) -> tuple[StepRecord, ...]:
        """The steps of one run, in the order they started."""


class Controls(Protocol):
    """Starts and stops runs. What the cloud cannot do raises NotPossible with the reason."""

    def parameters(self) -> tuple[ParameterSpec, ...]: ...

    def start(self, parameters: Mapping[str, str], *, token: str) -> str:
        """Start a run; returns its cloud id. The same token never starts a second one."""

    def stop(self, cloud_id: str) -> None: ...

    def rerun(self, cloud_id: str, *, from_failure: bool, token: str) -> str:
        """Run again with the same parameters; returns the cloud id of the run that results."""


@dataclass(frozen=True)
class NativeSchedule:
    """How one cloud writes a schedule, for people: shown in forms before anything is deployed."""

    dialect: str  # "EventBridge Scheduler"
    expressions: tuple[str, ...]
    timezone: str


class Blueprint(Protocol):
    kind: str
    label: str
    summary: str
    cloud: Cloud
    Settings: type[BaseModel]
    trigger_kinds: frozenset[TriggerKind]
    permissions: Mapping[Level, tuple[str, ...]]

    def example(self) -> dict[str, Any]:
        """Settings that deploy as they are on the sandbox."""

    def validate(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings in canonical form, or InvalidInput with a Problem per field."""

    def native_schedule(self, trigger: TriggerSpec) -> NativeSchedule:
        """The trigger in this cloud's dialect, or ScheduleRefused. Pure: no cloud is asked."""

    def prepare(self, spec: StackSpec, now: datetime) -> StackSpec:
        """The spec as the program takes it: `natives` filled with every trigger's expressions
        in this cloud's dialect ("cron(0 6 * * ? *) Europe/Berlin"), and each trigger's window
        as the dialect wants it.

        Operations calls it once, before the program runs, so that the program needs none of
        our dialects and can be exported. Asks no cloud; `now` is the Connection's time.
        Raises InvalidInput (ScheduleRefused included). Callers may use it as a check.
        """

    def program_module(self) -> str:
        """Dotted path of the module with `program(spec)`; imported in the operation's process
        only, because provider packages are heavy."""

    def before_change(self, session: Session, spec: StackSpec, operation: Operation) -> Any:
        """Called before up and destroy; what it returns is handed to after_change."""

    def after_change(
        self, session: Session, spec: StackSpec, operation: Operation, undo: Any, *, failed: bool
    ) -> None: ...

    def trigger_states(self, session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
        """Every trigger read back from the cloud: the proof."""

    def find(
        self, session: Session, spec: StackSpec, kind: str, inputs: Mapping[str, Any]
    ) -> str | None:
        """The id, as the provider writes it, of a resource whose creation a crash cut off;
        None if the cloud has none that is this stack's. `kind` and `inputs` are the engine's:
        "aws:iam/role:Role", and what the program gave it.
        """

    def pause(self, session: Session, spec: StackSpec, key: str) -> None: ...

    def resume(self, session: Session, spec: StackSpec, key: str) -> None: ...

    def reader(self, session: Session, spec: StackSpec) -> RunReader: ...

    def controls(self, session: Session, spec: StackSpec) -> Controls: ...

    def console_url(self, spec: StackSpec, cloud_id: str) -> str | None:
        """Where the cloud's own console shows this run."""

    def likely_fix(self, error_code: str, message: str) -> str | None:
        """A hint for a cloud's error, where one is known."""
