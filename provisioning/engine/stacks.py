"""Run one operation on one stack through the Automation API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pulumi.automation import (
    LocalWorkspace,
    OnEvent,
    OutputMap,
    ProjectSettings,
    Stack,
    StackSettings,
    UpdateSummary,
)
from pulumi.automation.errors import CommandError, ConcurrentUpdateError

from provisioning.contracts import (
    Changes,
    EngineCommand,
    LogEvent,
    Operation,
    SandboxAddress,
)
from provisioning.engine.backend import Backend
from provisioning.engine.events import Failure, Told, Translator
from provisioning.engine.listening import Listener
from provisioning.engine.process import Cancellation, EngineProcess
from provisioning.engine.recovery import interrupted_creates, release_dead_locks
from provisioning.engine.wording import counts_line, plain
from provisioning.errors import EngineError, StackLocked

# Package names whose providers the sandbox serves on one port.
SANDBOX_PACKAGES = ("aws", "aws-native", "gcp", "azure-native")


@dataclass(frozen=True)
class Job:
    """What the engine needs for one operation. `variables` are the cloud's credentials."""

    engine: EngineCommand
    backend: Backend
    program: Callable[[], None]
    variables: Mapping[str, str] = field(repr=False)
    config: Mapping[str, str]
    emit: Callable[[Told], None]
    cancellation: Cancellation
    sandbox: SandboxAddress | None = None
    plan: Path | None = None


@dataclass(frozen=True)
class Result:
    succeeded: bool
    changes: Changes = field(default_factory=Changes)
    outputs: dict[str, Any] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    refusal: str = ""  # what the engine said when it did not even begin


class LeanStack(Stack):
    """A Stack that asks the engine for nothing beyond the operation itself.

    The SDK starts the engine four more times around each `up`: to select the stack, and for
    outputs, the same with secrets, and history. All of that is in the events or on disk.
    """

    def __init__(self, name: str, workspace: LocalWorkspace) -> None:
        self.name = name
        self.workspace = workspace

    def __repr__(self) -> str:
        return f"LeanStack({self.name!r})"

    def outputs(self) -> OutputMap:
        return {}

    def info(self, show_secrets: bool = True) -> UpdateSummary:
        return UpdateSummary(
            kind="update", start_time=datetime.now(UTC), message="", environment={}, config={},
            result="succeeded",
        )  # fmt: skip


def run(job: Job, operation: Operation) -> Result:
    """Preview, up, refresh or destroy, after putting right what a crash may have left."""
    job.backend.prepare()
    stack = open_stack(job)
    clear_pending = False
    if operation is not Operation.PREVIEW:
        clear_pending = _recover(job)
    if clear_pending and operation is not Operation.REFRESH:
        looked = _refresh(job, stack, clear_pending=True)
        if not looked.succeeded:
            return looked
    if operation is Operation.PREVIEW:
        return _preview(job, stack)
    if operation is Operation.UP:
        return _up(job, stack)
    if operation is Operation.REFRESH:
        return _refresh(job, stack, clear_pending=clear_pending)
    return _destroy(job, stack)


def open_stack(job: Job) -> LeanStack:
    """The stack, made where the engine does not know it yet, with today's configuration."""
    backend = job.backend
    workspace = LocalWorkspace(
        work_dir=str(backend.work_dir),
        pulumi_home=str(backend.home),
        program=job.program,
        env_vars=_environment(job),
        project_settings=ProjectSettings(
            name=backend.project, runtime="python", main=str(backend.work_dir)
        ),
        pulumi_command=EngineProcess(job.engine, job.cancellation),
    )
    _configure(workspace, backend.stack, job.config)
    if not backend.exists:
        _make(workspace, backend.stack)
    return LeanStack(backend.stack, workspace)


def _make(workspace: LocalWorkspace, stack: str) -> None:
    try:
        workspace.create_stack(stack)
    except CommandError as error:
        raise EngineError(f"The stack could not be made: {_refusal(error)}") from error


def _configure(workspace: LocalWorkspace, stack: str, config: Mapping[str, str]) -> None:
    """Write the stack's settings; `pulumi config set` would start the engine for each."""
    try:
        salt = workspace.stack_settings(stack).encryption_salt
    except FileNotFoundError:
        salt = None
    settings = StackSettings(config=dict(config), encryption_salt=salt)
    workspace.save_stack_settings(stack, settings)


def _environment(job: Job) -> dict[str, str]:
    env = dict(job.variables) | job.backend.environment()
    if job.sandbox:
        port = job.sandbox.provider.rpartition(":")[2]
        providers = ",".join(f"{package}:{port}" for package in SANDBOX_PACKAGES)
        env["PULUMI_DEBUG_PROVIDERS"] = providers
        env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return env


def _recover(job: Job) -> bool:
    """Put right what a crash left; true if the cloud has to be looked at first."""
    for sentence in release_dead_locks(job.backend):
        _say(job, sentence)
    pending = interrupted_creates(job.backend)
    if not pending:
        return False
    _say(
        job,
        "An earlier operation was cut off while it created the following. Their state is unknown, "
        "so the stack is compared with the cloud first; what was created there all the same has "
        "to be removed by hand if its name is in the way.",
    )
    for urn in pending:
        _say(job, f"  {urn}", resource=urn)
    return True


def _say(job: Job, text: str, resource: str | None = None) -> None:
    job.emit(LogEvent(time=datetime.now(UTC), level="warning", text=text, resource=resource))


def _preview(job: Job, stack: Stack) -> Result:
    def operate(on_event: OnEvent) -> object:
        return stack.preview(on_event=on_event, plan=_plan(job), color="never")

    return _follow(job, operate, preview=True)


def _up(job: Job, stack: Stack) -> Result:
    def operate(on_event: OnEvent) -> object:
        return stack.up(on_event=on_event, plan=_plan(job), color="never")

    return _follow(job, operate)


def _refresh(job: Job, stack: Stack, *, clear_pending: bool) -> Result:
    def operate(on_event: OnEvent) -> object:
        return stack.refresh(on_event=on_event, clear_pending_creates=clear_pending, color="never")

    return _follow(job, operate)


def _destroy(job: Job, stack: Stack) -> Result:
    def operate(on_event: OnEvent) -> object:
        return stack.destroy(on_event=on_event, color="never")

    return _follow(job, operate)


def _plan(job: Job) -> str | None:
    return str(job.plan) if job.plan else None


def _follow(job: Job, operate: Callable[[OnEvent], object], *, preview: bool = False) -> Result:
    """Run the operation, pass its events on, and judge how it went."""
    translator = Translator(preview=preview)
    succeeded, refusal = True, ""
    try:
        with Listener(translator, job.emit) as listener:
            operate(listener.hear)
    except ConcurrentUpdateError as error:
        raise StackLocked(f"Another operation holds this stack. {_refusal(error)}") from error
    except CommandError as error:
        succeeded, refusal = False, _refusal(error)
    changes = translator.changes
    job.emit(_line(counts_line(changes, planned=preview)))
    return Result(
        succeeded=succeeded,
        changes=changes,
        outputs=translator.outputs,
        failures=tuple(translator.failures),
        refusal="" if translator.began else refusal,
    )


def _line(text: str) -> LogEvent:
    return LogEvent(time=datetime.now(UTC), level="info", text=text)


def _refusal(error: CommandError) -> str:
    """What the engine wrote to standard error; the SDK offers it only inside of a text."""
    return plain(str(error).rpartition("\n stderr: ")[2]).strip().removeprefix("error: ")
