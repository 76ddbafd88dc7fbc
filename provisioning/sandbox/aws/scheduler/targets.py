"""What a firing does: the call of the schedule's target, with the schedule's role."""

from __future__ import annotations

import json
import uuid

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.roles import Session, can_assume
from provisioning.sandbox.aws.scheduler.records import Delivery
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.targets.room import TargetCall, Targets
from provisioning.sandbox.clock import to_datetime

PRINCIPAL = "scheduler.amazonaws.com"


def invoke(targets: Targets, delivery: Delivery) -> None:
    """Raises AwsError when the role or the target refuses."""
    targets.call(
        TargetCall(
            place=place_of(delivery),
            principal=PRINCIPAL,
            source_arn=delivery.schedule_arn,
            label=delivery.path,
            target=delivery.target,
            session=assume(delivery),
            input=_input(delivery),
            token=delivery.execution * 2,
        )
    )


def place_of(delivery: Delivery) -> Place:
    _, _, _, region, account, _ = delivery.schedule_arn.split(":", 5)
    return Place(account=account, region=region)


def assume(delivery: Delivery) -> Session:
    """The schedule's role, assumed; its state at this moment counts."""
    place = place_of(delivery)
    group = delivery.schedule_arn.rpartition("/")[0].rpartition("/")[2]
    role = delivery.target["RoleArn"]
    context = {
        "aws:SourceAccount": place.account,
        "aws:SourceArn": place.arn("scheduler", f"schedule-group/{group}"),
    }
    if not can_assume(role, service=PRINCIPAL, context=context):
        raise AwsError(
            "AccessDeniedException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the "
            f"role. Role: {role}",
        )
    return Session(role_arn=role, session_name=delivery.execution * 2)


def _input(delivery: Delivery) -> str:
    """The target's input with AWS's context attributes filled in; an event where it has none."""
    text = str(delivery.target.get("Input") or "")
    if not text:
        return _event(delivery)
    values = {
        "schedule-arn": delivery.schedule_arn,
        "scheduled-time": scheduled_time(delivery),
        "execution-id": delivery.execution,
        "attempt-number": str(delivery.attempts + 1),
    }
    for name, value in values.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _event(delivery: Delivery) -> str:
    place = place_of(delivery)
    return json.dumps(
        {
            "version": "0",
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, delivery.key)),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": place.account,
            "time": scheduled_time(delivery),
            "region": place.region,
            "resources": [delivery.schedule_arn],
            "detail": "{}",
        }
    )


def scheduled_time(delivery: Delivery) -> str:
    return to_datetime(delivery.scheduled).strftime("%Y-%m-%dT%H:%M:%SZ")
