"""One execution going on: its strands enter states, do what these say, and leave them.

Everything that happens at one instant is one walk; the record of the execution, with its
strands, is what lasts from one walk to the next.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.sagemaker.chance import chance
from provisioning.sandbox.aws.states.definitions import states_at
from provisioning.sandbox.aws.states.flow import JSON_PATH, Moment, Variables
from provisioning.sandbox.aws.states.history import History, data
from provisioning.sandbox.aws.states.language.problems import (
    ALL,
    RUNTIME,
    TASK_FAILED,
    TIMEOUT,
    EvaluationFailed,
    StateFailed,
)
from provisioning.sandbox.aws.states.language.scope import written
from provisioning.sandbox.aws.states.records import Execution, Strand
from provisioning.sandbox.clock import to_datetime

# Seconds of sandbox time between leaving a state and entering the next one.
PAUSE = 0.03
LARGEST_DATA = 262_144
_MOST_CAUSE, _MOST_ERROR = 32_768, 256
DATA_LIMIT = "States.DataLimitExceeded"
HEARTBEAT = "States.HeartbeatTimeout"


class Walk:
    def __init__(
        self,
        execution: Execution,
        definition: Mapping[str, Any],
        history: History,
        *,
        now: float,
    ) -> None:
        self.execution = execution
        self.definition = definition
        self.history = history
        self.now = now
        self.flow = JSON_PATH

    # ── What there is ───────────────────────────────────────────────────────────────

    @property
    def session(self) -> Session:
        return Session(role_arn=self.execution.role, session_name=self.execution.name[:64])

    def state(self, strand: Strand) -> Mapping[str, Any]:
        found: Mapping[str, Any] = states_at(self.definition, strand.path)["States"][strand.state]
        return found

    def children(self, strand: Strand) -> list[Strand]:
        """In the order of branches or items."""
        own = [each for each in self.execution.strands.values() if each.parent == strand.number]
        return sorted(own, key=lambda each: each.index)

    def parent(self, strand: Strand) -> Strand | None:
        return None if strand.parent is None else self.execution.strands[strand.parent]

    def moment(self, strand: Strand) -> Moment:
        return Moment(
            state=self.state(strand),
            input=strand.input,
            context=self.context(strand),
            variables=strand.variables,
        )

    def context(self, strand: Strand) -> dict[str, Any]:
        """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html"""
        execution = self.execution
        about: dict[str, Any] = {
            "Id": execution.arn,
            "Input": json.loads(execution.input),
            "StartTime": iso(execution.started),
            "Name": execution.name,
            "RoleArn": execution.role,
            "RedriveCount": execution.redrives,
        }
        if execution.redriven is not None:
            about["RedriveTime"] = iso(execution.redriven)
        state: dict[str, Any] = {"Name": strand.state, "EnteredTime": iso(strand.entered)}
        if self.state(strand)["Type"] in ("Task", "Parallel", "Map"):
            state["RetryCount"] = strand.retry_count
        machine = {"Id": execution.machine_arn, "Name": execution.machine}
        found = {"Execution": about, "StateMachine": machine, "State": state}
        if (iteration := self._iteration(strand)) is not None:
            found["Map"] = {"Item": {"Index": iteration.index, "Value": iteration.item}}
        return found

    def _iteration(self, strand: Strand) -> Strand | None:
        """The nearest strand around that is an iteration of a Map."""
        here: Strand | None = strand
        while here is not None:
            around = self.parent(here)
            if around is not None and self.state(around)["Type"] == "Map":
                return here
            here = around
        return None

    def note(
        self,
        strand: Strand,
        type: str,
        details: Mapping[str, Any] | None = None,
        *,
        name: str = "",
    ) -> None:
        """An event of the strand, which follows its last one."""
        strand.event = self.history.add(
            self.execution, type, after=strand.event, details=details, name=name
        )

    # ── States ──────────────────────────────────────────────────────────────────────

    def enter(self, strand: Strand) -> Mapping[str, Any]:
        """The state that was entered."""
        state = self.state(strand)
        details = {"name": strand.state, **data("input", written(strand.input))}
        self.note(strand, f"{state['Type']}StateEntered", details, name="stateEnteredEventDetails")
        strand.entered, strand.entered_event = self.now, strand.event
        strand.retries = {}
        strand.due = None
        return state

    def leave(
        self, strand: Strand, output: Any, assigned: Variables, *, next: str | None = None
    ) -> None:
        """Go on with `next`, or with what the state says."""
        text = written(output)
        if len(text.encode()) > LARGEST_DATA:
            raise StateFailed(
                DATA_LIMIT,
                f"The state/task '{strand.state}' returned a result with a size exceeding the "
                "maximum number of bytes service limit.",
            )
        state = self.state(strand)
        details = {"name": strand.state, **data("output", text)}
        if assigned:
            shown = {name: written(value) for name, value in assigned.items()}
            details |= {
                "assignedVariables": shown,
                "assignedVariablesDetails": {"truncated": False},
            }
        self.note(strand, f"{state['Type']}StateExited", details, name="stateExitedEventDetails")
        strand.variables |= assigned
        strand.task, strand.items = None, []
        goal = next or (None if state.get("End") else state.get("Next"))
        if goal is None:
            self.finish(strand, output)
        else:
            strand.state, strand.input, strand.phase = goal, output, "entering"
            strand.entered_event, strand.due = 0, self.now + PAUSE

    def finish(self, strand: Strand, output: Any) -> None:
        strand.phase, strand.output, strand.due = "done", output, None
        parent = self.parent(strand)
        if parent is not None:
            self.child_done(parent, strand)
            return
        text = written(output)
        self.history.add(
            self.execution, "ExecutionSucceeded", after=strand.event, details=data("output", text)
        )
        self.execution.output = text
        self._end("SUCCEEDED")
        self.execution.strands = {}

    # Set by who knows composite states and tasks; see `composites` and `tasks`.
    child_done: Callable[[Strand, Strand], None]
    child_failed: Callable[[Strand, Strand], None]
    end_children: Callable[[Strand], None]
    drop_children: Callable[[Strand], None]
    cancel: Callable[[Strand], None]

    # ── Failures ────────────────────────────────────────────────────────────────────

    def failed(self, strand: Strand, failure: StateFailed) -> None:
        """The state failed: it is tried again, caught, or the strand ends with it."""
        state = self.state(strand)
        self.end_children(strand)
        strand.task = None
        failure = self._located(strand, failure)
        if self._retried(strand, state, failure):
            return
        if state["Type"] in ("Parallel", "Map"):
            self.note(strand, f"{state['Type']}StateFailed")
        for catcher in state.get("Catch", []):
            if _matches(catcher["ErrorEquals"], failure.error):
                try:
                    self._catch(strand, catcher, failure)
                except StateFailed as another:
                    self.give_up(strand, self._located(strand, another))
                return
        self.give_up(strand, failure)

    def _located(self, strand: Strand, failure: StateFailed) -> StateFailed:
        if not isinstance(failure, EvaluationFailed):
            return failure
        return StateFailed(
            failure.error,
            f"An error occurred while executing the state '{strand.state}' (entered at the event "
            f"id #{strand.entered_event}). {failure.cause}",
        )

    def give_up(self, strand: Strand, failure: StateFailed) -> None:
        strand.phase, strand.due = "failed", None
        strand.error, strand.cause = failure.error, failure.cause
        parent = self.parent(strand)
        if parent is not None:
            self.child_failed(parent, strand)
            return
        execution = self.execution
        execution.error = failure.error[:_MOST_ERROR] if failure.error else failure.error
        execution.cause = failure.cause[:_MOST_CAUSE] if failure.cause else failure.cause
        details = {"error": execution.error, "cause": execution.cause}
        self.history.add(execution, "ExecutionFailed", after=strand.event, details=details)
        self._end("FAILED")

    def time_out(self) -> None:
        """The whole execution took too long."""
        self.history.add(self.execution, "ExecutionTimedOut", details={})
        self._end("TIMED_OUT")

    def abort(self, *, error: str | None, cause: str | None) -> None:
        self.execution.error, self.execution.cause = error, cause
        details = {"error": error, "cause": cause}
        self.history.add(self.execution, "ExecutionAborted", details=details)
        self._end("ABORTED")

    def _end(self, status: str) -> None:
        execution = self.execution
        execution.status, execution.stopped, execution.deadline = status, self.now, None
        for strand in execution.strands.values():
            self.cancel(strand)
            strand.due = None
            if strand.phase not in ("done", "failed"):
                strand.phase = "aborted"

    def _retried(self, strand: Strand, state: Mapping[str, Any], failure: StateFailed) -> bool:
        for number, retrier in enumerate(state.get("Retry", [])):
            if not _matches(retrier["ErrorEquals"], failure.error):
                continue
            tried = strand.retries.get(number, 0)
            if tried >= retrier.get("MaxAttempts", 3):
                return False
            self.drop_children(strand)
            strand.retries[number] = tried + 1
            strand.phase = "retrying"
            strand.due = self.now + self._interval(strand, retrier, tried)
            return True
        return False

    def _interval(self, strand: Strand, retrier: Mapping[str, Any], tried: int) -> float:
        """Before the next attempt, after so many retries of this retrier."""
        pause = float(retrier.get("IntervalSeconds", 1)) * retrier.get("BackoffRate", 2.0) ** tried
        pause = min(pause, float(retrier.get("MaxDelaySeconds", pause)))
        if retrier.get("JitterStrategy", "NONE") == "FULL":
            pause *= chance(self.execution.arn, strand.state, str(strand.retry_count)).random()
        return max(float(pause), PAUSE)

    def _catch(self, strand: Strand, catcher: Mapping[str, Any], failure: StateFailed) -> None:
        moment = self.moment(strand)
        error = {"Error": failure.error or "", "Cause": failure.cause or ""}
        output = self.flow.caught(moment, catcher, error)
        assigned = self.flow.assigned(moment, catcher.get("Assign"), error)
        self.drop_children(strand)
        self.leave(strand, output, assigned, next=catcher["Next"])


def _matches(names: list[str], error: str | None) -> bool:
    """Whether a Retry or a Catch means this error. Nothing takes a runtime error."""
    if error == RUNTIME:
        return False
    return (
        error in names
        or ALL in names
        or (TASK_FAILED in names and error != TIMEOUT)
        or (TIMEOUT in names and error == HEARTBEAT)
    )


def iso(seconds: float) -> str:
    return to_datetime(seconds).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
