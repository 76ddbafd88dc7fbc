"""What every Blueprint offers. Only what depends on one cloud's hand belongs here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import BaseModel

from provisioning.blueprints.common.drift import Whole
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Acceptance,
    Claims,
    Cloud,
    Diagnosis,
    Difference,
    Drift,
    EventPage,
    Instance,
    Level,
    LoggedEvent,
    LogPage,
    MissedCause,
    NativeTrigger,
    Operation,
    ParameterSpec,
    ReplayRecord,
    ResourceEvent,
    RunPage,
    RunRecord,
    Sample,
    ScheduleSpec,
    StackSpec,
    StepRecord,
    TriggerKind,
    TriggerProof,
    WorkflowState,
)


class RunReader(Protocol):
    """Reads the history of one deployed stack."""

    kept: timedelta | None  # how long the cloud keeps it; None: for as long as the stack exists

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

    def log(self, cloud_id: str, step: str, *, cursor: str | None = None) -> LogPage:
        """The log of one step, or of the run itself where `step` is ""; from the cloud, now."""


class Controls(Protocol):
    """Starts and stops runs. What the cloud cannot do raises NotPossible with the reason."""

    def parameters(self) -> tuple[ParameterSpec, ...]: ...

    def start(self, parameters: Mapping[str, str], *, token: str) -> str:
        """Start a run; returns its cloud id. The same token never starts a second one."""

    def stop(self, cloud_id: str) -> None: ...

    def rerun(self, cloud_id: str, *, from_failure: bool, token: str) -> str:
        """Run again with the same parameters; returns the cloud id of the run that results."""


class EventLog(Protocol):
    """The events of an event-sourced Pipeline, and what they come to."""

    def events(
        self, *, since: datetime | None, until: datetime | None, cursor: str | None = None
    ) -> EventPage: ...

    def state(self, events: Sequence[LoggedEvent]) -> WorkflowState:
        """What these events, in order from the first, come to. Pure: no cloud is asked."""

    def replay(self, *, since: datetime, until: datetime, again: bool, token: str) -> str:
        """Have the cloud deliver the window's events once more; returns the replay's name.
        What was done for an event is done again only with `again`."""

    def replays(self) -> tuple[ReplayRecord, ...]:
        """Newest first."""


Planned = Callable[[], tuple[ResourceEvent, ...]]
Tell = Callable[[str], None]  # one line for the Deployment's log, as a sentence


@dataclass(frozen=True)
class Effects:
    """What this cloud does otherwise than people expect; pages say it before a click."""

    pause: str = ""  # "Google has no pause: the schedule is taken away and put back."
    stop: str = ""  # "Stopping is final."
    run_now: str = ""
    from_failure: str = ""  # why a run cannot go on from its failure; "" where it can


@dataclass(frozen=True)
class NativeSchedule:
    """How one cloud writes a schedule, for people: shown in forms before anything is deployed."""

    dialect: str  # "EventBridge Scheduler"
    expressions: tuple[str, ...]
    timezone: str
    accepted: str = ""  # the difference at clock changes that a person said yes to


class Hunter(Protocol):
    """Schedules and triggers of one cloud's accounts, whoever made them: what Ghosts are found
    among. Of the Connection's region where the cloud lists one at a time."""

    kinds: tuple[str, ...]  # each is listed by itself: one may be forbidden, or not switched on

    def listed(self, session: Session, kind: str) -> Iterator[NativeTrigger]:
        """All of this kind that an account has, as its list says it. Changes nothing."""

    def described(self, session: Session, found: NativeTrigger) -> NativeTrigger:
        """The same with what only a look at the one tells."""

    def pause(self, session: Session, cloud_id: str) -> None:
        """Have it start nothing any more; NotPossible where the cloud has no pause for it."""

    def remove(self, session: Session, cloud_id: str) -> None:
        """Delete it; one that is gone already is no error."""


class Blueprint(Protocol):
    kind: str
    label: str
    summary: str
    cloud: Cloud
    Settings: type[BaseModel]
    trigger_kinds: frozenset[TriggerKind]  # those that the cloud fires; Skyclock's own always work
    effects: Effects
    event_sourced: bool  # whether there is an event_log
    has_instances: bool
    permissions: Mapping[Level, tuple[str, ...]]
    wholes: Sequence[Whole]  # differences that are told as one
    verifies_with: Mapping[TriggerKind, tuple[str, ...]]  # whose clients `trigger_states` asks

    def example(self) -> dict[str, Any]:
        """Settings that deploy as they are on the sandbox."""

    def validate(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings in canonical form, or InvalidInput with a Problem per field."""

    def native_schedule(self, trigger: ScheduleSpec) -> NativeSchedule:
        """The trigger in this cloud's dialect, or ScheduleRefused. Pure: no cloud is asked."""

    def prepare(self, spec: StackSpec, now: datetime) -> StackSpec:
        """The spec as the program takes it: `natives` filled with every schedule's expressions
        in this cloud's dialect ("cron(0 6 * * ? *) Europe/Berlin"), and each trigger's window
        as the dialect wants it. What is wrong with a trigger of another kind, or with settings
        and triggers seen together, is said here, at "triggers.<position>.<field>".

        Operations calls it once, before the program runs, so that the program needs none of
        our dialects and can be exported. Asks no cloud; `now` is the Connection's time.
        Raises InvalidInput (ScheduleRefused included). Callers may use it as a check.
        """

    def program_module(self) -> str:
        """Dotted path of the module with `program(spec)`; imported in the operation's process
        only, because provider packages are heavy."""

    def before_change(
        self,
        session: Session,
        spec: StackSpec,
        operation: Operation,
        planned: Planned,
        tell: Tell,
    ) -> Any:
        """Called before up and destroy; what it returns is handed to after_change. `planned`
        tells what the engine is about to change: it costs a preview when it is first called.
        When it raises, after_change is not called: it puts back by itself what it had done."""

    def after_change(
        self,
        session: Session,
        spec: StackSpec,
        operation: Operation,
        undo: Any,
        *,
        failed: bool,
        tell: Tell,
    ) -> None:
        """Called when the engine has ended, also by a failure. What it raises fails a
        Deployment that the engine did not; the triggers are read back all the same."""

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

    def explain_missed(
        self, session: Session, spec: StackSpec, key: str, dues: Sequence[datetime]
    ) -> Mapping[datetime, MissedCause]:
        """Why these firings of a trigger started nothing, where the cloud's records tell it;
        the others are left out. Takes nothing out of a queue."""

    def console_url(self, spec: StackSpec, cloud_id: str) -> str | None:
        """Where the cloud's own console shows this run."""

    def likely_fix(self, error_code: str, message: str) -> str | None:
        """A hint for a cloud's error, where one is known."""

    def diagnose(self, spec: StackSpec, code: str, message: str, *, said: str = "") -> Diagnosis:
        """What kind of trouble a cloud's error is, what helps, and what to grant where a
        permission is missing. `said` is all that was said, with what the provider put around
        the cloud's words."""

    def emit(self, session: Session, spec: StackSpec, sample: Sample) -> str:
        """Put a test object or event where the deployed triggers look; returns what the cloud
        calls it. NotPossible where this Pipeline has no bucket, or no bus."""

    def explain(self, difference: Difference) -> Drift:
        """What a difference between cloud and definition means, in the domain's words."""

    def intended(self, spec: StackSpec, difference: Difference) -> bool:
        """Whether it is only that people paused or resumed a trigger since it was deployed."""

    def accept(self, spec: StackSpec, difference: Difference, now: datetime) -> Acceptance | str:
        """How the definition would say what the cloud has, so that a deployment changes nothing
        of it; or a sentence that says why it cannot. Asks no cloud."""

    def logical_date_parameter(self, spec: StackSpec) -> str:
        """The run parameter that a schedule fills with the time it was due at, where the
        definition has one; "" where people have to say."""

    def claims(self, spec: StackSpec) -> Claims:
        """What of an account's schedules and triggers is this stack's. Asks no cloud."""

    def instances(self, session: Session, spec: StackSpec) -> tuple[Instance, ...]:
        """Machines of the Pipeline that people start and stop."""

    def switch_instance(
        self, session: Session, spec: StackSpec, name: str, *, running: bool
    ) -> None: ...

    def event_log(self, session: Session, spec: StackSpec) -> EventLog | None:
        """None where the Pipeline is not event-sourced."""
