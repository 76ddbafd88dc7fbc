"""One operation, from its request to its outcome: where a Blueprint meets the engine."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Literal

from provisioning import masking
from provisioning.blueprints import registry
from provisioning.blueprints.base import Blueprint
from provisioning.clouds import (
    Session,
    enter,
    environment,
    introduce,
    open_session,
    pulumi_config,
)
from provisioning.clouds.private_folder import private_folder, temporary_files_in
from provisioning.contracts import (
    Changes,
    Diagnosis,
    Drift,
    Operation,
    OperationError,
    OperationEvent,
    OperationRequest,
    OutcomeEvent,
    PhaseName,
    ResourceEvent,
    StackSpec,
    TriggerProof,
)
from provisioning.engine import failures, importing, stacks
from provisioning.engine import state as engine_state
from provisioning.engine.adoption import PendingCreate
from provisioning.engine.backend import Backend
from provisioning.engine.guard import Guard, held
from provisioning.engine.process import Cancellation
from provisioning.engine.stacks import Job, Result
from provisioning.errors import (
    CloudError,
    EngineKilled,
    InvalidInput,
    SkyclockError,
)
from provisioning.operations import drifting, troubles
from provisioning.operations.changing import Change, what_changes
from provisioning.operations.existing import existing
from provisioning.operations.running import describe_engine
from provisioning.operations.telling import Teller

CHANGES_CLOUD = (Operation.UP, Operation.DESTROY)
FENCED_OUT = 75  # the exit code of a process that lost its stack
FINDS_DRIFT = (Operation.REFRESH, Operation.CHECK)
RUNS_PROGRAM = (Operation.PREVIEW, Operation.UP)
Status = Literal["succeeded", "failed", "cancelled", "interrupted"]
CANCELLED = "Cancelled. What was done until then is kept."
CUT = (
    "Stopped at once. What was being created may be left behind: the next operation asks the "
    "cloud for it."
)


class Execution:
    """Runs the request; `tell` receives every event but the last, which `outcome` returns."""

    def __init__(
        self,
        request: OperationRequest,
        tell: Callable[[OperationEvent], None],
        cancellation: Cancellation,
        hide: Callable[[Iterable[str]], None] = masking.remember,
    ) -> None:
        self.request = request
        self.access = request.access
        self.hide = hide
        self.folder: Path | None = None
        self.spec = request.spec
        self.teller = Teller(tell)
        self.cancellation = cancellation
        self.result: Result | None = None
        self.proofs: tuple[TriggerProof, ...] = ()
        self.drifts: tuple[Drift, ...] = ()
        self.blueprint: Blueprint | None = None
        self.began: datetime | None = None
        self.ended: datetime | None = None
        self.looked: Result | None = None  # what a repair read already, for a refresh
        self.killed = False
        self.guard: Guard | None = None
        self.planned_on = ""
        self.aside = ThreadPoolExecutor()

    def outcome(self) -> OutcomeEvent:
        error: OperationError | None = None
        try:
            self._perform()
            error = self._engine_error()
        except EngineKilled:
            self.killed = True
            error = failures.killed()
        except SkyclockError as trouble:
            error = troubles.of_failure(trouble, self._diagnosed)
        except Exception as fault:  # the outermost edge: a fault must leave an outcome, too
            self.teller.log(traceback.format_exc(), level="error")
            error = OperationError(summary=f"Skyclock itself failed: {fault!r}")
        return self._outcome(error)

    def _perform(self) -> None:
        opening = self.aside.submit(self._open)
        with (
            held(
                self._backend, self.request.fence, lost=self._fenced_out, say=self._warn
            ) as self.guard,
            private_folder(self._backend.work_dir) as self.folder,
            temporary_files_in(self.folder),
        ):
            self._operate(opening)

    def _fenced_out(self) -> None:
        """Another has taken the stack over: nothing may be changed any more, and nobody reads
        what this process would say."""
        self.cancellation.kill()
        os._exit(FENCED_OUT)

    def _warn(self, line: str) -> None:
        self.teller.log(line, level="warning")

    def _operate(self, opening: Future[tuple[Session, datetime]]) -> None:
        blueprint = self.blueprint = registry.get(self.spec.blueprint)
        program = self._program(blueprint)
        with self.teller.within(PhaseName.PREPARE):
            session, self.began = opening.result()
            self.spec = self._prepared(blueprint, self.began)
            looked = self._repair(blueprint, session)
            if looked and not looked.succeeded:
                self.result = looked
                return
            # Before the triggers are stopped; and once more when the engine is about to start.
            engine_state.require(self.request.on_state, self._backend.checkpoint)
            change = self._change(blueprint, session)
            change.begin(self.spec, self._planned(blueprint, session, program))
        if self.request.changes_nothing:
            self.planned_on = engine_state.digest(self._backend.checkpoint)
            self._run_engine(blueprint, session, program, PhaseName.PREVIEW)
            self._look_for_existing(blueprint, session)
            return
        if self.request.operation is Operation.REFRESH:
            self.looked = looked  # once is enough
        try:
            self._run_engine(blueprint, session, program, PhaseName.APPLY)
        finally:
            unfinished = change.end(self._spec_now(), failed=not self._succeeded)
        self._verify(blueprint, session)
        self._explain(blueprint)
        if unfinished and self._succeeded:
            raise unfinished

    # ── Before the engine ───────────────────────────────────────────────────────────

    def _open(self) -> tuple[Session, datetime]:
        """Enter the cloud, with credentials that end soon where it gives such: nothing else
        reaches the engine, and the log must not show them either. It is done while the stack's
        guard is taken, for both wait on others."""
        self.access = enter(self.request.access)
        self.hide(self.access.secrets())
        introduce(self.access)
        session = open_session(self.access)
        return session, session.now()

    def _prepared(self, blueprint: Blueprint, now: datetime) -> StackSpec:
        try:
            return blueprint.prepare(self.spec, now)
        except InvalidInput:
            if self.request.operation in RUNS_PROGRAM:
                raise
            # What an earlier release took and this one refuses must still be destroyable.
            return self.spec

    def _repair(self, blueprint: Blueprint, session: Session) -> Result | None:
        """Put right what a crash left, before anything is planned or changed."""
        if self.request.operation is Operation.CHECK:
            stacks.require_settled(self._job(lambda: None, self._find(blueprint, session)))
            return None
        if not stacks.needs_repair(self._backend) or self.cancellation.requested:
            return None
        with self.teller.within(PhaseName.REPAIR):
            return stacks.repair(self._job(lambda: None, self._find(blueprint, session)))

    def _change(self, blueprint: Blueprint, session: Session) -> Change:
        operation = self.request.operation if self._changes_cloud else None
        return Change(blueprint, session, operation, self.teller)

    def _planned(
        self, blueprint: Blueprint, session: Session, program: Callable[[], None]
    ) -> Callable[[], tuple[ResourceEvent, ...]]:
        return cache(lambda: what_changes(self._job(program, self._find(blueprint, session))))

    @property
    def _changes_cloud(self) -> bool:
        return self.request.operation in CHANGES_CLOUD and not self.request.changes_nothing

    # ── The engine ──────────────────────────────────────────────────────────────────

    def _program(self, blueprint: Blueprint) -> Callable[[], None]:
        """The program, whose provider packages are loaded while the engine starts."""
        if self.request.operation not in RUNS_PROGRAM:
            return lambda: None
        loading = self.aside.submit(import_module, blueprint.program_module())

        def program() -> None:
            importing.adopt(self.request.adopt or {})
            loading.result().program(self.spec)

        return program

    def _run_engine(
        self, blueprint: Blueprint, session: Session, program: Callable[[], None], phase: PhaseName
    ) -> None:
        if self.cancellation.requested:
            self.teller.phase(phase, "skipped")
            return
        self.teller.phase(phase, "started")
        state: Literal["finished", "failed"] = "failed"
        try:
            job = self._job(program, self._find(blueprint, session))
            job = replace(job, meanwhile=lambda: self._get_ready(blueprint, session))
            # Without its program, a preview of a stack shows what a destroy would delete.
            planning = self.request.changes_nothing
            operation = Operation.PREVIEW if planning else self.request.operation
            self.result = self.looked or stacks.run(job, operation)
            state = "finished" if self.result.succeeded else "failed"
        finally:
            self.teller.phase(phase, state)

    def _get_ready(self, blueprint: Blueprint, session: Session) -> None:
        """Make the clients that verifying asks, which takes a while, as long as the engine does
        not need this process. What goes wrong with it is met again, and said, by verifying."""
        if not self.request.changes_nothing:
            with suppress(Exception):
                for kind in {trigger.kind for trigger in self.spec.triggers}:
                    for service in blueprint.verifies_with.get(kind, ()):
                        session.client(service)

    def _job(self, program: Callable[[], None], find: Callable[[PendingCreate], str | None]) -> Job:
        request = self.request
        return Job(
            engine=request.engine,
            backend=self._backend,
            program=program,
            variables=environment(self.access, self.folder),
            config=pulumi_config(self.access),
            emit=self.teller.tell,
            cancellation=self.cancellation,
            find=find,
            sandbox=request.access.sandbox,
            plan=Path(request.plan) if request.plan else None,
            untouched=request.untouched,
            guard=self.guard,
            gone_hosts=request.gone_hosts,
            on_state=request.on_state,
        )

    def _find(
        self, blueprint: Blueprint, session: Session
    ) -> Callable[[PendingCreate], str | None]:
        return lambda lost: blueprint.find(session, self.spec, lost.kind, lost.inputs)

    @property
    def _backend(self) -> Backend:
        request = self.request
        return Backend(
            state_dir=Path(request.state_dir),
            work_dir=Path(request.work_dir),
            project=self.spec.project,
            stack=self.spec.stack,
            passphrase=request.passphrase.get_secret_value(),
        )

    # ── After it ────────────────────────────────────────────────────────────────────

    def _look_for_existing(self, blueprint: Blueprint, session: Session) -> None:
        """Of what would be created, say what the cloud has under its name."""
        if self.request.adopt is None or not self._succeeded or self.result is None:
            return
        for found in existing(self.result.creates, self._find(blueprint, session), self.teller):
            self.teller.tell(found)

    def _verify(self, blueprint: Blueprint, session: Session) -> None:
        """Read every trigger back. That this fails does not undo what was deployed."""
        try:
            with self.teller.within(PhaseName.VERIFY):
                self.proofs = blueprint.trigger_states(session, self._spec_now())
                self.ended = session.now()
        except CloudError as error:
            self.teller.log(f"The triggers could not be read back: {error}", level="warning")
            self.proofs = troubles.unproven(self.spec, error)

    def _explain(self, blueprint: Blueprint) -> None:
        """Say in the domain's words what a refresh or a check found, each once."""
        if self.request.operation not in FINDS_DRIFT or self.result is None:
            return
        self.drifts = drifting.explained(
            blueprint,
            self.spec,
            self.result.differences,
            proofs=self.proofs,
            now=self.ended or datetime.now(UTC),
        )
        for drift in self.drifts:
            self.teller.log(drift.sentence, level="info" if drift.cosmetic else "warning")

    def _spec_now(self) -> StackSpec:
        """With the outputs that this operation gave."""
        if self.request.operation is Operation.UP and self.result and self.result.succeeded:
            return self.spec.model_copy(update={"outputs": self.result.outputs})
        return self.spec

    # ── How it ended ────────────────────────────────────────────────────────────────

    def _outcome(self, error: OperationError | None) -> OutcomeEvent:
        succeeded = error is None and self.result is not None
        status: Status = "succeeded" if succeeded else "failed"
        if self.killed:
            status = "interrupted"
        if not succeeded and self.cancellation.requested:
            status, error = "cancelled", None
            self.teller.log(CUT if self.cancellation.at_once else CANCELLED, level="warning")
        deployed = succeeded and self._changes_cloud and self.request.operation is Operation.UP
        return OutcomeEvent(
            time=datetime.now(UTC),
            status=status,
            changes=self.result.changes if self.result else Changes(),
            outputs=self.result.outputs if self.result and deployed else None,
            error=error,
            proofs=self.proofs,
            began=self.began,
            ended=self.ended,
            drifts=self.drifts,
            engine=describe_engine(self.request.engine),
            state=self.planned_on or self._state_left(),
        )

    @property
    def _succeeded(self) -> bool:
        return self.result is not None and self.result.succeeded

    def _engine_error(self) -> OperationError | None:
        result = self.result
        self.killed = self.killed or (result is not None and result.killed)
        return troubles.of_engine(result, self._diagnosed, planned=bool(self.request.plan))

    def _diagnosed(self, code: str, message: str, said: str) -> Diagnosis:
        if self.blueprint is None:
            return Diagnosis()
        return self.blueprint.diagnose(self.spec, code, message, said=said)

    def _state_left(self) -> str:
        try:
            return engine_state.digest(self._backend.checkpoint)
        except (OSError, ValueError, LookupError, TypeError):
            return ""  # unreadable: nobody knows what it was left in
