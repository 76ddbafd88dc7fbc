"""The Pulumi component of the handler: the function that answers events with the next step."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from ..aws_common.names import Place, every_rule
from ..aws_common.policies import trust
from ..aws_common.program_code import function_code, python_package
from ..aws_common.program_rules import dead_letters
from . import names
from .program_bus import Bus
from .roles import handler_may
from .settings import Settings
from .wiring import handler_config, job_changes, next_steps

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec

PACKAGE = "training_events"
CODE = Path(__file__).parent / "assets" / PACKAGE
RUNTIME = "python3.13"
SECONDS = 300  # SageMaker takes a few jobs a second: a burst of events waits inside the function
MEMORY_MB = 256
KEEP_DAYS = 90


class Handler(pulumi.ComponentResource):
    def __init__(
        self,
        spec: StackSpec,
        settings: Settings,
        *,
        place: Place,
        queue: aws.sqs.Queue,
        tags: Mapping[str, str],
    ) -> None:
        super().__init__("skyclock:aws:Handler", "handler-parts", None, None)
        child = pulumi.ResourceOptions(parent=self)
        self._slug, self._place, self._queue, self._tags = spec.slug, place, queue, tags
        self._retry = settings.retry
        role = aws.iam.Role(
            "handler-role",
            name=names.handler_role(spec.slug),
            description=f"Answers the events of the bus {names.bus(spec.slug)}",
            assume_role_policy=json.dumps(trust("lambda.amazonaws.com", place.account)),
            tags=tags,
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            "handler-policy",
            name="answer-events",
            role=role.name,
            policy=queue.arn.apply(
                lambda arn: json.dumps(handler_may(settings, spec.slug, place, queue_arn=arn))
            ),
            opts=child,
        )
        log = aws.cloudwatch.LogGroup(
            "handler-log",
            name=names.handler_log(spec.slug),
            retention_in_days=KEEP_DAYS,
            tags=tags,
            opts=child,
        )
        code, digest = function_code(code_files(spec, settings))
        self.function = aws.lambda_.Function(
            "handler",
            name=names.handler(spec.slug),
            description=f"Answers the events of the bus {names.bus(spec.slug)}",
            role=role.arn,
            runtime=RUNTIME,
            handler=f"{PACKAGE}.handler.handler",
            code=code,
            code_sha256=digest,
            timeout=SECONDS,
            memory_size=MEMORY_MB,
            dead_letter_config=aws.lambda_.FunctionDeadLetterConfigArgs(target_arn=queue.arn),
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy, log]),
        )
        self._permissions = [
            self._let_in("own-bus", f"{names.bus(spec.slug)}/{every_rule(spec.slug)}"),
            self._let_in("default-bus", names.job_rule(spec.slug)),
        ]
        self.register_outputs({"name": self.function.name})

    def answer_steps(self, bus: Bus, *, after: Sequence[pulumi.Resource]) -> None:
        """Steps of the workflow, and what SageMaker tells of its jobs."""
        ready = [*bus.ready, *after]
        step = aws.cloudwatch.EventRule(
            "step-rule",
            name=names.step_rule(self._slug),
            description="Steps of the workflow that another step follows",
            event_bus_name=bus.bus.name,
            event_pattern=json.dumps(next_steps()),
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=ready),
        )
        self.called_by("step", step, parent=self)
        job = aws.cloudwatch.EventRule(
            "job-rule",
            name=names.job_rule(self._slug),
            description="What SageMaker tells of the pipeline's training jobs",
            event_pattern=json.dumps(job_changes(self._slug)),
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=ready),
        )
        self.called_by("job", job, parent=self)

    def called_by(
        self, key: str, rule: aws.cloudwatch.EventRule, *, parent: pulumi.Resource
    ) -> aws.cloudwatch.EventTarget:
        return aws.cloudwatch.EventTarget(
            f"{key}-target",
            rule=rule.name,
            event_bus_name=rule.event_bus_name,
            target_id="handler",
            arn=names.handler_arn(self._slug, self._place),
            dead_letter_config=dead_letters(self._queue),
            retry_policy=aws.cloudwatch.EventTargetRetryPolicyArgs(
                maximum_event_age_in_seconds=self._retry.maximum_event_age_seconds,
                maximum_retry_attempts=self._retry.maximum_retry_attempts,
            ),
            opts=pulumi.ResourceOptions(parent=parent, depends_on=self._permissions),
        )

    def _let_in(self, name: str, rules: str) -> aws.lambda_.Permission:
        return aws.lambda_.Permission(
            f"{name}-permission",
            statement_id=f"rules-of-the-{name}",
            action="lambda:InvokeFunction",
            function=self.function.name,
            principal="events.amazonaws.com",
            source_arn=self._place.arn("events", f"rule/{rules}"),
            opts=pulumi.ResourceOptions(parent=self),
        )


def code_files(spec: StackSpec, settings: Settings) -> dict[str, bytes]:
    """The handler's package, with what it has to know of the settings beside it."""
    config = json.dumps(handler_config(spec, settings), indent=2)
    return {**python_package(CODE), f"{PACKAGE}/config.json": config.encode()}
