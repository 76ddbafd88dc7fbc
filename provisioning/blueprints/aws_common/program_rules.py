"""The Pulumi component of a trigger that is a rule of EventBridge with a role for its target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from . import names
from .program_starting import Target, TriggerRole

if TYPE_CHECKING:
    from provisioning.contracts import EventSpec, ObjectCreatedSpec

TARGET_ID = "pipeline"


class RuleTrigger(pulumi.ComponentResource):
    """Its own role, a rule with the pattern (JSON), and the target that it starts. Without an
    `input` a target that takes one is given the whole event."""

    def __init__(
        self,
        trigger: ObjectCreatedSpec | EventSpec,
        *,
        pattern: str,
        target: Target,
        tags: Mapping[str, str],
        bus: str | None = None,
        pipeline: aws.cloudwatch.EventTargetSagemakerPipelineTargetArgs | None = None,
        input: aws.cloudwatch.EventTargetInputTransformerArgs | None = None,
    ) -> None:
        super().__init__("skyclock:aws:RuleTrigger", f"on-{trigger.key}", None, None)
        role = TriggerRole(
            trigger.key, service="events.amazonaws.com", target=target, tags=tags, parent=self
        )
        rule = event_rule(
            trigger, pattern=pattern, slug=target.slug, bus=bus, tags=tags, opts=role.ready
        )
        aws.cloudwatch.EventTarget(
            f"{trigger.key}-target",
            rule=rule.name,
            event_bus_name=bus,
            target_id=TARGET_ID,
            arn=target.arn,
            role_arn=role.arn,
            sagemaker_pipeline_target=pipeline,
            input_transformer=input,
            dead_letter_config=dead_letters(target.queue),
            retry_policy=aws.cloudwatch.EventTargetRetryPolicyArgs(
                maximum_event_age_in_seconds=target.retry.maximum_event_age_seconds,
                maximum_retry_attempts=target.retry.maximum_retry_attempts,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = rule.name
        self.register_outputs({"name": self.name})


def event_rule(
    trigger: ObjectCreatedSpec | EventSpec,
    *,
    pattern: str,
    slug: str,
    bus: pulumi.Input[str] | None,
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> aws.cloudwatch.EventRule:
    return aws.cloudwatch.EventRule(
        trigger.key,
        name=names.rule(slug, trigger.key),
        description=f"Trigger {trigger.key}",
        event_bus_name=bus,
        event_pattern=pattern,
        state="DISABLED" if trigger.paused else "ENABLED",
        tags=tags,
        opts=opts,
    )


def dead_letters(queue: aws.sqs.Queue) -> aws.cloudwatch.EventTargetDeadLetterConfigArgs:
    return aws.cloudwatch.EventTargetDeadLetterConfigArgs(arn=queue.arn)
