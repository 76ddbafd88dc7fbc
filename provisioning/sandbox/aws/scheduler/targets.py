"""What a firing does: the API call of the schedule's target, with the schedule's role."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.messages import send_message
from provisioning.sandbox.aws.misbehaviour import Misbehaviour
from provisioning.sandbox.aws.moto_state import MotoState
from provisioning.sandbox.aws.roles import Session, can_assume
from provisioning.sandbox.aws.scheduler.records import Delivery
from provisioning.sandbox.aws.services import Call, Place
from provisioning.sandbox.clock import to_datetime

StartPipeline = Callable[[Call], Any]
PRINCIPAL = "scheduler.amazonaws.com"


class Targets:
    def __init__(
        self, *, moto: MotoState, misbehaviour: Misbehaviour, start_pipeline: StartPipeline
    ) -> None:
        self._moto = moto
        self._misbehaviour = misbehaviour
        self._start_pipeline = start_pipeline

    def invoke(self, delivery: Delivery) -> None:
        """Raises AwsError when the role or the target refuses."""
        place = place_of(delivery)
        session = assume(delivery)
        arn = delivery.target["Arn"]
        if arn.split(":")[2] == "sqs":
            session.require("sqs:SendMessage", arn)
            send_message(self._moto, arn, _input(delivery) or "{}")
            return
        given = _universal(delivery) if ":::aws-sdk:" in arn else _templated(delivery)
        given.setdefault("ClientRequestToken", delivery.execution * 2)
        pipeline = given["PipelineName"]
        resource = pipeline if pipeline.startswith("arn:") else _pipeline_arn(place, pipeline)
        session.require("sagemaker:StartPipelineExecution", resource)
        self._misbehaviour.refuse("sagemaker", "StartPipelineExecution")
        self._start_pipeline(
            Call(
                operation="StartPipelineExecution",
                place=place,
                caller=session.caller(access_key="ASIASCHEDULER"),
                given=given,
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


def _pipeline_arn(place: Place, name: str) -> str:
    return place.arn("sagemaker", f"pipeline/{name.lower()}")


def _templated(delivery: Delivery) -> dict[str, Any]:
    parameters = delivery.target.get("SageMakerPipelineParameters", {})
    given: dict[str, Any] = {"PipelineName": delivery.target["Arn"]}
    if parameters.get("PipelineParameterList"):
        given["PipelineParameters"] = parameters["PipelineParameterList"]
    return given


def _universal(delivery: Delivery) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(_input(delivery))
    if not isinstance(given.get("PipelineName"), str):
        raise AwsError("ValidationException", "The Input of the target has no PipelineName.")
    return given


def _input(delivery: Delivery) -> str:
    """The target's input with AWS's context attributes filled in."""
    text = str(delivery.target.get("Input") or "")
    values = {
        "schedule-arn": delivery.schedule_arn,
        "scheduled-time": scheduled_time(delivery),
        "execution-id": delivery.execution,
        "attempt-number": str(delivery.attempts + 1),
    }
    for name, value in values.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def scheduled_time(delivery: Delivery) -> str:
    return to_datetime(delivery.scheduled).strftime("%Y-%m-%dT%H:%M:%SZ")
