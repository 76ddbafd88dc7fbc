"""What the references of a pipeline definition lead to, in one execution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.objects import Address, Objects
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.sagemaker.definition import ParsedDefinition, StepSpec
from provisioning.sandbox.aws.sagemaker.describing import describe_job
from provisioning.sandbox.aws.sagemaker.jobs import Jobs
from provisioning.sandbox.aws.sagemaker.parameters import typed
from provisioning.sandbox.aws.sagemaker.records import Execution, Job
from provisioning.sandbox.aws.sagemaker.references import Unresolvable
from provisioning.sandbox.clock import to_datetime


class ExecutionValues:
    def __init__(
        self,
        execution: Execution,
        definition: ParsedDefinition,
        *,
        jobs: Jobs,
        objects: Objects,
        session: Session,
        now: float,
    ) -> None:
        self._execution = execution
        self._definition = definition
        self._jobs = jobs
        self._objects = objects
        self._session = session
        self._now = now

    def parameter(self, name: str) -> Any:
        for declared in self._definition.parameters:
            if declared["Name"] == name:
                return typed(declared, self._execution.parameters[name])
        raise Unresolvable(f"Unknown parameter '{name}'")

    def variable(self, name: str) -> str:
        execution = self._execution
        known = {
            "StartDateTime": _iso(execution.created),
            "CurrentDateTime": _iso(self._now),
            "PipelineName": execution.pipeline,
            "PipelineArn": execution.pipeline_arn,
            "PipelineExecutionId": execution.id,
            "PipelineExecutionArn": execution.arn,
        }
        if name not in known:
            raise Unresolvable(f"Unknown variable 'Execution.{name}'")
        return known[name]

    def step(self, name: str) -> Mapping[str, Any]:
        state = self._execution.steps.get(name)
        if state is None:
            raise Unresolvable(f"Step '{name}' has not run")
        job = self._jobs.table.get(state.job) if state.job else None
        return describe_job(job) if job else state.values

    def property_file(self, step: str, name: str) -> str:
        job = self._job(step)
        file = _property_file(self._definition.step(step), name)
        for output in job.request["ProcessingOutputConfig"]["Outputs"]:
            if output["OutputName"] == file["OutputName"]:
                address = Address.parse(output["S3Output"]["S3Uri"]).under(file["FilePath"])
                return self._read(address)
        raise Unresolvable(f"Step '{step}' has no output '{file['OutputName']}'")

    def _job(self, step: str) -> Job:
        state = self._execution.steps.get(step)
        job = self._jobs.table.get(state.job) if state and state.job else None
        if job is None:
            raise Unresolvable(f"Step '{step}' has not run")
        return job

    def _read(self, address: Address) -> str:
        try:
            return self._objects.read(address, self._session).decode()
        except AwsError as error:
            raise Unresolvable(
                f"s3://{address.bucket}/{address.key} cannot be read: {error.message}"
            ) from error


def _property_file(step: StepSpec, name: str) -> Mapping[str, Any]:
    for file in step.raw.get("PropertyFiles", []):
        if file["PropertyFileName"] == name:
            found: Mapping[str, Any] = file
            return found
    raise Unresolvable(f"Step '{step.name}' has no property file '{name}'")


def _iso(seconds: float) -> str:
    return to_datetime(seconds).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
