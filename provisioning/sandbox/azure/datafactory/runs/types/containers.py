"""Activities with others inside: loops and branches."""

from __future__ import annotations

from provisioning.sandbox.azure.datafactory.expressions.errors import ExpressionError
from provisioning.sandbox.azure.datafactory.expressions.values import written
from provisioning.sandbox.azure.datafactory.runs.records import Failure
from provisioning.sandbox.azure.datafactory.runs.steps import (
    ActivityType,
    Done,
    Failed,
    Inside,
    Outcome,
    Step,
    Waiting,
    failed,
)

_USUAL_BATCH = 20
MOST_ITEMS = 100_000
# A loop without end would fill the sandbox: it is ended with a sentence.
MOST_ITERATIONS = 2000


class _Branch(ActivityType):
    def inner_ended(self, step: Step, label: str, failure: Failure | None) -> Outcome:
        if failure is not None:
            return Failed(failure)
        return Done(step.memory["output"])


class IfCondition(_Branch):
    def begin(self, step: Step) -> Outcome:
        holds = step.given("expression")
        if isinstance(holds, str) and holds.lower() in ("true", "false"):
            holds = holds.lower() == "true"
        if not isinstance(holds, bool):
            raise ExpressionError(
                f"The expression of the If Condition activity has to be boolean; it is "
                f"'{written(holds)}'."
            )
        step.memory["output"] = {}
        label = "true" if holds else "false"
        inner = step.raw.get("ifTrueActivities" if holds else "ifFalseActivities")
        return Inside((label,)) if inner else Done()


class Switch(_Branch):
    def begin(self, step: Step) -> Outcome:
        value, cases = written(step.given("on")), step.raw.get("cases") or []
        step.memory["output"] = {}
        for number, case in enumerate(cases):
            if str(case["value"]) == value:
                return Inside((str(number),)) if case.get("activities") else Done()
        return Inside(("default",)) if step.raw.get("defaultActivities") else Done()


class ForEach(ActivityType):
    hidden = ("items",)

    def begin(self, step: Step) -> Outcome:
        items = step.given("items")
        if not isinstance(items, list):
            raise ExpressionError(
                f"The function 'length' expects its parameter to be an array or a string. The "
                f"items of '{step.name}' are neither."
            )
        if len(items) > MOST_ITEMS:
            return failed("TooManyItems", f"A ForEach takes at most {MOST_ITEMS} items.")
        if not items or not step.raw.get("activities"):
            return Done({})
        step.index.keep_items(step.record.id, items)
        step.memory.update(count=len(items), begun=0, ended=0, failure=None)
        return self._more(step)

    def inner_ended(self, step: Step, label: str, failure: Failure | None) -> Outcome:
        memory = step.memory
        memory["ended"] += 1
        if failure is not None and memory["failure"] is None:
            memory["failure"] = failure.model_dump()
        if memory["ended"] < memory["count"]:
            return self._more(step)
        if memory["failure"] is not None:
            return Failed(Failure(**memory["failure"]))
        return Done({})

    def _more(self, step: Step) -> Outcome:
        """A failed iteration does not keep others from beginning, as in the real service."""
        memory = step.memory
        given = step.given("batchCount") or _USUAL_BATCH
        if not isinstance(given, int):
            raise ExpressionError(f"The batch count of '{step.name}' is no number.")
        batch = 1 if step.given("isSequential") is True else given
        room = batch - (memory["begun"] - memory["ended"])
        first, last = memory["begun"], min(memory["begun"] + room, memory["count"])
        if first >= last:
            return Waiting()
        memory["begun"] = last
        return Inside(tuple(str(number) for number in range(first, last)))


class Until(ActivityType):
    """Its inner activities may fail: it goes on until its expression holds, or its time is up."""

    hidden = ("expression",)

    def begin(self, step: Step) -> Outcome:
        if not step.raw.get("activities"):
            return failed("InvalidTemplate", f"'{step.name}' has no activities to repeat.")
        step.memory["count"] = 1
        return Inside(("0",))

    def inner_ended(self, step: Step, label: str, failure: Failure | None) -> Outcome:
        if self._holds(step):
            return Done({})
        count = step.memory["count"]
        if step.record.deadline is not None and step.now >= step.record.deadline:
            return failed("ActivityTimedOut", f"'{step.name}' did not end within its timeout.")
        if count >= MOST_ITERATIONS:
            message = f"The sandbox ends an Until after {MOST_ITERATIONS} iterations."
            return failed("SandboxLimit", message)
        step.memory["count"] = count + 1
        return Inside((str(count),))

    def _holds(self, step: Step) -> bool:
        holds = step.given("expression")
        if not isinstance(holds, bool):
            raise ExpressionError(
                f"The expression of the Until activity has to be boolean; it is '{written(holds)}'."
            )
        return holds
