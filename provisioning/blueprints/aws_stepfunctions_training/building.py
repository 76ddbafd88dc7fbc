"""From settings to a definition in Amazon States Language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..aws_common.names import Place, data_bucket
from ..aws_common.training import channel, job_request
from . import names
from .references import template
from .settings import Again, PastedMachine, Settings, TrainingMachine

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec

State = dict[str, Any]
PREPARE, TRAIN, EVALUATE = "Prepare", "Train", "Evaluate"

# https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
UNSTEADY = {
    "ErrorEquals": [
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    ],
    "IntervalSeconds": 2,
    "MaxAttempts": 6,
    "BackoffRate": 2,
}
_PLACEHOLDER = re.compile(r"\$\{([A-Za-z]+)\}")


def definition_text(spec: StackSpec, settings: Settings) -> str:
    """What CreateStateMachine gets."""
    machine = settings.machine
    if isinstance(machine, PastedMachine):
        return filled_in(machine.definition, placeholders(spec))
    tags = {"skyclock:pipeline": spec.slug, **spec.tags}
    built = build(machine, values=placeholders(spec), tags=tags)
    return json.dumps(built, indent=2)


def placeholders(spec: StackSpec) -> dict[str, str]:
    """What a pasted definition can leave open, by name."""
    place = Place(spec.region, spec.account)
    return {
        "JobRoleArn": place.role(names.job_role(spec.slug)),
        "JobPrefix": names.job_prefix(spec.slug),
        "DataBucket": data_bucket(spec.slug, spec.account),
        "Pipeline": spec.slug,
        "Region": spec.region,
        "Account": spec.account,
    }


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """Other `${…}` are left alone: they may be a container's."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def job_name(prefix: str) -> str:
    """An intrinsic function. No execution, retry or redrive makes a name twice, and it fits the
    63 letters, digits and hyphens that SageMaker takes, whatever the execution is called."""
    parts = ("States.Hash($$.Execution.Id, 'MD5')", "$$.Execution.RedriveCount")
    return f"States.Format('{prefix}-{{}}-{{}}-{{}}', {', '.join(parts)}, $$.State.RetryCount)"


def build(
    machine: TrainingMachine, *, values: Mapping[str, str], tags: Mapping[str, str]
) -> dict[str, Any]:
    region = values["Region"]
    partition = Place(region, values["Account"]).partition
    states = dict(_states(machine, partition, values, tags))
    order = list(states)
    for name, following in zip(order, [*order[1:], None], strict=True):
        states[name] |= {"Next": following} if following else {"End": True}
    return {
        "Comment": f"Training of {values['Pipeline']} (deployed by Skyclock)",
        "StartAt": order[0],
        "TimeoutSeconds": machine.longest_seconds,
        "States": states,
    }


def _states(
    machine: TrainingMachine, partition: str, values: Mapping[str, str], tags: Mapping[str, str]
) -> Iterator[tuple[str, State]]:
    functions = machine.functions
    if functions.before:
        yield PREPARE, _call(functions.before, partition, result="$.prepared")
    yield TRAIN, _train(machine, partition, values, tags)
    if functions.after:
        yield EVALUATE, _call(functions.after, partition, result="$.evaluation")


def _train(
    machine: TrainingMachine, partition: str, values: Mapping[str, str], tags: Mapping[str, str]
) -> State:
    training = machine.training
    request = job_request(
        training,
        role_arn=values["JobRoleArn"],
        inputs=[
            channel(each.channel, each.source, content_type=each.content_type)
            for each in training.inputs
        ],
        output=training.output,
    )
    request["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::sagemaker:createTrainingJob.sync",
        "Parameters": {
            "TrainingJobName.$": job_name(values["JobPrefix"]),
            **template(request),
        },
        "ResultSelector": {
            "TrainingJobName.$": "$.TrainingJobName",
            "TrainingJobArn.$": "$.TrainingJobArn",
            "TrainingJobStatus.$": "$.TrainingJobStatus",
            "ModelArtifacts.$": "$.ModelArtifacts.S3ModelArtifacts",
        },
        "ResultPath": "$.training",
        "Retry": list(_retries(machine.again)),
    }


def _retries(again: Again) -> Iterator[dict[str, Any]]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html: an answer that
    is no modelled error of SageMaker's, as a throttled one, has the general name."""
    yield {
        "ErrorEquals": ["SageMaker.AmazonSageMakerException"],
        "IntervalSeconds": 5,
        "MaxAttempts": again.throttled,
        "BackoffRate": 2,
        "MaxDelaySeconds": 60,
        "JitterStrategy": "FULL",
    }
    yield {
        "ErrorEquals": ["SageMaker.ResourceLimitExceededException"],
        "IntervalSeconds": again.no_capacity_seconds,
        "MaxAttempts": again.no_capacity,
        "BackoffRate": 1,
    }
    if again.failed:
        yield {
            "ErrorEquals": ["States.TaskFailed"],
            "IntervalSeconds": 30,
            "MaxAttempts": again.failed,
            "BackoffRate": 2,
        }


def _call(function: str, partition: str, *, result: str) -> State:
    return {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "ResultSelector": {"Payload.$": "$.Payload"},
        "ResultPath": result,
        "Retry": [UNSTEADY],
    }
