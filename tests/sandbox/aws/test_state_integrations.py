"""Tasks that call other services than SageMaker's jobs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.aws.conftest import (
    BUCKET,
    SandboxAws,
)
from tests.sandbox.aws.machines import (
    ROLE,
    Machine,
    make_machine,
    one,
    states,
)

pytestmark = pytest.mark.sandbox


@pytest.fixture
def machine(aws: SandboxAws) -> Machine:
    return make_machine(aws)


def sdk(operation: str, **parameters: Any) -> dict[str, Any]:
    resource = f"arn:aws:states:::aws-sdk:{operation}"
    return one({"Type": "Task", "Resource": resource, "Parameters": parameters})


def test_the_sdk_integration_calls_services_of_every_protocol(machine: Machine) -> None:
    machine.aws.client("s3").put_object(Bucket=BUCKET, Key="conf.json", Body=b'{"depth": 6}')
    found = machine.output(sdk("s3:getObject", Bucket=BUCKET, Key="conf.json"))
    assert found["Body"] == '{"depth": 6}'
    assert found["LastModified"].startswith("2027-03-01T12:00:0")
    described = {"TrainingJobName.$": "$.name"}
    machine.client.delete_state_machine(stateMachineArn=machine.arn)
    refused = machine.run(sdk("sagemaker:describeTrainingJob", **described), {"name": "no"})
    assert refused["error"] == "SageMaker.SageMakerException"
    assert (
        "Requested resource not found. (Service: SageMaker, Status Code: 400, "
        in (refused["cause"])
    )


def test_sdk_errors_have_the_services_names(machine: Machine) -> None:
    found = machine.run(sdk("s3:getObject", Bucket=BUCKET, Key="no"))
    assert found["error"] == "S3.NoSuchKeyException"
    assert "(Service: S3, Status Code: 404, Request ID: " in found["cause"]


def test_a_message_is_sent(machine: Machine) -> None:
    sqs = machine.aws.client("sqs")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody": {"of.$": "$$.Execution.Name"}},
    }
    machine.create(one(task))
    machine.start(name="first")
    machine.aws.advance("PT1M")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"of": "first"}


@pytest.mark.parametrize(("pattern", "output"), [(".sync", '{"x":1}'), (".sync:2", {"x": 1})])
def test_an_execution_waits_for_another(machine: Machine, pattern: str, output: Any) -> None:
    inner = {"name": "Inner", "definition": json.dumps(one({"Type": "Pass", "Result": {"x": 1}}))}
    arn = machine.client.create_state_machine(**inner, roleArn=ROLE)["stateMachineArn"]
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution{pattern}",
        "Parameters": {"StateMachineArn": arn, "Input": {"a": 1}, "Name": "nested"},
    }
    found = machine.output(one(task))
    assert (found["Name"], found["Status"], found["Output"]) == ("nested", "SUCCEEDED", output)


def test_the_failure_of_a_nested_execution_is_the_tasks(machine: Machine) -> None:
    inner = states("F", F={"Type": "Fail", "Error": "Deep", "Cause": "inside"})
    arn = machine.client.create_state_machine(
        name="Inner", definition=json.dumps(inner), roleArn=ROLE
    )["stateMachineArn"]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": arn},
    }
    found = machine.run(one(task))
    assert found["error"] == "States.TaskFailed"
    assert json.loads(found["cause"])["Error"] == "Deep"
