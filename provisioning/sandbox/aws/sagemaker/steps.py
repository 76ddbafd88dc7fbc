"""What each kind of pipeline step does when it starts, and when its time is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.misbehaviour import Misbehaviour
from provisioning.sandbox.aws.objects import Objects
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.sagemaker.arguments import OPERATIONS, coerced, request_shape
from provisioning.sandbox.aws.sagemaker.chance import chance
from provisioning.sandbox.aws.sagemaker.conditions import all_met
from provisioning.sandbox.aws.sagemaker.definition import ParsedDefinition, StepSpec
from provisioning.sandbox.aws.sagemaker.jobs import PRINCIPAL, Jobs
from provisioning.sandbox.aws.sagemaker.models import Models
from provisioning.sandbox.aws.sagemaker.property_files import property_files
from provisioning.sandbox.aws.sagemaker.records import (
    Execution,
    JobKind,
    StepOfJob,
    StepState,
    job_arn,
)
from provisioning.sandbox.aws.sagemaker.references import Unresolvable, resolve
from provisioning.sandbox.aws.sagemaker.values import ExecutionValues

_JOBS: dict[str, JobKind] = {
    "Processing": "processing",
    "Training": "training",
    "Transform": "transform",
}
# Seconds of sandbox time of the steps that make no job.
_SECONDS = {"RegisterModel": 1.2, "Model": 0.8, "Condition": 0.4, "Fail": 0.3}


class StepFailed(Exception):
    """The text is the step's FailureReason."""


@dataclass(frozen=True)
class StepRun:
    """One step of one execution, about to do something."""

    execution: Execution
    definition: ParsedDefinition
    spec: StepSpec
    session: Session
    now: float


class Steps:
    def __init__(
        self, *, jobs: Jobs, models: Models, objects: Objects, misbehaviour: Misbehaviour
    ) -> None:
        self._jobs = jobs
        self._models = models
        self._objects = objects
        self._misbehaviour = misbehaviour

    def start(self, run: StepRun, state: StepState) -> None:
        """Raises StepFailed."""
        if run.spec.type in _JOBS:
            self._start_job(run, state)
        else:
            state.due = run.now + _SECONDS[run.spec.type]

    def finish(self, run: StepRun, state: StepState) -> None:
        """The time of a step without a job is over; raises StepFailed."""
        state.due = None
        if run.spec.type == "Condition":
            met = self._resolving(run, all_met, run.spec.arguments["Conditions"])
            state.values = {"Outcome": "True" if met else "False"}
            state.metadata = {"Condition": {"Outcome": state.values["Outcome"]}}
        elif run.spec.type == "Fail":
            message = self._resolving(run, resolve, run.spec.arguments.get("ErrorMessage", ""))
            state.metadata = {"Fail": {"ErrorMessage": str(message)}}
            raise StepFailed(str(message))
        else:
            self._make_model(run, state)

    def stop_job(self, key: str) -> None:
        job = self._jobs.table.get(key)
        if job and not job.final:
            self._jobs.stop(job)

    def _start_job(self, run: StepRun, state: StepState) -> None:
        kind = _JOBS[run.spec.type]
        operation = OPERATIONS[run.spec.type]
        name = _generated_name(run, state.attempt)
        request = {**self._arguments(run), f"{run.spec.type}JobName": name}
        request["Tags"] = [*request.get("Tags", []), *_pipeline_tags(run.execution)]
        place = run.execution.place
        step = StepOfJob(
            execution=run.execution.key,
            step=run.spec.name,
            property_files=property_files(run.spec, run.definition, name),
        )
        try:
            arn = job_arn(kind, place, name)
            run.session.require(f"sagemaker:{operation}", arn)
            run.session.require("sagemaker:AddTags", arn)
            self._misbehaviour.refuse("sagemaker", operation)
            if kind == "transform":
                request["ExecutionRoleArn"] = self._models.role_of(place, request["ModelName"])
            else:
                request.setdefault("RoleArn", run.execution.role)
                _require_pass_role(run.session, request["RoleArn"])
            job = self._jobs.create(kind, place, request, step=step)
        except AwsError as error:
            raise _not_invoked(operation, error) from error
        state.job = job.key
        state.metadata = {f"{run.spec.type}Job": {"Arn": job.arn}}

    def _make_model(self, run: StepRun, state: StepState) -> None:
        operation = OPERATIONS[run.spec.type]
        arguments = self._arguments(run)
        try:
            self._misbehaviour.refuse("sagemaker", operation)
            if run.spec.type == "Model":
                arguments.setdefault("ExecutionRoleArn", run.execution.role)
                _require_pass_role(run.session, arguments["ExecutionRoleArn"])
                arguments["ModelName"] = _generated_name(run, state.attempt)
                arn = self._models.create(run.execution.place, arguments, run.session)
                state.values = {"ModelName": arguments["ModelName"], "ModelArn": arn}
                state.metadata = {"Model": {"Arn": arn}}
            else:
                arn = self._models.register(run.execution.place, arguments, run.session)
                state.values = {**arguments, "ModelPackageArn": arn}
                state.metadata = {"RegisterModel": {"Arn": arn}}
        except AwsError as error:
            raise _not_invoked(operation, error) from error

    def _arguments(self, run: StepRun) -> dict[str, Any]:
        resolved = self._resolving(run, resolve, run.spec.arguments)
        shape = request_shape(run.spec.type)
        arguments: dict[str, Any] = coerced(shape, resolved) if shape else resolved
        return arguments

    def _resolving(self, run: StepRun, use: Any, value: Any) -> Any:
        values = ExecutionValues(
            run.execution,
            run.definition,
            jobs=self._jobs,
            objects=self._objects,
            session=run.session,
            now=run.now,
        )
        try:
            return use(value, values)
        except Unresolvable as error:
            raise StepFailed(
                f"ClientError: Failed to resolve the step's values. {error}"
            ) from error


def _generated_name(run: StepRun, attempt: int) -> str:
    unique = chance(run.execution.arn, run.spec.name, str(attempt)).choices(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=10
    )
    # SageMaker shortens the step's name to fit all of it into 63 characters.
    room = 63 - len(f"pipelines-{run.execution.id}--{''.join(unique)}")
    return f"pipelines-{run.execution.id}-{run.spec.name[:room].rstrip('-')}-{''.join(unique)}"


def _pipeline_tags(execution: Execution) -> list[Mapping[str, str]]:
    return [
        {"Key": "sagemaker:pipeline-execution-arn", "Value": execution.arn},
        {"Key": "sagemaker:pipeline-name", "Value": execution.pipeline},
    ]


def _require_pass_role(session: Session, role: str) -> None:
    session.require("iam:PassRole", role, context={"iam:PassedToService": PRINCIPAL})


def _not_invoked(operation: str, error: AwsError) -> StepFailed:
    return StepFailed(
        f"ClientError: Failed to invoke sagemaker:{operation}. Error Details: {error.message}"
    )
