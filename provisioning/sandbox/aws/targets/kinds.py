"""How queues, functions, pipelines and log groups are called as targets."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from moto.backends import get_backend

from provisioning.sandbox.aws.cloudwatch_logs.policies import LogPolicies
from provisioning.sandbox.aws.errors import AwsError, validation
from provisioning.sandbox.aws.lambdas.functions import lets_invoke
from provisioning.sandbox.aws.lambdas.service import Lambda
from provisioning.sandbox.aws.messages import queue_lets_send, send_message
from provisioning.sandbox.aws.moto_state import MotoState
from provisioning.sandbox.aws.services import Call
from provisioning.sandbox.aws.targets.room import TargetCall, Targets, denied
from provisioning.sandbox.aws.world import World

StartPipeline = Callable[[Call], Any]


def register_kinds(
    targets: Targets,
    world: World,
    *,
    functions: Lambda,
    start_pipeline: StartPipeline,
    log_policies: LogPolicies,
) -> None:
    queues, logs = Queues(world.moto), LogGroups(world, log_policies)
    pipelines = Pipelines(start_pipeline)
    targets.register("sqs", "SendMessage", queues.send)
    targets.register("lambda:function", "Invoke", Functions(functions).invoke)
    targets.register("sagemaker:pipeline", "StartPipelineExecution", pipelines.start_named)
    targets.register(
        "aws-sdk:sagemaker:startPipelineExecution",
        "StartPipelineExecution",
        pipelines.start_as_told,
    )
    targets.register("logs:log-group", "PutLogEvents", logs.write)


class Queues:
    def __init__(self, moto: MotoState) -> None:
        self._moto = moto

    def send(self, wanted: TargetCall) -> None:
        if wanted.session:
            wanted.session.require("sqs:SendMessage", wanted.arn)
        elif not queue_lets_send(wanted.arn, service=wanted.principal, context=wanted.context):
            raise denied(f"The policy of the queue {wanted.arn} does not let it be sent to.")
        group = wanted.target.get("SqsParameters", {}).get("MessageGroupId")
        send_message(self._moto, wanted.arn, wanted.input, group=group, token=wanted.token)


class Functions:
    def __init__(self, functions: Lambda) -> None:
        self._lambda = functions

    def invoke(self, wanted: TargetCall) -> None:
        function = self._lambda.functions.by_arn(wanted.arn)
        if function is None:
            raise AwsError(
                "ResourceNotFoundException", f"Function not found: {wanted.arn}", status=404
            )
        if wanted.session:
            wanted.session.require("lambda:InvokeFunction", wanted.arn)
        elif not lets_invoke(function, service=wanted.principal, context=wanted.context):
            raise denied(
                f"The policy of {wanted.arn} does not let {wanted.principal} invoke it for "
                f"{wanted.source_arn}."
            )
        self._lambda.invocations.accept(function, wanted.input, source=wanted.label)


class Pipelines:
    def __init__(self, start: StartPipeline) -> None:
        self._start = start

    def start_named(self, wanted: TargetCall) -> None:
        parameters = wanted.target.get("SageMakerPipelineParameters", {})
        given: dict[str, Any] = {"PipelineName": wanted.arn}
        if parameters.get("PipelineParameterList"):
            given["PipelineParameters"] = parameters["PipelineParameterList"]
        self._begin(wanted, given)

    def start_as_told(self, wanted: TargetCall) -> None:
        """A universal target: its input is the call's."""
        given: dict[str, Any] = json.loads(wanted.input)
        if not isinstance(given.get("PipelineName"), str):
            raise validation("The Input of the target has no PipelineName.")
        self._begin(wanted, given)

    def _begin(self, wanted: TargetCall, given: dict[str, Any]) -> None:
        name = given["PipelineName"]
        arn = wanted.place.arn("sagemaker", f"pipeline/{name.lower()}")
        session = wanted.role()
        session.require(
            "sagemaker:StartPipelineExecution", name if name.startswith("arn:") else arn
        )
        given.setdefault("ClientRequestToken", wanted.token)
        self._start(
            Call(
                operation="StartPipelineExecution",
                place=wanted.place,
                caller=session.caller(access_key="ASIATARGET"),
                given=given,
            )
        )


class LogGroups:
    def __init__(self, world: World, policies: LogPolicies) -> None:
        self._world = world
        self._policies = policies

    def write(self, wanted: TargetCall) -> None:
        place = wanted.place
        name = wanted.arn.split(":", 6)[6].removesuffix(":*")
        backend = get_backend("logs")[place.account][place.region]
        if name not in backend.groups:
            raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
        stream = str(uuid.uuid4())
        arn = place.arn("logs", f"log-group:{name}:log-stream:{stream}")
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            if not self._policies.lets(
                place,
                group=name,
                services=(wanted.principal, "delivery.logs.amazonaws.com"),
                action=action,
                resource=arn,
                context=wanted.context,
            ):
                raise denied(
                    f"No resource policy of CloudWatch Logs lets {wanted.principal} do {action} "
                    f"on {name}."
                )
        backend.ensure_log_stream(name, stream)
        event = {"timestamp": int(self._world.clock.now() * 1000), "message": wanted.input}
        backend.groups[name].streams[stream].put_log_events([event])
        self._world.moto.touch("logs", place.account, place.region)
