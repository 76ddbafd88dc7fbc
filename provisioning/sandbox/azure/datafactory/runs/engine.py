"""Pipeline runs: what begins when, and how it all ends."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.datafactory.activities import Activity
from provisioning.sandbox.azure.datafactory.expressions.errors import ExpressionError
from provisioning.sandbox.azure.datafactory.names import FACTORY
from provisioning.sandbox.azure.datafactory.runs.attempts import (
    ends_at,
    fault_of,
    next_attempt,
    shown_input,
)
from provisioning.sandbox.azure.datafactory.runs.definitions import scope_of
from provisioning.sandbox.azure.datafactory.runs.dependencies import (
    Readiness,
    failed_leaf,
    readiness,
)
from provisioning.sandbox.azure.datafactory.runs.index import RunIndex
from provisioning.sandbox.azure.datafactory.runs.making_steps import Steps
from provisioning.sandbox.azure.datafactory.runs.outside import SANDBOX_FAILED, worked
from provisioning.sandbox.azure.datafactory.runs.queue import Queue
from provisioning.sandbox.azure.datafactory.runs.records import (
    ActivityRun,
    ActivityStatus,
    Failure,
    PipelineRun,
)
from provisioning.sandbox.azure.datafactory.runs.steps import (
    ActivityType,
    Done,
    Failed,
    Inside,
    Later,
    Outcome,
    Outside,
    Step,
    failed,
)

log = logging.getLogger(__name__)

_CANCEL_SECONDS = 1.0


class Runs:
    def __init__(
        self, manager: Manager, index: RunIndex, types: Mapping[str, ActivityType]
    ) -> None:
        self.index = index
        self._manager = manager
        self._world = manager.world
        self._types = types
        self._queue = Queue(manager, index)
        self._steps = Steps(manager, index)
        self._watchers: list[Callable[[PipelineRun], None]] = []
        self._world.simulation.handle("azure_run", self._run_due)
        self._world.simulation.handle("azure_activity", self._activity_due)
        manager.when_removed(FACTORY, lambda factory: index.forget_factory(factory.id))
        self._resume()

    def when_ended(self, act: Callable[[PipelineRun], None]) -> None:
        self._watchers.append(act)

    def begin(self, run: PipelineRun) -> None:
        self.index.forget_old(run.begun)
        self._queue.enter(run)

    def cancel(self, run: PipelineRun, *, recursive: bool) -> None:
        """What is under way stops now; the run itself follows in a moment."""
        if run.status == "Canceling" or run.final:
            return
        now = self._manager.now()
        run.status, run.updated, run.due = "Canceling", now, now + _CANCEL_SECONDS
        self.index.put(run)
        self._queue.announce(run)
        for record in self.index.activities(run.id):
            if not record.final:
                self._close(record, "Cancelled", now=now)
                child = self.index.run(record.memory.get("child", ""))
                if recursive and child is not None:
                    self.cancel(child, recursive=True)

    def _resume(self) -> None:
        """What was under way when the sandbox ended. A call outside is made once more."""
        for record in self.index.all_activities():
            if record.outside:
                record.due = self._world.clock.read()
                self.index.keep(record)
            if record.due is not None:
                self._announce(record)

    def _announce(self, record: ActivityRun) -> None:
        assert record.due is not None
        self._world.simulation.announce(at=record.due, kind="azure_activity", key=record.key)

    # ── Runs ────────────────────────────────────────────────────────────────────────

    def _run_due(self, key: str, time: float) -> None:
        run = self.index.run(key)
        if run is None or run.due != time:
            return
        run.due = None
        if run.status == "Canceling":
            self._end_run(run, "Cancelled", "")
        elif run.status == "Queued":
            run.status, run.updated = "InProgress", time
            self.index.put(run)
            self._advance(run, "")

    def _end_run(self, run: PipelineRun, status: Any, message: str) -> None:
        now = self._manager.now()
        run.status, run.message, run.ended, run.updated = status, message, now, now
        self._queue.left(run)
        caller = self.index.activity(run.caller) if run.caller else None
        if caller is not None and not caller.final:
            step = self._steps.of(caller)
            self._take(step, lambda: self._types[caller.type].child_ended(step, run))
        for watcher in self._watchers:
            watcher(run)

    # ── Scopes ──────────────────────────────────────────────────────────────────────

    def _advance(self, run: PipelineRun, scope: str) -> None:
        """Begin what may begin; close the scope when all of it has ended."""
        if run.status != "InProgress":
            return
        activities = scope_of(self.index.definitions.get(run.definition), scope)
        moved = True
        while moved:
            moved = False
            for spec in activities:
                latest = self.index.latest(run.id, scope)
                if spec["name"] in latest:
                    continue
                answer = readiness(spec, latest)
                if answer is not Readiness.WAITS:
                    self._add(run, scope, spec, skipped=answer is Readiness.NEVER)
                    moved = True
        latest = self.index.latest(run.id, scope)
        if all(spec["name"] in latest and latest[spec["name"]].final for spec in activities):
            self._close_scope(run, scope, failed_leaf(activities, latest))

    def _close_scope(self, run: PipelineRun, scope: str, leaf: ActivityRun | None) -> None:
        if not scope:
            message = f"Operation on target {leaf.name} failed: {_why(leaf)}" if leaf else ""
            self._end_run(run, "Failed" if leaf else "Succeeded", message)
            return
        outer, _, step = scope.rpartition("/")
        name, _, label = step.rpartition("#")
        container = self.index.find(run.id, outer, name)
        if container is None or container.final:
            return
        failure = None
        if leaf is not None:
            text = (
                f"Activity failed because an inner activity failed; Inner activity name: "
                f"{leaf.name}, Error: {_why(leaf)}"
            )
            failure = Failure(code="ActivityFailed", message=text)
        at_work = self._steps.of(container)
        kind = self._types[container.type]
        self._take(at_work, lambda: kind.inner_ended(at_work, label, failure))

    def _add(self, run: PipelineRun, scope: str, spec: Activity, *, skipped: bool) -> None:
        now = self._manager.now()
        record = ActivityRun(
            id=str(uuid.uuid4()),
            run=run.id,
            scope=scope,
            name=spec["name"],
            type=spec["type"],
            begun=now,
            updated=now,
        )
        if skipped:
            record.status, record.ended = "Skipped", now
        else:
            record.due = now + self._steps.of(record).seconds(0.4, 1.2)
        self.index.add(record)
        if record.due is not None:
            self._announce(record)

    # ── Activities ──────────────────────────────────────────────────────────────────

    def _activity_due(self, key: str, time: float) -> None:
        record = self.index.activity(key)
        if record is None or record.final or record.due != time:
            return
        record.due = None
        step, kind = self._steps.of(record), self._types[record.type]
        if record.status == "Queued":
            self._start(step, kind)
        elif record.outside:
            record.outside = False
            self._take(step, lambda: kind.begin(step))
        elif record.deadline is not None and record.deadline <= time:
            message = f"The activity '{record.name}' did not end within its timeout."
            self._end(step, "TimedOut", {}, Failure(code="ActivityTimedOut", message=message))
        elif "fault" in record.memory:
            self._take(step, lambda: failed("SandboxFault", record.memory["fault"]))
        else:
            self._take(step, lambda: kind.resume(step))

    def _start(self, step: Step, kind: ActivityType) -> None:
        record = step.record
        record.status, record.begun, record.updated = "InProgress", step.now, step.now
        if step.spec.get("state") == "Inactive":
            self._end(step, step.spec.get("onInactiveMarkAs") or "Succeeded", {}, None)
            return
        fault = fault_of(self._world.faults, step)
        if fault is not None:
            record.memory["fault"] = fault
            self._take(step, lambda: Later(step.seconds(1, 3)))
            return

        def begin() -> Outcome:
            record.deadline = ends_at(step)
            record.input = shown_input(step, kind.hidden)
            return kind.begin(step)

        self._take(step, begin)

    def _take(self, step: Step, act: Callable[[], Outcome]) -> None:
        """Do what an outcome says; an expression that fails is an outcome too."""
        record = step.record
        try:
            outcome = act()
        except ExpressionError as error:
            outcome = failed("InvalidTemplate", str(error))
        except Exception:  # the outermost edge of one activity: its run must come to an end
            log.exception("activity %s of run %s failed", record.name, record.run)
            outcome = SANDBOX_FAILED
        if isinstance(outcome, Done):
            self._end(step, "Succeeded", outcome.output, None)
        elif isinstance(outcome, Failed):
            self._end(step, "Failed", outcome.output, outcome.failure)
        elif isinstance(outcome, Later):
            due = step.now + outcome.seconds
            record.due = due if record.deadline is None else min(due, record.deadline)
            self.index.keep(record)
            self._announce(record)
        elif isinstance(outcome, Outside):
            record.outside = True
            self.index.keep(record)
            work = outcome.work
            self._world.simulation.outside(lambda: self._return(record.id, work))
        else:
            self.index.keep(record)
            for label in outcome.labels if isinstance(outcome, Inside) else ():
                self._advance(step.run, f"{record.inner}{label}")

    def _return(self, id: str, work: Callable[[], Done | Failed]) -> None:
        """From outside, on a thread of its own."""
        outcome = worked(work)
        world = self._world
        with world.lock, world.clock.at(world.clock.read()):
            record = self.index.activity(id)
            if record is not None and record.outside and not record.final:
                record.outside = False
                self._take(self._steps.of(record), lambda: outcome)
        world.store.commit()

    def _end(
        self,
        step: Step,
        status: ActivityStatus,
        output: dict[str, Any],
        failure: Failure | None,
    ) -> None:
        record = step.record
        record.output, record.failure = output, failure
        self._close(record, status, now=step.now)
        self.index.put(step.run)  # a variable may have changed
        again = next_attempt(step) if status in ("Failed", "TimedOut") else None
        if again is not None and step.run.status == "InProgress":
            self.index.add(again)
            self._announce(again)
            return
        self._advance(step.run, record.scope)

    def _close(self, record: ActivityRun, status: ActivityStatus, *, now: float) -> None:
        record.status, record.ended, record.updated = status, now, now
        record.due, record.outside = None, False
        self.index.keep(record)


def _why(leaf: ActivityRun) -> str:
    return leaf.failure.message if leaf.failure else f"it ended as {leaf.status}"
