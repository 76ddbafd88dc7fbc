"""The operations on executions of pipelines."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.paging import page
from provisioning.sandbox.aws.sagemaker.definitions import Definitions
from provisioning.sandbox.aws.sagemaker.executions import Executions
from provisioning.sandbox.aws.sagemaker.parameters import execution_parameters
from provisioning.sandbox.aws.sagemaker.pipelines_api import PipelinesApi, identity_of
from provisioning.sandbox.aws.sagemaker.records import Execution, StepState
from provisioning.sandbox.aws.services import Call, Operation
from provisioning.sandbox.aws.world import World

Answer = Mapping[str, Any]


class ExecutionsApi:
    def __init__(
        self,
        world: World,
        *,
        definitions: Definitions,
        executions: Executions,
        pipelines: PipelinesApi,
    ) -> None:
        self._clock = world.clock
        self._definitions = definitions
        self._executions = executions
        self._pipelines = pipelines

    def operations(self) -> dict[str, Operation]:
        return {
            "StartPipelineExecution": self.start,
            "StopPipelineExecution": self.stop,
            "RetryPipelineExecution": self.retry,
            "UpdatePipelineExecution": self.update,
            "DescribePipelineExecution": self.describe,
            "DescribePipelineDefinitionForExecution": self.describe_definition,
            "ListPipelineExecutions": self.list,
            "ListPipelineExecutionSteps": self.list_steps,
            "ListPipelineParametersForExecution": self.list_parameters,
        }

    def start(self, call: Call) -> Answer:
        pipeline = self._pipelines.find(call.place, call["PipelineName"])
        token = call.get("ClientRequestToken")
        earlier = self._executions.with_token(pipeline.arn, token) if token else None
        if earlier:
            return {"PipelineExecutionArn": earlier.arn}
        definition = self._definitions.parsed(pipeline.definition)
        given = call.get("PipelineParameters", [])
        now, identity = self._clock.now(), identity_of(call.caller)
        execution = Execution(
            account=pipeline.account,
            region=pipeline.region,
            pipeline=pipeline.name,
            id=_new_id(),
            display_name=call.get("PipelineExecutionDisplayName") or f"execution-{int(now * 1000)}",
            description=call.get("PipelineExecutionDescription"),
            definition=pipeline.definition,
            role=pipeline.role,
            parallelism=call.get("ParallelismConfiguration", pipeline.parallelism),
            parameters=execution_parameters(definition.parameters, given),
            given=[parameter["Name"] for parameter in given],
            token=token,
            created=now,
            modified=now,
            created_by=identity,
            modified_by=identity,
        )
        pipeline.last_run = now
        self._pipelines.table.put(pipeline)
        self._executions.begin(execution)
        return {"PipelineExecutionArn": execution.arn}

    def stop(self, call: Call) -> Answer:
        execution = self._find(call)
        self._executions.stop(execution)
        return {"PipelineExecutionArn": execution.arn}

    def retry(self, call: Call) -> Answer:
        execution = self._find(call)
        if execution.retry_token != call["ClientRequestToken"]:
            self._executions.retry(execution)
            execution.retry_token = call["ClientRequestToken"]
            execution.parallelism = call.get("ParallelismConfiguration", execution.parallelism)
            self._executions.table.put(execution)
        return {"PipelineExecutionArn": execution.arn}

    def update(self, call: Call) -> Answer:
        execution = self._find(call)
        execution.description = call.get("PipelineExecutionDescription", execution.description)
        execution.display_name = call.get("PipelineExecutionDisplayName", execution.display_name)
        execution.parallelism = call.get("ParallelismConfiguration", execution.parallelism)
        execution.modified_by = identity_of(call.caller)
        if not execution.final:  # the last change of a finished one says when it ended
            execution.modified = self._clock.now()
        self._executions.table.put(execution)
        return {"PipelineExecutionArn": execution.arn}

    def describe(self, call: Call) -> Answer:
        execution = self._find(call)
        return {
            "PipelineArn": execution.pipeline_arn,
            "PipelineExecutionArn": execution.arn,
            "PipelineExecutionDisplayName": execution.display_name,
            "PipelineExecutionStatus": execution.status,
            "PipelineExecutionDescription": execution.description,
            "FailureReason": execution.failure,
            "CreationTime": execution.created,
            "LastModifiedTime": execution.modified,
            "CreatedBy": execution.created_by.described(),
            "LastModifiedBy": execution.modified_by.described(),
            "ParallelismConfiguration": execution.parallelism,
        }

    def describe_definition(self, call: Call) -> Answer:
        execution = self._find(call)
        return {
            "PipelineDefinition": self._definitions.text(execution.definition),
            "CreationTime": execution.created,
        }

    def list(self, call: Call) -> Answer:
        pipeline = self._pipelines.find(call.place, call["PipelineName"])
        after, before = call.get("CreatedAfter"), call.get("CreatedBefore")
        found = [
            execution
            for execution in self._executions.of_pipeline(pipeline.arn)
            if (after is None or execution.created > after)
            and (before is None or execution.created < before)
        ]
        by_arn = call.get("SortBy") == "PipelineExecutionArn"
        found.sort(
            key=lambda each: (each.arn if by_arn else "", each.created, each.arn),
            reverse=call.get("SortOrder", "Descending") == "Descending",
        )
        answer = page(call, found, result="PipelineExecutionSummaries", default=10)
        summaries = [_summary(each) for each in answer["PipelineExecutionSummaries"]]
        return {**answer, "PipelineExecutionSummaries": summaries}

    def list_steps(self, call: Call) -> Answer:
        execution = self._find(call)
        definition = self._definitions.parsed(execution.definition)
        raw = {step.name: step.raw for step in definition.steps}
        steps = [_step(name, state, raw[name]) for name, state in execution.steps.items()]
        steps.sort(
            key=lambda step: step["StartTime"],
            reverse=call.get("SortOrder", "Descending") == "Descending",
        )
        return page(call, steps, result="PipelineExecutionSteps", default=10)

    def list_parameters(self, call: Call) -> Answer:
        execution = self._find(call)
        values = [{"Name": name, "Value": value} for name, value in execution.parameters.items()]
        return page(call, values, result="PipelineParameters", default=10)

    def _find(self, call: Call) -> Execution:
        arn = call["PipelineExecutionArn"]
        execution = self._executions.find(arn)
        if execution.place != call.place:
            raise AwsError("ResourceNotFound", f"Pipeline execution '{arn}' does not exist.")
        return execution


def _new_id() -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(12))


def _summary(execution: Execution) -> dict[str, Any]:
    return {
        "PipelineExecutionArn": execution.arn,
        "StartTime": execution.created,
        "PipelineExecutionStatus": execution.status,
        "PipelineExecutionDescription": execution.description,
        "PipelineExecutionDisplayName": execution.display_name,
        "PipelineExecutionFailureReason": execution.failure,
    }


def _step(name: str, state: StepState, raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "StepName": name,
        "StepDisplayName": raw.get("DisplayName"),
        "StepDescription": raw.get("Description"),
        "StartTime": state.started,
        "EndTime": state.ended,
        "StepStatus": "Starting" if state.status == "Retrying" else state.status,
        "FailureReason": state.reason,
        "AttemptCount": state.attempt,
        "Metadata": state.metadata or None,
    }
