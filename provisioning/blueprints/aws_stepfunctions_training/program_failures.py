"""The Pulumi component that has a function told of runs that fail.

EventBridge hears of every end of an execution. A state of the machine's own that told somebody
would miss runs that take too long, and where one caught the failure no run could go on from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from ..aws_common.forms import Retry
from ..aws_common.names import Place
from ..aws_common.program_rules import dead_letters
from . import names


class Failures(pulumi.ComponentResource):
    """A rule on the default bus, and the leave for it to call the function."""

    def __init__(
        self,
        slug: str,
        function: str,
        *,
        place: Place,
        queue: aws.sqs.Queue,
        retry: Retry,
        tags: Mapping[str, str],
    ) -> None:
        super().__init__("skyclock:aws:Failures", "failures", None, None)
        child = pulumi.ResourceOptions(parent=self)
        name = names.failure_rule(slug)
        permission = aws.lambda_.Permission(
            "failed-permission",
            statement_id=name,
            action="lambda:InvokeFunction",
            function=function,
            principal="events.amazonaws.com",
            source_arn=place.arn("events", f"rule/{name}"),
            opts=child,
        )
        rule = aws.cloudwatch.EventRule(
            "failed",
            name=name,
            description=f"Runs of the state machine {names.machine(slug)} that fail",
            event_pattern=json.dumps(failed_runs(names.machine_arn(slug, place))),
            tags=tags,
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            "failed-target",
            rule=rule.name,
            target_id="told",
            arn=function,
            dead_letter_config=dead_letters(queue),
            retry_policy=aws.cloudwatch.EventTargetRetryPolicyArgs(
                maximum_event_age_in_seconds=retry.maximum_event_age_seconds,
                maximum_retry_attempts=retry.maximum_retry_attempts,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )
        self.register_outputs({"rule": rule.name})


def failed_runs(machine_arn: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html"""
    return {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [machine_arn], "status": ["FAILED", "TIMED_OUT"]},
    }
