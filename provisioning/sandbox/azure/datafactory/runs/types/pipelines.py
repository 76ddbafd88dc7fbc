"""The activity that runs another pipeline of the factory."""

from __future__ import annotations

from typing import Any, Protocol

from provisioning.sandbox.azure.datafactory.runs.records import Failure, PipelineRun
from provisioning.sandbox.azure.datafactory.runs.steps import (
    ActivityType,
    Done,
    Failed,
    Outcome,
    Step,
    Waiting,
    failed,
)
from provisioning.sandbox.rest import RestError


class Starter(Protocol):
    def start_child(self, step: Step, pipeline: str, parameters: dict[str, Any]) -> PipelineRun:
        """Raises RestError when it is refused."""


class ExecutePipeline(ActivityType):
    def __init__(self, starter: Starter) -> None:
        self._starter = starter

    def begin(self, step: Step) -> Outcome:
        name = str(step.raw["pipeline"]["referenceName"])
        waits = step.given("waitOnCompletion") is True
        try:
            child = self._starter.start_child(step, name, step.given("parameters") or {})
        except RestError as error:
            return failed(error.code, error.message)
        step.memory["child"] = child.id
        step.memory["output"] = {"pipelineName": child.pipeline, "pipelineRunId": child.id}
        return Waiting() if waits else Done(step.memory["output"])

    def child_ended(self, step: Step, child: PipelineRun) -> Outcome:
        output = {**step.memory["output"], "pipelineReturnValue": child.returned}
        if child.status == "Succeeded":
            return Done(output)
        message = child.message or f"The pipeline run {child.id} was {child.status.lower()}."
        return Failed(Failure(code="BadRequest", message=message), output)
