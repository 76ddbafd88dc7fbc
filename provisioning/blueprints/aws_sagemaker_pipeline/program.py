"""The Pulumi program of a SageMaker pipeline and its triggers.

Imports nothing but pulumi, the providers' packages, this folder and `aws_common` beside it, so
that the two folders can be taken along and run by `pulumi up`. `spec` is a StackSpec that the
Blueprint has prepared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws
import pulumi_aws_native as aws_native

from ..aws_common.names import Place, execution_role
from ..aws_common.policies import trust
from ..aws_common.program_schedules import ScheduleTrigger
from ..aws_common.program_starting import Target, dead_letter_queue
from . import names
from .building import definition_text
from .footprint import footprint
from .roles import execution_policy
from .settings import Settings

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec


def program(spec: StackSpec) -> None:
    settings = Settings.model_validate(spec.settings)
    tags = {"skyclock:pipeline": spec.slug, **spec.tags}
    place = Place(region=spec.region, account=spec.account)
    text = definition_text(settings, place.role(execution_role(spec.slug)))
    role = ExecutionRole(spec.slug, settings=settings, definition=text, place=place, tags=tags)
    pipeline = sagemaker_pipeline(spec, text, role=role, tags=tags)
    queue = dead_letter_queue(spec.slug, tags)
    target = Target(
        slug=spec.slug,
        account=spec.account,
        arn=names.pipeline_arn(spec.slug, spec.region, spec.account),
        action="sagemaker:StartPipelineExecution",
        title=f"the SageMaker pipeline {names.pipeline(spec.slug)}",
        resource=pipeline,
        queue=queue,
        retry=settings.retry,
    )
    schedules = {
        trigger.key: ScheduleTrigger(
            trigger, expressions=spec.natives[trigger.key], target=target, tags=tags
        ).names
        for trigger in spec.schedules
    }
    pulumi.export("pipeline_name", pipeline.pipeline_name)
    pulumi.export("pipeline_arn", target.arn)
    pulumi.export("role_arn", role.arn)
    pulumi.export("schedules", schedules)
    pulumi.export("dead_letter_queue_url", queue.url)


def sagemaker_pipeline(
    spec: StackSpec, text: str, *, role: ExecutionRole, tags: Mapping[str, str]
) -> aws_native.sagemaker.Pipeline:
    return aws_native.sagemaker.Pipeline(
        "pipeline",
        pipeline_name=names.pipeline(spec.slug),
        pipeline_description=f"{spec.name} (deployed by Skyclock)",
        pipeline_definition=aws_native.sagemaker.PipelineDefinition0PropertiesArgs(
            pipeline_definition_body=text
        ),
        role_arn=role.arn,
        tags=[aws_native.TagArgs(key=key, value=value) for key, value in tags.items()],
        opts=pulumi.ResourceOptions(depends_on=[role]),  # its policy included
    )


class ExecutionRole(pulumi.ComponentResource):
    """What the pipeline and its jobs run as."""

    def __init__(
        self,
        slug: str,
        *,
        settings: Settings,
        definition: str,
        place: Place,
        tags: Mapping[str, str],
    ) -> None:
        super().__init__("skyclock:aws:ExecutionRole", "execution", None, None)
        child = pulumi.ResourceOptions(parent=self)
        name = execution_role(slug)
        role = aws.iam.Role(
            "execution-role",
            name=name,
            description=f"Runs the SageMaker pipeline {names.pipeline(slug)}",
            assume_role_policy=json.dumps(trust("sagemaker.amazonaws.com", place.account)),
            tags=tags,
            opts=child,
        )
        access = settings.data_access
        policy = execution_policy(
            footprint(json.loads(definition)),
            place=place,
            role_name=name,
            read=access.read,
            write=access.write,
        )
        aws.iam.RolePolicy(
            "execution-policy",
            name="run-jobs",
            role=role.name,
            policy=json.dumps(policy),
            opts=child,
        )
        self.arn = role.arn
        self.register_outputs({"arn": self.arn})
