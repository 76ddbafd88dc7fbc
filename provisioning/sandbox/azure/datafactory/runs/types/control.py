"""Activities that only steer: waiting, variables, filters, failing."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.azure.datafactory.expressions.errors import ExpressionError
from provisioning.sandbox.azure.datafactory.expressions.values import written
from provisioning.sandbox.azure.datafactory.runs.records import Failure
from provisioning.sandbox.azure.datafactory.runs.steps import (
    ActivityType,
    Done,
    Failed,
    Later,
    Outcome,
    Step,
    failed,
)


class Wait(ActivityType):
    def begin(self, step: Step) -> Outcome:
        seconds = step.given("waitTimeInSeconds")
        try:
            return Later(max(1.0, float(seconds)))
        except (TypeError, ValueError):
            return failed("InvalidWaitTime", f"'{written(seconds)}' is no number of seconds.")


class SetVariable(ActivityType):
    def begin(self, step: Step) -> Outcome:
        name = str(step.raw.get("variableName"))
        if step.raw.get("setSystemVariable"):
            return self._return(step)
        known = next(each for each in step.run.variables if each.lower() == name.lower())
        value = step.given("value")
        step.run.variables[known] = value
        return Done({"name": known, "value": value})

    def _return(self, step: Step) -> Outcome:
        """What the pipeline hands to the one that called it: pairs of a key and a value."""
        pairs = step.given("value")
        if not isinstance(pairs, list):
            raise ExpressionError("The return value of a pipeline is a list of keys and values.")
        for pair in pairs:
            value = pair.get("value")
            step.run.returned[str(pair.get("key"))] = (
                value.get("content") if isinstance(value, dict) and "content" in value else value
            )
        return Done({"name": "pipelineReturnValue", "value": pairs})


class AppendVariable(ActivityType):
    def begin(self, step: Step) -> Outcome:
        name = str(step.raw.get("variableName"))
        known = next(each for each in step.run.variables if each.lower() == name.lower())
        value = step.given("value")
        step.run.variables[known] = [*step.run.variables[known], value]
        return Done({"name": known, "value": step.run.variables[known]})


class Filter(ActivityType):
    hidden = ("condition",)

    def begin(self, step: Step) -> Outcome:
        items = step.given("items")
        if not isinstance(items, list):
            raise ExpressionError("The items of a Filter have to be an array.")
        condition = step.raw["condition"]
        kept = [each for each in items if _holds(step, condition, each)]
        return Done({"ItemsCount": len(items), "FilteredItemsCount": len(kept), "Value": kept})


def _holds(step: Step, condition: Any, item: Any) -> bool:
    return step.resolve(condition, item=lambda: item) is True


class Fail(ActivityType):
    def begin(self, step: Step) -> Outcome:
        code, message = written(step.given("errorCode")), written(step.given("message"))
        return Failed(Failure(code=code, message=message), {"errorCode": code, "message": message})
