"""Task states: call, wait for what was submitted, report the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.states.history import data
from provisioning.sandbox.aws.states.language.problems import (
    TASK_FAILED,
    TIMEOUT,
    StateFailed,
    runtime,
)
from provisioning.sandbox.aws.states.language.scope import written
from provisioning.sandbox.aws.states.records import Execution, Outcome, Strand, TaskRun
from provisioning.sandbox.aws.states.resources import Resource, read_resource
from provisioning.sandbox.aws.states.walk import LARGEST_DATA, PAUSE, Walk
from provisioning.sandbox.faults import Faults

# Seconds of sandbox time until a call is answered.
ANSWER_SECONDS = 0.2
DATA_LIMIT = "States.DataLimitExceeded"
_LONGEST_TIMEOUT = 99_999_999


@dataclass(frozen=True)
class Called:
    """What a call gave. `waits_for` names what it submitted, where the task waits for that. Of
    a call that is `under_way` its outcome is all that will be heard."""

    answer: Any = None
    waits_for: str = ""
    under_way: bool = False


@dataclass(frozen=True)
class TaskCall:
    """A call that a task is about to make, with the machine's role."""

    resource: Resource
    arguments: Any
    place: Place
    session: Session
    execution: str  # ARNs of it and of its machine
    machine: str


def task_call(execution: Execution, resource: Resource, arguments: Any) -> TaskCall:
    return TaskCall(
        resource=resource,
        arguments=arguments,
        place=execution.place,
        session=Session(role_arn=execution.role, session_name=execution.name[:64]),
        execution=execution.arn,
        machine=execution.machine_arn,
    )


class Integrations(Protocol):
    def check(self, resource: Resource, arguments: Any) -> None:
        """Raises StateFailed for arguments that the operation cannot have."""

    def call(self, call: TaskCall) -> Called:
        """Raises StateFailed with the error that Step Functions makes of a refusal."""

    def cancel(self, waits_for: str, session: Session) -> None:
        """End what a task submitted, as far as its role may."""


class Tasks:
    """What one walk does with them."""

    def __init__(self, walk: Walk, integrations: Integrations, faults: Faults) -> None:
        self._walk = walk
        self._integrations = integrations
        self._faults = faults
        walk.cancel = self.cancel

    def attempt(self, strand: Strand) -> None:
        walk, moment = self._walk, self._walk.moment(strand)
        arguments = walk.flow.arguments(moment)
        seconds = self._seconds(strand, "TimeoutSeconds")
        self._seconds(strand, "HeartbeatSeconds")
        resource = read_resource(str(moment.state["Resource"]))
        assert resource is not None  # checked when the machine was made
        self._integrations.check(resource, arguments)
        self._note_schedule(strand, resource, arguments, seconds)
        strand.task = TaskRun(
            kind=resource.kind,
            resource=resource.name,
            deadline=None if seconds is None else walk.now + seconds,
        )
        strand.phase, strand.due = "calling", walk.now + ANSWER_SECONDS
        try:
            self._fail_on_request(strand)
            called = self._integrations.call(task_call(walk.execution, resource, arguments))
        except StateFailed as failure:
            strand.task.outcome = Outcome(failed=True, error=failure.error, cause=failure.cause)
            return
        strand.task.answer, strand.task.waits_for = called.answer, called.waits_for
        if not called.waits_for:
            strand.task.outcome = Outcome(output=called.answer)
        elif called.under_way:
            strand.phase, strand.due, strand.task.arguments = "working", None, arguments

    def _fail_on_request(self, strand: Strand) -> None:
        if fault := self._faults.take("fail_step", "aws", strand.state):
            raise StateFailed(TASK_FAILED, fault.message or "The sandbox was told to fail it.")

    def go_on(self, strand: Strand) -> None:
        """An answer or an outcome is there, or time is up."""
        walk, task = self._walk, strand.task
        assert task is not None
        if task.deadline is not None and task.deadline <= walk.now and not task.outcome:
            self.cancel(strand)
            self._note(strand, "TimedOut", {"error": TIMEOUT})
            walk.failed(strand, StateFailed(TIMEOUT, None))
        elif strand.phase == "calling" and task.waits_for:
            self._note(strand, "Submitted", data("output", written(task.answer)))
            strand.phase = "working"
            strand.due = walk.now + PAUSE if task.outcome else None
        elif task.outcome:
            self._report(strand, task.outcome)

    def _report(self, strand: Strand, outcome: Outcome) -> None:
        walk = self._walk
        if not outcome.failed and len(written(outcome.output).encode()) > LARGEST_DATA:
            what = strand.task.kind or strand.task.resource if strand.task else ""
            outcome = Outcome(
                failed=True,
                error=DATA_LIMIT,
                cause=f"The state/task '{what}' returned a result with a size exceeding the "
                "maximum number of bytes service limit.",
            )
        if outcome.failed:
            self._note(strand, "Failed", {"error": outcome.error, "cause": outcome.cause})
            walk.failed(strand, StateFailed(outcome.error, outcome.cause))
            return
        self._note(strand, "Succeeded", data("output", written(outcome.output)))
        moment = walk.moment(strand)
        output = walk.flow.output(moment, outcome.output)
        assigned = walk.flow.assigned(moment, moment.state.get("Assign"), outcome.output)
        walk.leave(strand, output, assigned)

    def cancel(self, strand: Strand) -> None:
        task = strand.task
        if task and task.waits_for and not task.outcome:
            self._integrations.cancel(task.waits_for, self._walk.session)

    # ── History ─────────────────────────────────────────────────────────────────────

    def _note_schedule(
        self, strand: Strand, resource: Resource, arguments: Any, seconds: int | None
    ) -> None:
        walk = self._walk
        if not resource.kind:
            details = {"resource": resource.arn, **data("input", written(arguments))}
            walk.note(strand, "LambdaFunctionScheduled", {**details, "timeoutInSeconds": seconds})
            walk.note(strand, "LambdaFunctionStarted")
            return
        about = {"resourceType": resource.kind, "resource": resource.name}
        more = {"region": walk.execution.region, "parameters": written(arguments)}
        walk.note(strand, "TaskScheduled", {**about, **more, "timeoutInSeconds": seconds})
        walk.note(strand, "TaskStarted", about)

    def _note(self, strand: Strand, what: str, details: Mapping[str, Any]) -> None:
        task = strand.task
        assert task is not None
        if not task.kind:
            if what != "Submitted":
                self._walk.note(strand, f"LambdaFunction{what}", details)
            return
        about = {"resourceType": task.kind, "resource": task.resource}
        self._walk.note(strand, f"Task{what}", {**about, **details})

    def _seconds(self, strand: Strand, field: str) -> int | None:
        moment = self._walk.moment(strand)
        found = self._walk.flow.value(moment, field)
        if found is None:
            return None
        if (
            isinstance(found, bool)
            or not isinstance(found, int)
            or not 0 < found <= _LONGEST_TIMEOUT
        ):
            raise runtime(f"The {field} field has to be a positive integer, not {written(found)}.")
        return found
