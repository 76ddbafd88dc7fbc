"""The Pulumi program of a SageMaker pipeline on a schedule.

Imports nothing but pulumi, the providers' packages and this folder, so that the folder can be
taken along and run by `pulumi up`. `spec` is a StackSpec that the Blueprint has prepared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws
import pulumi_aws_native as aws_native

from . import names
from .building import definition_text
from .footprint import footprint
from .roles import Place, execution_policy, schedule_policy, trust
from .settings import Retry, Settings

if TYPE_CHECKING:
    from provisioning.contracts import ScheduleSpec, StackSpec

FOURTEEN_DAYS = 14 * 24 * 3600


def program(spec: StackSpec) -> None:
    settings = Settings.model_validate(spec.settings)
    tags = {"skyclock:pipeline": spec.slug, **spec.tags}
    place = Place(region=spec.region, account=spec.account)
    text = definition_text(settings, place.role(names.execution_role(spec.slug)))
    role = ExecutionRole(spec.slug, settings=settings, definition=text, place=place, tags=tags)
    pipeline = sagemaker_pipeline(spec, text, role=role, tags=tags)
    queue = dead_letter_queue(spec.slug, tags)
    schedules = {
        trigger.key: ScheduleTrigger(
            trigger,
            expressions=spec.natives[trigger.key],
            target=Target(spec, pipeline=pipeline, queue=queue, retry=settings.retry),
            tags=tags,
        ).names
        for trigger in spec.schedules
    }
    pulumi.export("pipeline_name", pipeline.pipeline_name)
    pulumi.export("pipeline_arn", names.pipeline_arn(spec.slug, spec.region, spec.account))
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


def dead_letter_queue(slug: str, tags: Mapping[str, str]) -> aws.sqs.Queue:
    """Keeps the starts that the scheduler gave up on."""
    return aws.sqs.Queue(
        "dead-letters",
        name=names.dead_letter_queue(slug),
        message_retention_seconds=FOURTEEN_DAYS,
        sqs_managed_sse_enabled=True,
        tags=tags,
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
        name = names.execution_role(slug)
        role = aws.iam.Role(
            "execution-role",
            name=name,
            description=f"Runs the SageMaker pipeline {names.pipeline(slug)}",
            assume_role_policy=_json(trust("sagemaker.amazonaws.com", place.account)),
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
            "execution-policy", name="run-jobs", role=role.name, policy=_json(policy), opts=child
        )
        self.arn = role.arn
        self.register_outputs({"arn": self.arn})


class Target:
    """What every schedule of the pipeline starts, and where failed starts go."""

    def __init__(
        self,
        spec: StackSpec,
        *,
        pipeline: aws_native.sagemaker.Pipeline,
        queue: aws.sqs.Queue,
        retry: Retry,
    ) -> None:
        self.slug = spec.slug
        self.account = spec.account
        self.pipeline = pipeline
        self.pipeline_arn = names.pipeline_arn(spec.slug, spec.region, spec.account)
        self.queue = queue
        self.retry = retry

    def args(self, role_arn: pulumi.Output[str]) -> aws.scheduler.ScheduleTargetArgs:
        return aws.scheduler.ScheduleTargetArgs(
            arn=self.pipeline_arn,
            role_arn=role_arn,
            dead_letter_config=aws.scheduler.ScheduleTargetDeadLetterConfigArgs(arn=self.queue.arn),
            retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                maximum_event_age_in_seconds=self.retry.maximum_event_age_seconds,
                maximum_retry_attempts=self.retry.maximum_retry_attempts,
            ),
        )


class ScheduleTrigger(pulumi.ComponentResource):
    """One schedule trigger: its own role, and a schedule per native expression."""

    def __init__(
        self,
        trigger: ScheduleSpec,
        *,
        expressions: tuple[str, ...],
        target: Target,
        tags: Mapping[str, str],
    ) -> None:
        super().__init__("skyclock:aws:ScheduleTrigger", f"on-{trigger.key}", None, None)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{trigger.key}-role",
            name=names.schedule_role(target.slug, trigger.key),
            description=f"Starts the SageMaker pipeline {names.pipeline(target.slug)}",
            assume_role_policy=_json(trust("scheduler.amazonaws.com", target.account)),
            tags=tags,
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{trigger.key}-policy",
            name="start-pipeline",
            role=role.name,
            policy=target.queue.arn.apply(
                lambda arn: _json(schedule_policy(pipeline_arn=target.pipeline_arn, queue_arn=arn))
            ),
            opts=child,
        )
        ready = pulumi.ResourceOptions(parent=self, depends_on=[policy, target.pipeline])
        self.names = [
            _schedule(trigger, position, expression, target=target, role=role, opts=ready).name
            for position, expression in enumerate(expressions)
        ]
        self.register_outputs({"names": self.names})


def _schedule(
    trigger: ScheduleSpec,
    position: int,
    expression: str,
    *,
    target: Target,
    role: aws.iam.Role,
    opts: pulumi.ResourceOptions,
) -> aws.scheduler.Schedule:
    """`expression` is written as the console shows it: "cron(0 6 * * ? *) Europe/Berlin"."""
    native, _, timezone = expression.rpartition(" ")
    number = f"-{position + 1}" if position else ""
    return aws.scheduler.Schedule(
        f"{trigger.key}{number}",
        name=names.schedule(target.slug, trigger.key, position),
        description=f"Trigger {trigger.key}: {trigger.cron} in {trigger.timezone}",
        schedule_expression=native,
        schedule_expression_timezone=timezone,
        start_date=_instant(trigger.start),
        end_date=_instant(trigger.end),
        flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
        state="DISABLED" if trigger.paused else "ENABLED",
        target=target.args(role.arn),
        opts=opts,
    )


def _instant(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document)
