"""What tasks submit and then wait for: jobs of SageMaker, and executions of other machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.sagemaker.describing import describe_job
from provisioning.sandbox.aws.sagemaker.jobs import Jobs
from provisioning.sandbox.aws.sagemaker.records import Job, job_key
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.shapes import operation_model, shape_output
from provisioning.sandbox.aws.states import results
from provisioning.sandbox.aws.states.language.problems import TASK_FAILED
from provisioning.sandbox.aws.states.records import Execution, Outcome
from provisioning.sandbox.aws.states.resources import Resource
from provisioning.sandbox.clock import to_datetime

if TYPE_CHECKING:
    from provisioning.sandbox.aws.states.engine import Engine

_TITLES = {"training": "Training", "processing": "Processing", "transform": "Transform"}


class Waiting:
    """Hears of ends, and passes them on to the engine that it is `attach`ed to."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._engine: Engine | None = None

    def attach(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs.when_final.append(self._job_ended)
        engine.on_change.append(self._execution_changed)

    def name_of(
        self, resource: Resource, given: Mapping[str, Any], answer: Mapping[str, Any], place: Place
    ) -> str:
        """Of what a call has submitted."""
        if resource.kind == "states":
            how = "parsed" if resource.pattern == ".sync:2" else "text"
            return f"execution/{how}/{answer['executionArn']}"
        kind = next(kind for kind, title in _TITLES.items() if title in resource.operation)
        return f"job/{job_key(kind, place, given[f'{_TITLES[kind]}JobName'])}"

    def cancel(self, name: str, session: Session) -> None:
        """As far as the role may: what it may not stop goes on, as on AWS."""
        what, _, key = name.partition("/")
        if what == "job":
            job = self._jobs.table.get(key)
            action = f"sagemaker:Stop{_TITLES[job.kind]}Job" if job else ""
            if job and not job.final and session.allows(action, job.arn):
                self._jobs.stop(job)
        elif self._engine:
            arn = key.partition("/")[2]
            execution = self._engine.table.get(arn)
            if execution and not execution.final and session.allows("states:StopExecution", arn):
                self._engine.stop(execution, error=None, cause=None)

    def _job_ended(self, job: Job) -> None:
        if self._engine:
            self._engine.task_ended(f"job/{job.key}", _outcome_of_job(job))

    def _execution_changed(self, execution: Execution) -> None:
        if execution.final and self._engine:
            for how in ("text", "parsed"):
                name = f"execution/{how}/{execution.arn}"
                self._engine.task_ended(name, _outcome_of(execution, parsed=how == "parsed"))


def _outcome_of_job(job: Job) -> Outcome:
    title = _TITLES[job.kind]
    shape = operation_model("sagemaker", f"Describe{title}Job").output_shape
    found = results.described(_with_times(shape, shape_output(shape, describe_job(job))))
    found = {f"{title}JobName": job.name, **found}
    if job.status == "Completed":
        return Outcome(output=found)
    return Outcome(failed=True, error=TASK_FAILED, cause=results.as_text(found))


def _outcome_of(execution: Execution, *, parsed: bool) -> Outcome:
    found: dict[str, Any] = {
        "ExecutionArn": execution.arn,
        "Input": json.loads(execution.input) if parsed else execution.input,
        "InputDetails": {"Included": True},
        "Name": execution.name,
        "StartDate": round(execution.started * 1000),
        "StateMachineArn": execution.machine_arn,
        "Status": execution.status,
        "StopDate": round((execution.stopped or 0) * 1000),
    }
    if execution.status == "SUCCEEDED":
        output = execution.output or "null"
        found |= {"Output": json.loads(output) if parsed else output}
        return Outcome(output={**found, "OutputDetails": {"Included": True}})
    errors = {"Error": execution.error, "Cause": execution.cause}
    found |= {name: value for name, value in errors.items() if value is not None}
    return Outcome(failed=True, error=TASK_FAILED, cause=results.as_text(found))


def _with_times(shape: Any, value: Any) -> Any:
    """Seconds as times where the model has times."""
    if shape.type_name == "structure":
        return {name: _with_times(shape.members[name], each) for name, each in value.items()}
    if shape.type_name == "list":
        return [_with_times(shape.member, each) for each in value]
    if shape.type_name == "timestamp":
        return to_datetime(value)
    return value
