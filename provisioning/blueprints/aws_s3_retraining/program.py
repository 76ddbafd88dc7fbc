"""The Pulumi program of a retraining: a bucket tells a function of its objects, and the function
starts a training job for each.

Imports nothing but pulumi, the providers' packages, this folder and those that Blueprints share,
so that they can be taken along and run by `pulumi up`. `spec` is a StackSpec that the Blueprint
has prepared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from ..aws_common.names import Place, execution_role
from ..aws_common.policies import trust
from ..aws_common.program_data import OwnBucket
from ..aws_common.program_schedules import ScheduleTrigger
from ..aws_common.program_starting import Target, dead_letter_queue
from . import names
from .program_function import Starter
from .roles import jobs_may
from .settings import Settings
from .wiring import CREATED, tags, told_by_schedule

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec


def program(spec: StackSpec) -> None:
    settings = Settings.model_validate(spec.settings)
    marks, place = tags(spec), Place(region=spec.region, account=spec.account)
    queue = dead_letter_queue(spec.slug, marks)
    bucket = OwnBucket(
        settings.data_bucket, slug=spec.slug, account=spec.account, events=False, tags=marks
    )
    jobs = job_role(settings, spec.slug, place=place, tags=marks)
    starter = Starter(spec, settings, place=place, queue=queue, ready=jobs, tags=marks)
    told = starter.let_in(bucket.bucket)
    notification(spec, bucket.bucket, starter.function, ready=told)
    for trigger in spec.schedules:
        ScheduleTrigger(
            trigger,
            expressions=spec.natives[trigger.key],
            target=Target(
                slug=spec.slug,
                account=spec.account,
                arn=names.function_arn(spec.slug, place),
                action="lambda:InvokeFunction",
                title=f"training jobs of the pipeline {spec.name}",
                resource=starter.function,
                queue=queue,
                retry=settings.retry,
            ),
            tags=marks,
            input=json.dumps(told_by_schedule(trigger.key)),
        )
    pulumi.export("data_bucket", bucket.bucket.bucket)
    pulumi.export("function", starter.function.name)
    pulumi.export("function_log", names.function_log(spec.slug))
    pulumi.export("dead_letter_queue_url", queue.url)


def job_role(
    settings: Settings, slug: str, *, place: Place, tags: Mapping[str, str]
) -> aws.iam.RolePolicy:
    """What the training jobs run as."""
    role = aws.iam.Role(
        "execution-role",
        name=execution_role(slug),
        description=f"Runs the training jobs {names.jobs(slug)}-*",
        assume_role_policy=json.dumps(trust("sagemaker.amazonaws.com", place.account)),
        tags=tags,
    )
    return aws.iam.RolePolicy(
        "execution-policy",
        name="train-models",
        role=role.name,
        policy=json.dumps(jobs_may(settings, slug, place)),
    )


def notification(
    spec: StackSpec,
    bucket: aws.s3.Bucket,
    function: aws.lambda_.Function,
    *,
    ready: aws.lambda_.Permission,
) -> aws.s3.BucketNotification:
    """One rule for each trigger that is not paused: S3 has no other way to pause one."""
    return aws.s3.BucketNotification(
        "notification",
        bucket=bucket.bucket,
        lambda_functions=[
            aws.s3.BucketNotificationLambdaFunctionArgs(
                id=trigger.key,
                lambda_function_arn=function.arn,
                events=[CREATED],
                filter_prefix=trigger.prefix or None,
                filter_suffix=trigger.suffix or None,
            )
            for trigger in spec.objects
            if not trigger.paused
        ],
        opts=pulumi.ResourceOptions(depends_on=[ready]),
    )
