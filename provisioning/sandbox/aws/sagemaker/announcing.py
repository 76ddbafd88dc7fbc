"""What SageMaker says on the default event bus when something changes.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from provisioning.sandbox.aws.sagemaker.definitions import Definitions
from provisioning.sandbox.aws.sagemaker.describing import describe_job
from provisioning.sandbox.aws.sagemaker.records import Execution, Job, StepState
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.clock import to_datetime

SOURCE = "aws.sagemaker"
_PIPELINE = "SageMaker Model Building Pipeline Execution"


class Bus(Protocol):
    def listens(self, place: Place) -> bool:
        """Whether anybody would hear an event of a service there."""

    def say(
        self, place: Place, *, source: str, kind: str, resources: list[str], detail: dict[str, Any]
    ) -> None: ...


class Announcing:
    def __init__(self, bus: Bus, definitions: Definitions) -> None:
        self._bus = bus
        self._definitions = definitions

    def job(self, job: Job) -> None:
        """A job, new or at its next stage, is described whole, its times in milliseconds."""
        if not self._bus.listens(job.place):
            return
        title = job.kind.capitalize()
        described = _in_milliseconds(describe_job(job))
        tags = {tag["Key"]: tag["Value"] for tag in job.tags}
        self._bus.say(
            job.place,
            source=SOURCE,
            kind=f"SageMaker {title} Job State Change",
            resources=[job.arn],
            detail={f"{title}JobName": job.name, **described, "Tags": tags},
        )

    def execution(self, execution: Execution, before: Mapping[str, str]) -> None:
        """`before` are the statuses that were told last, of the whole by ""."""
        if not self._bus.listens(execution.place):
            return
        for name, state in execution.steps.items():
            if state.status != before.get(name) and state.status != "Retrying":
                self._step(execution, name, state, before.get(name))
        if execution.status != before.get(""):
            self._whole(execution, before.get(""))

    def _whole(self, execution: Execution, before: str | None) -> None:
        detail = {
            "pipelineExecutionDisplayName": execution.display_name,
            "pipelineExecutionDescription": execution.description,
            "currentPipelineExecutionStatus": execution.status,
            "previousPipelineExecutionStatus": before,
            "executionStartTime": _written(execution.created),
            "executionEndTime": _written(execution.modified) if execution.final else None,
            "pipelineArn": execution.pipeline_arn,
            "pipelineExecutionArn": execution.arn,
        }
        self._about(execution, f"{_PIPELINE} Status Change", detail)

    def _step(self, execution: Execution, name: str, state: StepState, before: str | None) -> None:
        steps = self._definitions.parsed(execution.definition).steps
        detail = {
            "stepName": name,
            "stepType": next((spec.type for spec in steps if spec.name == name), ""),
            "metadata": _small(state.metadata),
            "currentStepStatus": state.status,
            "previousStepStatus": before,
            "stepStartTime": _written(state.started),
            "stepEndTime": _written(state.ended) if state.ended else None,
            "failureReason": state.reason,
            "pipelineArn": execution.pipeline_arn,
            "pipelineExecutionArn": execution.arn,
        }
        self._about(execution, f"{_PIPELINE} Step Status Change", detail)

    def _about(self, execution: Execution, kind: str, detail: Mapping[str, Any]) -> None:
        self._bus.say(
            execution.place,
            source=SOURCE,
            kind=kind,
            resources=[execution.pipeline_arn, execution.arn],
            detail={name: value for name, value in detail.items() if value is not None},
        )


def _written(time: float) -> str:
    return to_datetime(time).strftime("%Y-%m-%dT%H:%M:%SZ")


def _in_milliseconds(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: int(each * 1000) if _is_time(name, each) else _in_milliseconds(each)
            for name, each in value.items()
            if each is not None
        }
    return [_in_milliseconds(each) for each in value] if isinstance(value, list) else value


def _is_time(name: str, value: Any) -> bool:
    return name.endswith(("Time", "Timestamp")) and isinstance(value, (int, float))


def _small(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """{"TrainingJob": {"Arn": …}} is written {"trainingJob": {"arn": …}} here."""

    def lowered(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name[:1].lower() + name[1:]: lowered(each) for name, each in value.items()}

    made: dict[str, Any] = lowered(metadata)
    return made
