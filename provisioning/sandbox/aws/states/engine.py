"""Executions as discrete events: what is due of one happens, and its record is put again.

A kill in between loses nothing: the record says where every strand is and when it goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from provisioning.sandbox.aws.logs import Logs
from provisioning.sandbox.aws.states.composites import Composites
from provisioning.sandbox.aws.states.definitions import Definitions
from provisioning.sandbox.aws.states.execution_logs import ExecutionLogs
from provisioning.sandbox.aws.states.history import History
from provisioning.sandbox.aws.states.kinds import advance, take_up
from provisioning.sandbox.aws.states.language.problems import StateFailed
from provisioning.sandbox.aws.states.records import Execution, Outcome, Strand, TaskRun
from provisioning.sandbox.aws.states.tasks import Integrations, Tasks
from provisioning.sandbox.aws.states.walk import PAUSE, Walk
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.records import Table

# Between the end of what a task waits for and Step Functions' hearing of it.
HEARING_SECONDS = 0.5


class Engine:
    def __init__(self, world: World, definitions: Definitions, integrations: Integrations) -> None:
        self._world = world
        self._definitions = definitions
        self._integrations = integrations
        self.history = History(world.store, world.clock)
        self._logs = ExecutionLogs(Logs(world.moto))
        self.table = Table(world.store, kind="states_execution", record=Execution)
        # Told of every execution that begins or ends.
        self.on_change: list[Callable[[Execution], None]] = []
        self._of_machine: dict[str, dict[str, Execution]] = {}
        self._waiting: dict[str, str] = {}  # what is waited for → execution
        self._waits: dict[str, set[str]] = {}  # and the other way round
        world.simulation.handle("states", self._due)
        for execution in sorted(self.table, key=lambda each: (each.started, each.name)):
            self._index(execution)
            self._announce(execution)

    def of_machine(self, arn: str) -> list[Execution]:
        """In the order of their starts."""
        return list(self._of_machine.get(arn, {}).values())

    def waiting_for(self, prefix: str) -> Iterator[tuple[Execution, TaskRun]]:
        """The tasks that wait for something of a kind."""
        for execution in self.table:
            tasks = (strand.task for strand in execution.strands.values() if not execution.final)
            for task in tasks:
                if task and task.waits_for.startswith(prefix) and not task.outcome:
                    yield execution, task

    def begin(self, execution: Execution) -> None:
        definition = self._definitions.parsed(execution.definition)
        now = self._world.clock.now()
        if "TimeoutSeconds" in definition:
            execution.deadline = now + definition["TimeoutSeconds"]
        details = {"input": execution.input, "inputDetails": {"truncated": False}}
        self.history.add(
            execution, "ExecutionStarted", details={**details, "roleArn": execution.role}
        )
        execution.strands[0] = Strand(
            number=0,
            state=definition["StartAt"],
            input=json.loads(execution.input),
            due=now + PAUSE,
        )
        self._index(execution)
        self._keep(execution)
        self._tell(execution)

    def stop(self, execution: Execution, *, error: str | None, cause: str | None) -> None:
        self._walk(execution)[0].abort(error=error, cause=cause)
        self._ended(execution)

    def redrive(self, execution: Execution) -> None:
        """Go on from where it failed: what succeeded stays, what failed is done again."""
        now = self._world.clock.now()
        last = execution.events
        execution.redrives += 1
        execution.redriven, execution.stopped = now, None
        execution.status, execution.error, execution.cause = "RUNNING", None, None
        definition = self._definitions.parsed(execution.definition)
        if "TimeoutSeconds" in definition:
            execution.deadline = now + definition["TimeoutSeconds"]
        event = self.history.add(
            execution,
            "ExecutionRedriven",
            after=last,
            details={"redriveCount": execution.redrives},
        )
        walk, _, _ = self._walk(execution)
        for strand in execution.strands.values():
            if strand.phase in ("failed", "aborted"):
                take_up(walk, strand, event)
        self._keep(execution)
        self._tell(execution)

    def task_ended(
        self, waited_for: str, outcome: Outcome, *, hearing: float = HEARING_SECONDS
    ) -> None:
        """What some task waits for has come to its end, and will be heard of. Call it with the
        world locked."""
        execution = self.table.get(self._waiting.get(waited_for, ""))
        if execution is None:
            return
        for strand in execution.strands.values():
            task = strand.task
            if task and task.waits_for == waited_for and task.outcome is None:
                task.outcome = outcome
                if strand.phase == "working":
                    strand.due = self._world.clock.now() + hearing
        self._keep(execution)

    def forget(self, machine_arn: str) -> None:
        """The machine is gone, and its executions with it."""
        for execution in self._of_machine.pop(machine_arn, {}).values():
            self._delete(execution)

    # ── Going on ────────────────────────────────────────────────────────────────────

    def _due(self, arn: str, time: float) -> None:
        execution = self.table.get(arn)
        if execution is None or execution.next_time != time:
            return
        if execution.final:
            self._of_machine.get(execution.machine_arn, {}).pop(arn, None)
            self._delete(execution)
            return
        walk, composites, tasks = self._walk(execution)
        if execution.deadline is not None and execution.deadline <= time:
            walk.time_out()
        for strand in sorted(execution.strands.values(), key=lambda each: each.number):
            ready = strand.next_time is not None and strand.next_time <= time
            if (
                ready
                and execution.strands.get(strand.number) is strand
                and execution.stopped is None
            ):
                try:
                    advance(walk, composites, tasks, strand)
                except StateFailed as failure:
                    walk.failed(strand, failure)
        if execution.stopped is None:
            self._keep(execution)
        else:
            self._ended(execution)

    def _walk(self, execution: Execution) -> tuple[Walk, Composites, Tasks]:
        walk = Walk(
            execution,
            self._definitions.parsed(execution.definition),
            self.history,
            now=self._world.clock.now(),
        )
        return walk, Composites(walk), Tasks(walk, self._integrations, self._world.faults)

    def _ended(self, execution: Execution) -> None:
        self._keep(execution)
        self._tell(execution)

    def _tell(self, execution: Execution) -> None:
        for hear in self.on_change:
            hear(execution)

    # ── Keeping ─────────────────────────────────────────────────────────────────────

    def _index(self, execution: Execution) -> None:
        self._of_machine.setdefault(execution.machine_arn, {})[execution.arn] = execution
        self._note_waiting(execution)

    def _note_waiting(self, execution: Execution) -> None:
        tasks = (strand.task for strand in execution.strands.values() if not execution.final)
        now = {task.waits_for for task in tasks if task and not task.outcome} - {""}
        for name in self._waits.get(execution.arn, set()) - now:
            self._waiting.pop(name, None)
        self._waiting |= dict.fromkeys(now, execution.arn)
        self._waits[execution.arn] = now
        if not now:
            del self._waits[execution.arn]

    def _keep(self, execution: Execution) -> None:
        self._logs.write(execution, self.history.keep())
        self.table.put(execution)
        self._note_waiting(execution)
        self._announce(execution)

    def _announce(self, execution: Execution) -> None:
        if execution.next_time is not None:
            self._world.simulation.announce(
                at=execution.next_time, kind="states", key=execution.key
            )

    def _delete(self, execution: Execution) -> None:
        self.history.forget(execution)
        self.table.delete(execution.key)
