"""State machines call Lambda functions, whose code really runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.aws.conftest import SandboxAws, allow, set_policy
from tests.sandbox.aws.functions import eventually, function_arn, make_function
from tests.sandbox.aws.machines import FULL, Machine, make_machine, one

pytestmark = pytest.mark.sandbox

CODE = """
def main(event, context):
    if event.get("bad"):
        raise ValueError("no " + event["bad"])
    return {"twice": 2 * event["n"]}
"""


@pytest.fixture
def machine(aws: SandboxAws) -> Machine:
    made = make_machine(aws)
    set_policy(
        aws, "machine", *FULL, allow("lambda:InvokeFunction", resource=function_arn("twice"))
    )
    make_function(aws, "twice", CODE)
    return made


def optimised(**more: Any) -> dict[str, Any]:
    parameters = {"FunctionName": "twice", "Payload.$": "$", **more}
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters}


def ended(machine: Machine, arn: str) -> dict[str, Any]:
    """The execution, when its code has run: an advancing clock waits for it."""
    machine.aws.advance("PT1M")
    eventually(lambda: machine.aws.advance("PT1S") and machine.status(arn) != "RUNNING")
    return machine.describe(arn)


def test_a_function_is_invoked_and_its_answer_is_the_output(machine: Machine) -> None:
    machine.create(one(optimised()))
    arn = machine.start({"n": 21})
    found = ended(machine, arn)

    output = json.loads(found["output"])
    assert output["Payload"] == {"twice": 42}
    assert (output["StatusCode"], output["ExecutedVersion"]) == (200, "$LATEST")
    assert machine.types(arn)[1:] == [
        "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited",
        "ExecutionSucceeded",
    ]  # fmt: skip


def test_a_function_can_be_named_by_its_arn(machine: Machine) -> None:
    machine.create(one({"Type": "Task", "Resource": function_arn("twice"), "TimeoutSeconds": 60}))
    arn = machine.start({"n": 1})
    assert ended(machine, arn)["output"] == '{"twice":2}'
    assert machine.types(arn)[2:5] == [
        "LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded",
    ]  # fmt: skip
    assert machine.detail(arn, "LambdaFunctionScheduled") == {
        "resource": function_arn("twice"), "input": '{"n":1}', "timeoutInSeconds": 60,
        "inputDetails": {"truncated": False},
    }  # fmt: skip


def test_what_a_function_raises_has_its_type_as_error(machine: Machine) -> None:
    machine.create(one(optimised()))
    found = ended(machine, machine.start({"bad": "luck"}))
    assert (found["status"], found["error"]) == ("FAILED", "ValueError")
    assert json.loads(found["cause"])["errorMessage"] == "no luck"


def test_an_event_is_not_waited_for(machine: Machine) -> None:
    machine.create(one(optimised(InvocationType="Event")))
    found = ended(machine, machine.start({"n": 1}))
    assert json.loads(found["output"])["StatusCode"] == 202


def test_the_role_has_to_allow_it_and_the_function_to_be_there(machine: Machine) -> None:
    machine.create(one(optimised(FunctionName="no")))
    set_policy(machine.aws, "machine", allow("lambda:InvokeFunction"))
    assert ended(machine, machine.start({}))["error"] == "Lambda.ResourceNotFoundException"
    set_policy(machine.aws, "machine", *FULL)
    found = ended(machine, machine.start({}))
    assert found["error"] == "Lambda.AWSLambdaException"
    assert "is not authorized to perform: lambda:InvokeFunction" in found["cause"]


def test_a_call_that_a_restart_cut_off_is_made_again(machine: Machine) -> None:
    slow = "import time\ndef main(event, context):\n    time.sleep(1.5)\n    return 'done'\n"
    make_function(machine.aws, "slow", slow)
    set_policy(machine.aws, "machine", *FULL, allow("lambda:InvokeFunction"))
    machine.create(one(optimised(FunctionName="slow")))
    arn = machine.start({})
    machine.aws.real += 1
    assert machine.status(arn) == "RUNNING"
    assert machine.types(arn)[-1] == "TaskStarted"
    machine.aws.restart()
    machine.client = machine.aws.client("stepfunctions")
    assert json.loads(ended(machine, arn)["output"])["Payload"] == "done"
