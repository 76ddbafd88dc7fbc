"""The Pulumi component of a schedule trigger: any target that EventBridge Scheduler starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from . import names
from .program_starting import Target, TriggerRole

if TYPE_CHECKING:
    from provisioning.contracts import ScheduleSpec


class ScheduleTrigger(pulumi.ComponentResource):
    """Its own role, and a schedule per native expression, written as the console shows it:
    "cron(0 6 * * ? *) Europe/Berlin". `event_bridge` is for a bus as the target."""

    def __init__(
        self,
        trigger: ScheduleSpec,
        *,
        expressions: Sequence[str],
        target: Target,
        tags: Mapping[str, str],
        input: str | None = None,
        event_bridge: aws.scheduler.ScheduleTargetEventbridgeParametersArgs | None = None,
    ) -> None:
        super().__init__("skyclock:aws:ScheduleTrigger", f"on-{trigger.key}", None, None)
        role = TriggerRole(
            trigger.key, service="scheduler.amazonaws.com", target=target, tags=tags, parent=self
        )
        started = aws.scheduler.ScheduleTargetArgs(
            arn=target.arn,
            role_arn=role.arn,
            input=input,
            eventbridge_parameters=event_bridge,
            dead_letter_config=aws.scheduler.ScheduleTargetDeadLetterConfigArgs(
                arn=target.queue.arn
            ),
            retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                maximum_event_age_in_seconds=target.retry.maximum_event_age_seconds,
                maximum_retry_attempts=target.retry.maximum_retry_attempts,
            ),
        )
        self.names = [
            _schedule(trigger, position, expression, target.slug, started, role.ready).name
            for position, expression in enumerate(expressions)
        ]
        self.register_outputs({"names": self.names})


def _schedule(
    trigger: ScheduleSpec,
    position: int,
    expression: str,
    slug: str,
    started: aws.scheduler.ScheduleTargetArgs,
    opts: pulumi.ResourceOptions,
) -> aws.scheduler.Schedule:
    native, _, timezone = expression.rpartition(" ")
    number = f"-{position + 1}" if position else ""
    return aws.scheduler.Schedule(
        f"{trigger.key}{number}",
        name=names.schedule(slug, trigger.key, position),
        description=f"Trigger {trigger.key}",
        schedule_expression=native,
        schedule_expression_timezone=timezone,
        start_date=_instant(trigger.start),
        end_date=_instant(trigger.end),
        flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
        state="DISABLED" if trigger.paused else "ENABLED",
        target=started,
        opts=opts,
    )


def _instant(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
