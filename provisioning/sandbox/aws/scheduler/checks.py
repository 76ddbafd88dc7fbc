"""What EventBridge Scheduler refuses, in its words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError, validation
from provisioning.sandbox.aws.moto_app import not_simulated
from provisioning.sandbox.aws.roles import can_assume
from provisioning.sandbox.aws.scheduler.cron_fields import BadExpression
from provisioning.sandbox.aws.scheduler.expressions import load_zone, parse_expression
from provisioning.sandbox.aws.scheduler.targets import PRINCIPAL
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.targets.room import Targets, kind_of

_START_GRACE = 300


def not_found(what: str, name: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"{what} {name} does not exist.", status=404)


def conflict(message: str) -> AwsError:
    return AwsError("ConflictException", message, status=409)


def check_schedule(
    given: Mapping[str, Any], *, place: Place, group_arn: str, now: float, targets: Targets
) -> None:
    _check_expression(given)
    _check_dates(given, now)
    _check_window(given["FlexibleTimeWindow"])
    check_target(given["Target"], place, targets)
    if not can_assume(
        given["Target"]["RoleArn"],
        service=PRINCIPAL,
        context={"aws:SourceAccount": place.account, "aws:SourceArn": group_arn},
    ):
        raise validation(
            "The execution role you provide must allow AWS EventBridge Scheduler "
            "to assume the role."
        )


def _check_expression(given: Mapping[str, Any]) -> None:
    expression = given["ScheduleExpression"]
    timezone = given.get("ScheduleExpressionTimezone") or "UTC"
    try:
        load_zone(timezone)
    except BadExpression as error:
        raise validation(f"Invalid Schedule Expression Timezone {timezone}.") from error
    try:
        parse_expression(expression, timezone)
    except BadExpression as error:
        raise validation(f"Invalid Schedule Expression {expression}.") from error


def _check_dates(given: Mapping[str, Any], now: float) -> None:
    start, end = given.get("StartDate"), given.get("EndDate")
    if start is not None and start < now - _START_GRACE:
        raise validation("The StartDate you specify cannot be earlier than 5 minutes ago.")
    if end is not None and end < now:
        raise validation("The EndDate you specify cannot be earlier than the current time.")
    if start is not None and end is not None and start >= end:
        raise validation("The StartDate you specify must come before the EndDate.")


def _check_window(window: Mapping[str, Any]) -> None:
    minutes = window.get("MaximumWindowInMinutes")
    if window["Mode"] == "OFF" and minutes is not None:
        raise validation("MaximumWindowInMinutes cannot be set when FlexibleTimeWindow is OFF.")
    if window["Mode"] == "FLEXIBLE" and minutes is None:
        raise validation("MaximumWindowInMinutes is required when FlexibleTimeWindow is FLEXIBLE.")


def check_target(target: Mapping[str, Any], place: Place, targets: Targets) -> None:
    """Only targets that the sandbox can really call; the others are named as missing."""
    arn = target["Arn"]
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise validation("Provided Arn is not in correct format.")
    if not targets.knows(arn):
        raise not_simulated(f"the schedule target {arn}")
    if kind_of(arn).startswith("aws-sdk:"):
        _check_input(target)
    elif parts[2] != "sqs" and parts[3] != place.region:
        raise validation("Provided Arn is not in the same region as the schedule.")
    if kind_of(arn) == "events:event-bus" and not target.get("EventBridgeParameters"):
        raise validation("EventBridgeParameters are required for an event bus as the target.")


def _check_input(target: Mapping[str, Any]) -> None:
    try:
        parsed = json.loads(target.get("Input") or "null")
    except ValueError as error:
        raise validation("The Input of a universal target must be well-formed JSON.") from error
    if not isinstance(parsed, dict):
        raise validation("A universal target requires an Input.")
