"""Executions: started by a call or an event, carried out as time passes."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

from provisioning.sandbox.google.calls import short
from provisioning.sandbox.google.eventarc.deliveries import Outcome
from provisioning.sandbox.google.eventarc.records import Event
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.logs.store import Logs
from provisioning.sandbox.google.run.instance import Answer
from provisioning.sandbox.google.workflows import running, source
from provisioning.sandbox.google.workflows.errors import BadSource, WorkflowError
from provisioning.sandbox.google.workflows.lines import ExecutionLines
from provisioning.sandbox.google.workflows.outside import Ask, Calls, Recorded, Waits, answered
from provisioning.sandbox.google.workflows.records import Execution, Workflow, error_of
from provisioning.sandbox.records import Table
from provisioning.sandbox.world import World

log = logging.getLogger(__name__)

_EVENT = "google workflow execution"
_BEGINS = 0.05  # a moment until an execution is under way
_KEPT_SECONDS = 90 * 86_400.0
# "The Workflows deduplication window to ensure exactly-once processing is 24 hours."
_ONCE_SECONDS = 86_400.0
_MAY_START = "workflows.executions.create"
LONGEST = 366 * 86_400.0


class CallService(Protocol):
    """The answer of the service at an address; None when there is none."""

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, account: str
    ) -> Answer | None: ...


class Executions:
    """`ask` answers calls of Google's APIs; it is known when all of them are there.
    `call` calls a service of Cloud Run, with the world unlocked."""

    def __init__(
        self, world: World, identity: Identity, *, workflows: Table[Workflow], logs: Logs,
        call: CallService,
    ) -> None:  # fmt: skip
        self.table = Table(world.store, kind="google workflow execution", record=Execution)
        self.ask: Ask
        self._call = call
        self._access = identity.access
        self._store = world.store
        self._lock = world.lock
        self._workflows = workflows
        self._lines = ExecutionLines(logs, identity.access)
        self._clock = world.clock
        self._faults = world.faults
        self._simulation = world.simulation
        self._simulation.handle(_EVENT, self._go_on)
        self._by_event = {(one.workflow, one.event): one for one in self.table if one.event}
        for execution in self.table:
            self._announce(execution)

    def start(
        self, workflow: Workflow, argument: str, *, event: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> Execution:  # fmt: skip
        """`event` names an event, which starts one execution however often it is delivered."""
        now = self._clock.now()
        before = self._by_event.get((workflow.name, event)) if event else None
        if before and before.created > now - _ONCE_SECONDS:
            return before
        execution = Execution(
            name=f"{workflow.name}/executions/{uuid.uuid4()}",
            event=event,
            source=workflow.wish.get("sourceContents", ""),
            account=workflow.account,
            environment=workflow.wish.get("userEnvVars", {}),
            revision=workflow.revision_id,
            argument=argument,
            labels=dict(labels or {}),
            created=now,
            started=now,
            due=now + _BEGINS,
        )
        self._forget_old(now)
        if event:
            self._by_event[workflow.name, event] = execution
        self.table.put(execution)
        self._lines.began(execution)
        self._announce(execution)
        return execution

    def push(self, name: str, path: str, event: Event, account: str) -> Outcome:
        """Eventarc brings an event, as its trigger's account."""
        with self._lock:
            workflow = self._workflows.get(name)
            if workflow is None:
                return Outcome(404, f"There is no workflow {short(name)}.")
            if not self._access.allows(account, _MAY_START, name):
                return Outcome(403, f"Permission '{_MAY_START}' denied on resource '{name}'.")
            execution = self.start(workflow, json.dumps(event.structured()), event=event.key)
            return Outcome(200, f"Execution {short(execution.name)}.")

    def cancel(self, execution: Execution) -> None:
        error = {"payload": "Execution was cancelled.", "context": "Execution was cancelled."}
        self._end(execution, "CANCELLED", self._clock.now(), error=error)

    def of(self, workflow: str) -> list[Execution]:
        """The newest first."""
        mine = [one for one in self.table if one.workflow == workflow]
        return sorted(mine, key=lambda one: (one.created, one.name), reverse=True)

    def forget(self, workflow: str) -> None:
        """The workflow was deleted, and its executions with it."""
        for execution in self.of(workflow):
            self._drop(execution)

    def _announce(self, execution: Execution) -> None:
        if execution.due is not None:
            self._simulation.announce(at=execution.due, kind=_EVENT, key=execution.key)

    def _go_on(self, key: str, time: float) -> None:
        execution = self.table.get(key)
        if execution is None or execution.due != time:
            return
        outside = Recorded(execution, ask=self.ask, lines=self._lines, now=time)
        try:
            self._fail_on_request(execution)
            argument = json.loads(execution.argument or "null")
            returned = running.run(source.read(execution.source), argument, outside)
        except Waits as wait:
            execution.due = time + min(wait.seconds, LONGEST)
            self.table.put(execution)
            self._announce(execution)
        except Calls as call:
            self._simulation.outside(partial(self._await, execution, call))
        except WorkflowError as error:
            self._end(execution, "FAILED", time, error=error_of(error))
        except BadSource as error:
            self._end(execution, "FAILED", time, error=error_of(WorkflowError(str(error))))
        else:
            self._return(execution, returned, time)

    def _return(self, execution: Execution, returned: Any, time: float) -> None:
        try:
            result = json.dumps(returned)
        except TypeError:  # bytes, which JSON does not have
            error = WorkflowError.of("TypeError", "what is returned cannot be written as JSON")
            self._end(execution, "FAILED", time, error=error_of(error))
        else:
            self._end(execution, "SUCCEEDED", time, result=result)

    def _await(self, execution: Execution, call: Calls) -> None:
        """On a thread of its own, with the world unlocked."""
        answer = self._call(
            call.method, call.url, headers=call.headers, body=call.body, account=call.account
        )
        with self._lock:
            if execution.state != "ACTIVE":
                return
            try:
                if answer is None:
                    raise WorkflowError.of("ConnectionError", f"no service is at {call.url}")
                execution.past.append({"value": answered(answer.status, answer.body)})
            except WorkflowError as error:
                execution.past.append({"error": error.payload})
            execution.due = self._clock.read()
            self.table.put(execution)
            self._announce(execution)
        self._store.commit()

    def _fail_on_request(self, execution: Execution) -> None:
        names = (short(execution.workflow), short(execution.name))
        if not execution.past and (fault := self._faults.take("fail_step", "google", *names)):
            raise WorkflowError.of("SystemError", fault.message or "It failed on request.")

    def _end(self, execution: Execution, state: Any, time: float, **more: Any) -> None:
        execution.state, execution.ended, execution.due = state, time, None
        execution.past = []
        for name, value in more.items():
            setattr(execution, name, value)
        self.table.put(execution)
        self._lines.ended(execution, time)

    def _forget_old(self, now: float) -> None:
        for execution in self.table:
            if execution.ended is not None and execution.ended < now - _KEPT_SECONDS:
                self._drop(execution)

    def _drop(self, execution: Execution) -> None:
        self._by_event.pop((execution.workflow, execution.event), None)
        self.table.delete(execution.key)
