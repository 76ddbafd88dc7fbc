"""What an expression of a run may ask for: its pipeline, its trigger, other activities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.expressions.errors import ExpressionError
from provisioning.sandbox.azure.datafactory.runs.records import ActivityRun, PipelineRun
from provisioning.sandbox.azure.times import written

Find = Callable[[str, str], ActivityRun | None]  # by scope and name
Items = Callable[[str], list[Any]]  # of a loop, by its activity run


class Surroundings:
    """As seen from one scope of a run."""

    def __init__(
        self,
        run: PipelineRun,
        *,
        factory: Resource | None,
        scope: str,
        find: Find,
        items: Items,
    ) -> None:
        self._run = run
        self._factory = factory
        self._scope = scope
        self._find = find
        self._items = items

    def functions(self) -> dict[str, Callable[..., Any]]:
        return {
            "pipeline": self._pipeline,
            "trigger": lambda: self._run.cause,
            "triggerBody": lambda: self._run.body,
            "activity": self._activity,
            "variables": self._variable,
            "item": self._item,
        }

    def _pipeline(self) -> dict[str, Any]:
        run, cause = self._run, self._run.cause
        return {
            "DataFactory": self._factory.name if self._factory else "",
            "Pipeline": run.pipeline,
            "RunId": run.id,
            "GroupId": run.group,
            "TriggerType": run.invoked_by.type,
            "TriggerId": run.invoked_by.id,
            "TriggerName": run.invoked_by.name,
            "TriggerTime": cause.get("startTime") or written(run.begun),
            "TriggeredByPipelineName": run.invoked_by.pipeline or None,
            "TriggeredByPipelineRunId": run.invoked_by.run or None,
            "parameters": run.parameters,
            "globalParameters": self._global_parameters(),
        }

    def _global_parameters(self) -> dict[str, Any]:
        given = self._factory.properties.get("globalParameters") if self._factory else None
        return {name: each.get("value") for name, each in (given or {}).items()}

    def _variable(self, name: str) -> Any:
        found = {each.lower(): value for each, value in self._run.variables.items()}
        if name.lower() not in found:
            raise ExpressionError(f"The variable '{name}' is not defined.")
        return found[name.lower()]

    def _activity(self, name: str) -> dict[str, Any]:
        """Of the same scope, or of one around it."""
        for scope in _outwards(self._scope):
            run = self._find(scope, name)
            if run is not None:
                return _shown(run)
        raise ExpressionError(
            f"The action(s) '{name}' referenced by 'inputs' are not defined in the template, or "
            "have not run."
        )

    def _item(self) -> Any:
        for scope in _outwards(self._scope):
            outer, _, step = scope.rpartition("/")
            name, _, label = step.rpartition("#")
            loop = self._find(outer, name) if name else None
            if loop is not None and loop.type == "ForEach":
                return self._items(loop.id)[int(label)]
        raise ExpressionError("The function 'item' can only be used inside of a ForEach.")


def _outwards(scope: str) -> Iterator[str]:
    while scope:
        yield scope
        scope = scope.rpartition("/")[0]
    yield ""


def _shown(run: ActivityRun) -> dict[str, Any]:
    """What `activity('name')` is."""
    error = {"errorCode": "", "message": "", "failureType": "", "target": run.name}
    if run.failure:
        error |= {
            "errorCode": run.failure.code,
            "message": run.failure.message,
            "failureType": run.failure.type,
        }
    return {
        "output": run.output,
        "error": error,
        "Status": run.status,
        "StartTime": written(run.begun),
        "EndTime": written(run.ended) if run.ended is not None else None,
        "Duration": round((run.ended or run.begun) - run.begun, 3),
        "ActivityRunId": run.id,
    }
