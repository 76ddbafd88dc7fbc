"""SageMaker: our operations, the rest left to moto."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.logs import Logs
from provisioning.sandbox.aws.objects import Objects
from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse, Later
from provisioning.sandbox.aws.sagemaker.announcing import Announcing, Bus
from provisioning.sandbox.aws.sagemaker.definitions import Definitions
from provisioning.sandbox.aws.sagemaker.executions import Executions
from provisioning.sandbox.aws.sagemaker.executions_api import ExecutionsApi
from provisioning.sandbox.aws.sagemaker.jobs import Jobs
from provisioning.sandbox.aws.sagemaker.jobs_api import JobsApi
from provisioning.sandbox.aws.sagemaker.models import Models
from provisioning.sandbox.aws.sagemaker.notebooks import Notebooks
from provisioning.sandbox.aws.sagemaker.notebooks_api import NotebooksApi
from provisioning.sandbox.aws.sagemaker.pipelines_api import PipelinesApi
from provisioning.sandbox.aws.sagemaker.steps import Steps
from provisioning.sandbox.aws.sagemaker.tags_api import TAG_OPERATIONS, TagsApi, owns
from provisioning.sandbox.aws.services import Call, JsonService, Place
from provisioning.sandbox.aws.world import World


class SageMaker(JsonService):
    def __init__(self, world: World) -> None:
        objects, logs = Objects(world.moto), Logs(world.moto)
        jobs = Jobs(world, objects=objects, logs=logs)
        models = Models(moto=world.moto, objects=objects)
        definitions = Definitions(world.store)
        steps = Steps(jobs=jobs, models=models, objects=objects, misbehaviour=world.misbehaviour)
        executions = Executions(world, steps=steps, definitions=definitions)
        jobs.when_final.append(executions.job_done)
        self.jobs = jobs
        pipelines = PipelinesApi(world, definitions=definitions, executions=executions)
        self._executions_api = ExecutionsApi(
            world, definitions=definitions, executions=executions, pipelines=pipelines
        )
        self._models = models
        self._executions, self._definitions = executions, definitions
        notebooks = Notebooks(world)
        tags = TagsApi(pipelines.table, jobs.table, notebooks.table)
        super().__init__(
            "sagemaker",
            {
                **pipelines.operations(),
                **self._executions_api.operations(),
                **JobsApi(jobs=jobs, models=models).operations(),
                **NotebooksApi(world, notebooks).operations(),
                **tags.operations(),
                "CreateModelPackage": self._package_again,
                "DeleteModelPackageGroup": self._delete_group,
                "DeleteModelPackage": self._delete_package,
            },
        )

    def start_pipeline(self, call: Call) -> Mapping[str, Any]:
        """StartPipelineExecution for callers inside the sandbox, such as a schedule."""
        return self._executions_api.start(call)

    def announce_on(self, bus: Bus) -> None:
        """From now on the default event bus hears of every change."""
        announcing = Announcing(bus, self._definitions)
        self.jobs.on_change = announcing.job
        self._executions.on_change = announcing.execution

    def answer(self, request: AwsRequest, caller: Caller) -> AwsResponse | Later | None:
        found = self.operation_of(request)
        if found and found[0] in TAG_OPERATIONS and not owns(found[1].get("ResourceArn")):
            return None
        if found and found[0] == "CreateModelPackage":
            place = Place(account=caller.account, region=request.region)
            if not self._made_before(place, found[1]):
                return None
        return super().answer(request, caller)

    def _made_before(self, place: Place, given: Mapping[str, Any]) -> str | None:
        group, token = given.get("ModelPackageGroupName"), given.get("ClientToken")
        return self._models.made_with(place, group, token)

    def _package_again(self, call: Call) -> Mapping[str, Any]:
        return {"ModelPackageArn": self._made_before(call.place, call.given)}

    def _delete_group(self, call: Call) -> None:
        self._models.delete_group(call.place, call["ModelPackageGroupName"])

    def _delete_package(self, call: Call) -> None:
        self._models.delete_package(call.place, call["ModelPackageName"])
