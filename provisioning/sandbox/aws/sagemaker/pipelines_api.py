"""The operations on pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.errors import AwsError, validation
from provisioning.sandbox.aws.objects import object_body
from provisioning.sandbox.aws.paging import page
from provisioning.sandbox.aws.roles import can_assume
from provisioning.sandbox.aws.sagemaker.definitions import Definitions
from provisioning.sandbox.aws.sagemaker.executions import Executions
from provisioning.sandbox.aws.sagemaker.jobs import PRINCIPAL
from provisioning.sandbox.aws.sagemaker.records import (
    Identity,
    Pipeline,
    pipeline_key,
)
from provisioning.sandbox.aws.services import Call, Operation, Place
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.records import Table

Answer = Mapping[str, Any]


class PipelinesApi:
    def __init__(self, world: World, *, definitions: Definitions, executions: Executions) -> None:
        self._clock = world.clock
        self._definitions = definitions
        self._executions = executions
        self.table = Table(world.store, kind="pipeline", record=Pipeline)

    def operations(self) -> dict[str, Operation]:
        return {
            "CreatePipeline": self.create,
            "UpdatePipeline": self.update,
            "DescribePipeline": self.describe,
            "DeletePipeline": self.delete,
            "ListPipelines": self.list,
        }

    def find(self, place: Place, name_or_arn: str) -> Pipeline:
        name = name_or_arn.rpartition("/")[2]
        pipeline = self.table.get(pipeline_key(place, name))
        if pipeline is None:
            arn = place.arn("sagemaker", f"pipeline/{name.lower()}")
            raise AwsError("ResourceNotFound", f"Pipeline '{arn}' does not exist.")
        return pipeline

    def create(self, call: Call) -> Answer:
        name = call["PipelineName"]
        existing = self.table.get(pipeline_key(call.place, name))
        if existing:
            if existing.token == call.get("ClientRequestToken"):
                return {"PipelineArn": existing.arn}
            raise validation(
                "Pipeline names must be unique within an AWS account and region. "
                f"Pipeline with name ({name}) already exists."
            )
        _require_role(call["RoleArn"], call.place)
        now, identity = self._clock.now(), identity_of(call.caller)
        pipeline = Pipeline(
            account=call.place.account,
            region=call.place.region,
            name=name,
            display_name=call.get("PipelineDisplayName"),
            description=call.get("PipelineDescription"),
            definition=self._definitions.keep(_definition_text(call)),
            role=call["RoleArn"],
            parallelism=call.get("ParallelismConfiguration"),
            tags=call.get("Tags", []),
            token=call.get("ClientRequestToken"),
            created=now,
            modified=now,
            created_by=identity,
            modified_by=identity,
        )
        self.table.put(pipeline)
        return {"PipelineArn": pipeline.arn}

    def update(self, call: Call) -> Answer:
        pipeline = self.find(call.place, call["PipelineName"])
        if call.get("PipelineDefinition") or call.get("PipelineDefinitionS3Location"):
            pipeline.definition = self._definitions.keep(_definition_text(call))
        if call.get("RoleArn"):
            _require_role(call["RoleArn"], call.place)
            pipeline.role = call["RoleArn"]
        pipeline.display_name = call.get("PipelineDisplayName", pipeline.display_name)
        pipeline.description = call.get("PipelineDescription", pipeline.description)
        pipeline.parallelism = call.get("ParallelismConfiguration", pipeline.parallelism)
        pipeline.modified = self._clock.now()
        pipeline.modified_by = identity_of(call.caller)
        self.table.put(pipeline)
        return {"PipelineArn": pipeline.arn}

    def describe(self, call: Call) -> Answer:
        pipeline = self.find(call.place, call["PipelineName"])
        return {
            **_summary(pipeline),
            "PipelineDefinition": self._definitions.text(pipeline.definition),
            "PipelineStatus": "Active",
            "LastRunTime": pipeline.last_run,
            "CreatedBy": pipeline.created_by.described(),
            "LastModifiedBy": pipeline.modified_by.described(),
            "ParallelismConfiguration": pipeline.parallelism,
        }

    def delete(self, call: Call) -> Answer:
        """As documented: not while an execution is running, and its executions go with it."""
        pipeline = self.find(call.place, call["PipelineName"])
        own = self._executions.of_pipeline(pipeline.arn)
        running = [each for each in own if not each.final]
        if running:
            raise AwsError(
                "ConflictException",
                f"Pipeline '{pipeline.arn}' has {len(running)} running execution(s). Stop them "
                f"before you delete the pipeline: {running[0].arn}",
            )
        self._executions.delete_all(pipeline.arn)
        self.table.delete(pipeline.key)
        return {"PipelineArn": pipeline.arn}

    def list(self, call: Call) -> Answer:
        after, before = call.get("CreatedAfter"), call.get("CreatedBefore")
        found = [
            pipeline
            for pipeline in self.table
            if pipeline.place == call.place
            and pipeline.name.startswith(call.get("PipelineNamePrefix", ""))
            and (after is None or pipeline.created > after)
            and (before is None or pipeline.created < before)
        ]
        by_name = call.get("SortBy") == "Name"
        found.sort(
            key=lambda each: (each.name if by_name else "", each.created),
            reverse=call.get("SortOrder", "Descending") == "Descending",
        )
        return page(
            call, [_summary(each) for each in found], result="PipelineSummaries", default=10
        )


def identity_of(caller: Caller) -> Identity:
    return Identity(arn=caller.arn, principal_id=caller.principal_id)


def _require_role(role: str, place: Place) -> None:
    if not can_assume(role, service=PRINCIPAL, context={"aws:SourceAccount": place.account}):
        raise validation(
            f"Could not assume role {role}. Please ensure that the role exists and allows "
            f"principal '{PRINCIPAL}' to assume the role."
        )


def _definition_text(call: Call) -> str:
    text: str | None = call.get("PipelineDefinition")
    if text:
        return text
    location = call.get("PipelineDefinitionS3Location")
    if not location:
        raise validation("Either PipelineDefinition or PipelineDefinitionS3Location is required.")
    body = object_body(location["Bucket"], location["ObjectKey"])
    if body is None:
        raise validation(f"s3://{location['Bucket']}/{location['ObjectKey']} cannot be read.")
    return body.decode("utf-8", "replace")


def _summary(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "PipelineArn": pipeline.arn,
        "PipelineName": pipeline.name,
        "PipelineDisplayName": pipeline.display_name,
        "PipelineDescription": pipeline.description,
        "RoleArn": pipeline.role,
        "CreationTime": pipeline.created,
        "LastModifiedTime": pipeline.modified,
        "LastExecutionTime": pipeline.last_run,
    }
