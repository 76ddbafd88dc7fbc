"""What each type of state does when its strand is due."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioning.sandbox.aws.states.composites import Composites
from provisioning.sandbox.aws.states.flow import NO_CHOICE
from provisioning.sandbox.aws.states.language.choices import instant
from provisioning.sandbox.aws.states.language.problems import EvaluationFailed, StateFailed, runtime
from provisioning.sandbox.aws.states.language.scope import written
from provisioning.sandbox.aws.states.records import Strand
from provisioning.sandbox.aws.states.tasks import Tasks
from provisioning.sandbox.aws.states.walk import PAUSE, Walk

# "Wait state delay is too long": what a signed number of seconds can hold.
_LONGEST_UNTIL = 24_856 * 86_400.0
_LONGEST_SECONDS = 99_999_999


def advance(walk: Walk, composites: Composites, tasks: Tasks, strand: Strand) -> None:
    """The next thing that a strand does. Raises StateFailed where its state fails."""
    state = walk.enter(strand) if strand.phase == "entering" else walk.state(strand)
    kind = state["Type"]
    if kind in ("Parallel", "Map"):
        composites.begin(strand)
    elif kind == "Task" and strand.phase in ("calling", "working"):
        tasks.go_on(strand)
    elif kind == "Task":
        tasks.attempt(strand)
    elif kind == "Wait" and strand.phase == "waiting":
        _go_through(walk, strand)
    else:
        _BEGIN[kind](walk, strand)


def take_up(walk: Walk, strand: Strand, event: int) -> None:
    """A redrive: begin again where the strand failed or was aborted."""
    strand.event = event
    strand.error = strand.cause = None
    strand.retries, strand.task = {}, None
    children = walk.children(strand)
    if children and not all(child.phase == "done" for child in children):
        strand.phase, strand.due = "working", None
        return
    walk.drop_children(strand)
    again = walk.state(strand)["Type"] in ("Task", "Parallel", "Map") and strand.entered_event
    strand.phase, strand.due = ("retrying" if again else "entering"), walk.now + PAUSE


def _pass(walk: Walk, strand: Strand) -> None:
    moment = walk.moment(strand)
    result = walk.flow.passed(moment)
    output = walk.flow.output(moment, result)
    walk.leave(strand, output, walk.flow.assigned(moment, moment.state.get("Assign"), result))


def _go_through(walk: Walk, strand: Strand) -> None:
    """Of states that have no result of their own."""
    moment = walk.moment(strand)
    given = walk.flow.arguments(moment)
    assigned = walk.flow.assigned(moment, moment.state.get("Assign"), given)
    walk.leave(strand, walk.flow.through(moment), assigned)


def _choose(walk: Walk, strand: Strand) -> None:
    moment = walk.moment(strand)
    rule = walk.flow.chosen(moment)
    if rule is None and "Default" not in moment.state:
        raise EvaluationFailed(NO_CHOICE, "No Choice Rule matched, and there is no Default.")
    goal, says = (rule["Next"], rule) if rule else (moment.state["Default"], moment.state)
    given = walk.flow.arguments(moment)
    assigned = walk.flow.assigned(moment, says.get("Assign"), given)
    walk.leave(strand, walk.flow.through(moment), assigned, next=goal)


def _fail(walk: Walk, strand: Strand) -> None:
    moment = walk.moment(strand)
    error, cause = walk.flow.text(moment, "Error"), walk.flow.text(moment, "Cause")
    walk.give_up(strand, StateFailed(error, cause))


def _wait(walk: Walk, strand: Strand) -> None:
    moment = walk.moment(strand)
    if "Timestamp" in moment.state or "TimestampPath" in moment.state:
        until = _until(walk, strand)
    else:
        until = walk.now + _seconds(walk, strand)
    strand.phase, strand.due = "waiting", max(until, walk.now + PAUSE)


def _seconds(walk: Walk, strand: Strand) -> float:
    found = walk.flow.value(walk.moment(strand), "Seconds")
    path = walk.state(strand).get("SecondsPath", "Seconds")
    if isinstance(found, bool) or not isinstance(found, int):
        raise runtime(f"The SecondsPath parameter does not reference an integer value: {path}")
    if found < 0:
        raise runtime(f"The SecondsPath parameter references a negative value: {path} == {found}")
    if found > _LONGEST_SECONDS:
        raise runtime("Wait state delay is too long.")
    return float(found)


def _until(walk: Walk, strand: Strand) -> float:
    found: Any = walk.flow.value(walk.moment(strand), "Timestamp")
    moment = instant(found)
    if moment is None:
        path = walk.state(strand).get("TimestampPath", "Timestamp")
        shown = found if isinstance(found, str) else written(found)
        raise runtime(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset "
            f"date-time format string: {path} == {shown}"
        )
    if moment.timestamp() - walk.now > _LONGEST_UNTIL:
        raise runtime("Wait state delay is too long.")
    return moment.timestamp()


_BEGIN: dict[str, Callable[[Walk, Strand], None]] = {
    "Pass": _pass,
    "Succeed": _go_through,
    "Choice": _choose,
    "Fail": _fail,
    "Wait": _wait,
}
