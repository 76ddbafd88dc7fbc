"""Run one operation on one stack through the Automation API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pulumi.automation import (
    LocalWorkspace,
    OnEvent,
    OutputMap,
    ProjectSettings,
    Stack,
    UpdateSummary,
)
from pulumi.automation.errors import CommandError, ConcurrentUpdateError

from provisioning.contracts import (
    Changes,
    Difference,
    EngineCommand,
    LogEvent,
    Operation,
    ResourceEvent,
    SandboxAddress,
)
from provisioning.engine import state
from provisioning.engine.adoption import Find, PendingCreate, cut_off, settle
from provisioning.engine.backend import Backend
from provisioning.engine.events import Failure, Told, Translator
from provisioning.engine.guard import Guard
from provisioning.engine.listening import Listener
from provisioning.engine.locks import Evidence, release_dead_locks, stack_locks
from provisioning.engine.process import Cancellation, EngineProcess
from provisioning.engine.wording import counts_line, plain
from provisioning.errors import EngineError, EngineKilled, StackLocked

# Package names whose providers the sandbox serves on one port.
SANDBOX_PACKAGES = ("aws", "aws-native", "gcp", "azure-native")
KILLED = re.compile(r"^\s*code: -\d")  # the SDK gives the exit code inside of a text only
UNSETTLED = (
    "An earlier operation was cut off while it changed resources. Repair, deploy or refresh, which "
    "puts that right; until then nobody can say what differs."
)
CUT_OFF = "An earlier operation was cut off while it changed resources. Asking the cloud for them."


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
    find: Find
    sandbox: SandboxAddress | None = None
    plan: Path | None = None
    guard: Guard | None = None
    gone_hosts: tuple[str, ...] = ()  # that nobody has heard of for longer than any lease
    untouched: tuple[str, ...] = ()  # URNs that an up leaves as they are
    on_state: str = ""  # digest of the state to begin on; "": on any
    meanwhile: Callable[[], None] = lambda: None  # done while the engine starts, must not raise


@dataclass(frozen=True)
class Result:
    succeeded: bool
    changes: Changes = field(default_factory=Changes)
    outputs: dict[str, Any] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    differences: tuple[Difference, ...] = ()  # that a refresh found
    creates: tuple[tuple[PendingCreate, ResourceEvent], ...] = ()  # that a preview plans
    refusal: str = ""  # what the engine said when it did not even begin
    killed: bool = False  # by a signal, such as from a machine that ran out of memory


class LeanStack(Stack):
    """A Stack that asks the engine for nothing beyond the operation itself.

    The SDK starts the engine four more times around each `up`: to select the stack, and for
    outputs, the same with secrets, and history. All of that is in the events or on disk.
    """

    def __init__(self, name: str, workspace: LocalWorkspace, engine: EngineProcess) -> None:
        self.name = name
        self.workspace = workspace
        self.engine = engine

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
    """Preview, up, refresh, destroy or check."""
    job.backend.prepare()
    stack = open_stack(job)
    state.require(job.on_state, job.backend.checkpoint)
    return OPERATIONS[operation](job, stack)


def needs_repair(backend: Backend) -> bool:
    """Whether an earlier operation left a lock, or steps that were cut off."""
    return bool(stack_locks(backend) or cut_off(backend) or backend.unread.exists())


def repair(job: Job) -> Result | None:
    """Put right what a crash left. Where the cloud had to be looked at for it: the result."""
    job.backend.prepare()
    _unlock(job)
    stack = open_stack(job)
    if cut_off(job.backend):
        _settle(job, stack)
    return _read(job, stack) if job.backend.unread.exists() else None


def _settle(job: Job, stack: LeanStack) -> None:
    job.emit(_line(CUT_OFF, level="warning"))
    settled = settle(json.loads(_cli(job, stack, "stack", "export")), job.find)
    for sentence in settled.said:
        job.emit(_line(sentence, level="warning"))
    if settled.look:  # on disk before the state is: a crash in between must not forget it
        job.backend.unread.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        job.backend.unread.touch()
    _import(job, stack, settled.state)


def _read(job: Job, stack: LeanStack) -> Result:
    """What the cloud has of all that is in the state."""
    result = _refresh(job, stack)
    if result.succeeded:
        job.backend.unread.unlink(missing_ok=True)
    return result


def require_settled(job: Job) -> None:
    """For a check, which must not change the state: a dead lock goes, the rest is refused."""
    if not job.backend.exists:
        raise EngineError("The engine has no state of this stack, so nothing can be compared.")
    job.backend.prepare()
    _unlock(job)
    if cut_off(job.backend) or job.backend.unread.exists():
        raise EngineError(UNSETTLED)


def _unlock(job: Job) -> None:
    for sentence in release_dead_locks(job.backend, _evidence(job)):
        job.emit(_line(sentence, level="warning"))
    if job.guard:
        job.guard.cleared()


def open_stack(job: Job) -> LeanStack:
    """The stack, made where the engine does not know it yet, with today's configuration."""
    backend = job.backend
    file = job.guard.file if job.guard else None
    engine = EngineProcess(
        job.engine,
        job.cancellation,
        inherits=() if file is None else (file,),
        meanwhile=job.meanwhile,
    )
    workspace = LocalWorkspace(
        work_dir=str(backend.work_dir),
        pulumi_home=str(backend.home),
        program=job.program,
        env_vars=_environment(job),
        project_settings=ProjectSettings(
            name=backend.project, runtime="python", main=str(backend.work_dir)
        ),
        pulumi_command=engine,
    )
    backend.configure(job.config)
    if not backend.exists:
        _make(workspace, backend.stack)
    return LeanStack(backend.stack, workspace, engine)


def _make(workspace: LocalWorkspace, stack: str) -> None:
    try:
        workspace.create_stack(stack)
    except CommandError as error:
        raise _failed("The stack could not be made by the engine", error) from error


def _environment(job: Job) -> dict[str, str]:
    env = dict(job.variables) | job.backend.environment()
    if job.sandbox:
        port = job.sandbox.provider.rpartition(":")[2]
        providers = ",".join(f"{package}:{port}" for package in SANDBOX_PACKAGES)
        env["PULUMI_DEBUG_PROVIDERS"] = providers
        env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return env


def _evidence(job: Job) -> Evidence:
    guard = job.guard
    return Evidence(
        holders=guard.before if guard else (),
        guarded=guard is not None and guard.file is not None,
        gone=job.gone_hosts,
    )


def _import(job: Job, stack: LeanStack, state: dict[str, Any]) -> None:
    """Secrets stay ciphertext, because the export did not open them."""
    file = job.backend.work_dir / "settled.json"
    file.write_text(json.dumps(state))
    _cli(job, stack, "stack", "import", "--file", str(file))
    file.unlink()


def _cli(job: Job, stack: LeanStack, *command: str) -> str:
    argv = [*command, "--stack", stack.name]
    try:
        return stack.engine.run(argv, str(job.backend.work_dir), _environment(job)).stdout
    except CommandError as error:
        raise _failed(f"`pulumi {' '.join(command)}` failed", error) from error


def _preview(job: Job, stack: Stack) -> Result:
    def operate(on_event: OnEvent) -> object:
        left = list(job.untouched) or None
        return stack.preview(on_event=on_event, plan=_plan(job), exclude=left, color="never")

    return _follow(job, operate, preview=True)


def _up(job: Job, stack: Stack) -> Result:
    def operate(on_event: OnEvent) -> object:
        left = list(job.untouched) or None
        return stack.up(on_event=on_event, plan=_plan(job), exclude=left, color="never")

    return _follow(job, operate)


def _refresh(job: Job, stack: Stack) -> Result:
    def operate(on_event: OnEvent) -> object:
        return stack.refresh(on_event=on_event, color="never")

    return _follow(job, operate)


def _check(job: Job, stack: Stack) -> Result:
    """What a refresh would find. It holds the stack's lock meanwhile, and saves nothing."""

    def operate(on_event: OnEvent) -> object:
        return stack.preview_refresh(on_event=on_event, color="never")

    return _follow(job, operate)


def _destroy(job: Job, stack: Stack) -> Result:
    def operate(on_event: OnEvent) -> object:
        return stack.destroy(on_event=on_event, color="never")

    result = _follow(job, operate)
    # Measured (3.256): an engine that is asked to stop between two deletions ends as if all of
    # them had been done. Of an `up` it says that it was cancelled.
    if job.cancellation.requested and state.holds_something(job.backend.checkpoint):
        return replace(result, succeeded=False)
    return result


OPERATIONS: dict[Operation, Callable[[Job, LeanStack], Result]] = {
    Operation.PREVIEW: _preview,
    Operation.UP: _up,
    Operation.REFRESH: _refresh,
    Operation.DESTROY: _destroy,
    Operation.CHECK: _check,
}


def _plan(job: Job) -> str | None:
    return str(job.plan) if job.plan else None


def _follow(job: Job, operate: Callable[[OnEvent], object], *, preview: bool = False) -> Result:
    """Run the operation, pass its events on, and judge how it went."""
    translator = Translator(preview=preview)
    succeeded, refusal, killed = True, "", False
    try:
        with Listener(translator, job.emit) as listener:
            operate(listener.hear)
    except ConcurrentUpdateError as error:
        raise StackLocked(f"Another operation holds this stack. {_refusal(error)}") from error
    except CommandError as error:
        succeeded, refusal, killed = False, _refusal(error), _killed(error)
    changes = translator.changes
    job.emit(_line(counts_line(changes, planned=preview)))
    return Result(
        succeeded=succeeded,
        changes=changes,
        outputs=translator.outputs,
        failures=tuple(translator.failures),
        differences=tuple(translator.differences),
        creates=tuple(translator.creates),
        refusal="" if translator.began else refusal,
        killed=killed,
    )


def _line(text: str, level: Literal["info", "warning"] = "info") -> LogEvent:
    return LogEvent(time=datetime.now(UTC), level=level, text=text)


def _refusal(error: CommandError) -> str:
    """What the engine wrote to standard error; the SDK offers it only inside of a text."""
    return plain(str(error).rpartition("\n stderr: ")[2]).strip().removeprefix("error: ")


def _failed(what: str, error: CommandError) -> EngineError:
    if _killed(error):
        return EngineKilled(f"{what}: it was killed.")
    return EngineError(f"{what}: {_refusal(error) or 'it gave no reason'}")


def _killed(error: CommandError) -> bool:
    return KILLED.search(str(error)) is not None
