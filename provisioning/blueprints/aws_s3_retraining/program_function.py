"""The Pulumi component of the function that starts the training jobs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from ..aws_common.names import Place
from ..aws_common.program_code import function_code, python_package
from . import names
from .roles import function_may, taken_by_lambda
from .settings import Settings
from .wiring import environment

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec

CODE = Path(__file__).parent / "assets" / "retraining"
RUNTIME = "python3.13"
SECONDS = 300  # SageMaker takes a few jobs a second: a burst of objects waits inside the function
MEMORY_MB = 256
KEEP_DAYS = 90
LONGEST_AGE = 6 * 3600  # how long Lambda keeps an event that it could not hand over
RETRIES = 2  # the most that Lambda makes


class Starter(pulumi.ComponentResource):
    def __init__(
        self,
        spec: StackSpec,
        settings: Settings,
        *,
        place: Place,
        queue: aws.sqs.Queue,
        ready: pulumi.Resource,
        tags: Mapping[str, str],
    ) -> None:
        super().__init__("skyclock:aws:Starter", "starter-parts", None, None)
        child = pulumi.ResourceOptions(parent=self)
        self._account = place.account
        what = f"Starts the training jobs {names.jobs(spec.slug)}-*"
        role = aws.iam.Role(
            "starter-role",
            name=names.function_role(spec.slug),
            description=what,
            assume_role_policy=json.dumps(taken_by_lambda()),
            tags=tags,
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            "starter-policy",
            name="start-jobs",
            role=role.name,
            policy=queue.arn.apply(
                lambda arn: json.dumps(function_may(spec.slug, place, queue_arn=arn))
            ),
            opts=child,
        )
        log = aws.cloudwatch.LogGroup(
            "starter-log",
            name=names.function_log(spec.slug),
            retention_in_days=KEEP_DAYS,
            tags=tags,
            opts=child,
        )
        code, digest = function_code(python_package(CODE))
        self.function = aws.lambda_.Function(
            "starter",
            name=names.function(spec.slug),
            description=what,
            role=role.arn,
            runtime=RUNTIME,
            handler="retraining.handler.handler",
            code=code,
            code_sha256=digest,
            environment=aws.lambda_.FunctionEnvironmentArgs(variables=environment(spec, settings)),
            timeout=SECONDS,
            memory_size=MEMORY_MB,
            dead_letter_config=aws.lambda_.FunctionDeadLetterConfigArgs(target_arn=queue.arn),
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy, log, ready]),
        )
        aws.lambda_.FunctionEventInvokeConfig(
            "starter-retries",
            function_name=self.function.name,
            maximum_retry_attempts=RETRIES,
            maximum_event_age_in_seconds=LONGEST_AGE,
            opts=child,
        )
        self.register_outputs({"name": self.function.name})

    def let_in(self, bucket: aws.s3.Bucket) -> aws.lambda_.Permission:
        """The bucket, of this account only, may call the function."""
        return aws.lambda_.Permission(
            "starter-permission",
            statement_id="objects-of-the-bucket",
            action="lambda:InvokeFunction",
            function=self.function.name,
            principal="s3.amazonaws.com",
            source_arn=bucket.arn,
            source_account=self._account,
            opts=pulumi.ResourceOptions(parent=self),
        )
