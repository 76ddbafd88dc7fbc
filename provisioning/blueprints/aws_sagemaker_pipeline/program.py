"""The Pulumi program of a SageMaker pipeline and its triggers.

Imports nothing but pulumi, the providers' packages, this folder and `aws_common` beside it, so
that the two folders can be taken along and run by `pulumi up`. `spec` is a StackSpec that the
Blueprint has prepared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws
import pulumi_aws_native as aws_native

from ..aws_common.names import Place, data_bucket, execution_role
from ..aws_common.policies import trust
from ..aws_common.program_data import OwnBucket
from ..aws_common.program_rules import RuleTrigger
from ..aws_common.program_schedules import ScheduleTrigger
from ..aws_common.program_starting import Target, dead_letter_queue
from ..aws_common.starts import given
from . import names
from .building import definition_text
from .footprint import footprint
from .roles import execution_policy
from .settings import Settings

if TYPE_CHECKING:
    from provisioning.contracts import EventSpec, ObjectCreatedSpec, StackSpec


def program(spec: StackSpec) -> None:
    settings = Settings.model_validate(spec.settings)
    tags = {"skyclock:pipeline": spec.slug, **spec.tags}
    place = Place(region=spec.region, account=spec.account)
    text = definition_text(settings, place.role(execution_role(spec.slug)))
    role = ExecutionRole(
        spec.slug,
        definition=text,
        place=place,
        read=[*settings.data_access.read, *landing(spec)],
        write=settings.data_access.write,
        tags=tags,
    )
    pipeline = sagemaker_pipeline(spec, text, role=role, tags=tags)
    by_rules = bool(spec.objects or spec.events)
    queue = dead_letter_queue(spec.slug, tags, rules_of=place if by_rules else None)
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
    rules = dict(rule_triggers(spec, settings, target=target, tags=tags))
    if spec.objects:
        own = OwnBucket(
            settings.data_bucket, slug=spec.slug, account=spec.account, events=True, tags=tags
        )
        pulumi.export("data_bucket", own.bucket.bucket)
    pulumi.export("pipeline_name", pipeline.pipeline_name)
    pulumi.export("pipeline_arn", target.arn)
    pulumi.export("role_arn", role.arn)
    pulumi.export("schedules", schedules)
    pulumi.export("rules", rules)
    pulumi.export("dead_letter_queue_url", queue.url)


def rule_triggers(
    spec: StackSpec, settings: Settings, *, target: Target, tags: Mapping[str, str]
) -> Iterator[tuple[str, pulumi.Output[str]]]:
    """S3 tells the default bus only; events are put where the settings say."""
    found: list[tuple[ObjectCreatedSpec | EventSpec, str]] = [
        *((trigger, "default") for trigger in spec.objects),
        *((trigger, settings.starts.event_bus) for trigger in spec.events),
    ]
    for trigger, bus in found:
        rule = RuleTrigger(
            trigger,
            pattern=spec.natives[trigger.key][0],
            target=target,
            tags=tags,
            bus=bus,
            pipeline=pipeline_parameters(trigger, settings),
        )
        yield trigger.key, rule.name


def landing(spec: StackSpec) -> list[str]:
    """Where objects that start the pipeline land; its steps read them."""
    bucket = data_bucket(spec.slug, spec.account)
    return [f"s3://{bucket}/{trigger.prefix}" for trigger in spec.objects]


def pipeline_parameters(
    trigger: ObjectCreatedSpec | EventSpec, settings: Settings
) -> aws.cloudwatch.EventTargetSagemakerPipelineTargetArgs | None:
    values = [
        aws.cloudwatch.EventTargetSagemakerPipelineTargetPipelineParameterListArgs(
            name=name, value=path
        )
        for name, path in given(trigger, settings.starts)
    ]
    if not values:
        return None
    return aws.cloudwatch.EventTargetSagemakerPipelineTargetArgs(pipeline_parameter_lists=values)


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
        definition: str,
        place: Place,
        read: Sequence[str],
        write: Sequence[str],
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
        policy = execution_policy(
            footprint(json.loads(definition)),
            place=place,
            role_name=name,
            read=read,
            write=write,
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
