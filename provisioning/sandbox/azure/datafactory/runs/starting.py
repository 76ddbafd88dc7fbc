"""How runs begin: by hand, by a trigger, by another pipeline, or in place of an earlier one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, Protocol

from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.expressions.errors import ExpressionError
from provisioning.sandbox.azure.datafactory.expressions.evaluating import Evaluator
from provisioning.sandbox.azure.datafactory.expressions.templates import resolve
from provisioning.sandbox.azure.datafactory.expressions.values import written
from provisioning.sandbox.azure.datafactory.pipeline_checks import invalid_template
from provisioning.sandbox.azure.datafactory.runs.index import RunIndex
from provisioning.sandbox.azure.datafactory.runs.parameters import first_values, with_defaults
from provisioning.sandbox.azure.datafactory.runs.records import InvokedBy, PipelineRun
from provisioning.sandbox.azure.datafactory.runs.recovery import Recovery
from provisioning.sandbox.azure.datafactory.runs.steps import Step
from provisioning.sandbox.azure.errors import not_found


class Engine(Protocol):
    def begin(self, run: PipelineRun) -> None: ...


@dataclass(frozen=True)
class Cause:
    """Why a run begins, as its expressions may ask."""

    invoked_by: InvokedBy
    trigger: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    caller: str = ""
    watcher: str = ""


class Starting:
    def __init__(self, manager: Manager, index: RunIndex) -> None:
        self._manager = manager
        self._index = index
        self.engine: Engine | None = None  # set once both are there

    def start(
        self,
        factory: str,
        pipeline: str,
        parameters: dict[str, Any],
        cause: Cause,
        *,
        recovery: Recovery | None = None,
    ) -> PipelineRun:
        """Raises RestError when there is no such pipeline, or its parameters are not given."""
        resource = self._pipeline(factory, pipeline)
        definition, now = resource.properties, self._manager.now()
        id = str(uuid.uuid4())
        run = PipelineRun(
            id=id,
            factory=factory,
            pipeline=resource.name,
            group=recovery.group if recovery else id,
            definition=self._index.definitions.keep(definition),
            parameters=with_defaults(
                definition.get("parameters") or {}, parameters, target=resource.id
            ),
            variables=first_values(definition.get("variables") or {}),
            invoked_by=cause.invoked_by,
            cause=cause.trigger,
            body=cause.body,
            caller=cause.caller,
            watcher=cause.watcher,
            begun=now,
            updated=now,
        )
        run.dimensions = _dimensions(definition, run, now=now)
        if recovery is not None:
            recovery.take_over(self._index, run)
        assert self.engine is not None
        self.engine.begin(run)
        return run

    def start_child(self, step: Step, pipeline: str, parameters: dict[str, Any]) -> PipelineRun:
        parent = step.run
        invoked_by = InvokedBy(
            id=step.record.id,
            name=step.name,
            type="PipelineActivity",
            pipeline=parent.pipeline,
            run=parent.id,
        )
        cause = Cause(invoked_by, parent.cause, parent.body, caller=step.record.id)
        return self.start(parent.factory, pipeline, parameters, cause)

    def _pipeline(self, factory: str, name: str) -> Resource:
        found = self._manager.resources.get(f"{factory}/pipelines/{name}")
        if found is None:
            raise not_found("PipelineNotFound", f"The pipeline {name} was not found.")
        return found


def _dimensions(definition: dict[str, Any], run: PipelineRun, *, now: float) -> dict[str, str]:
    functions = {
        "pipeline": lambda: {"parameters": run.parameters, "Pipeline": run.pipeline,
                             "RunId": run.id},
        "trigger": lambda: run.cause,
        "triggerBody": lambda: run.body,
    }  # fmt: skip
    try:
        found = resolve(definition.get("runDimensions") or {}, Evaluator(functions, now=now))
    except ExpressionError as error:
        raise invalid_template(str(error), target=run.pipeline) from error
    return {name: written(value) for name, value in found.items()}
