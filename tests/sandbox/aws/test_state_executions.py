"""Executions: started, stopped, listed, and what their histories say, with the ids, order and
details that AWS gives them."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.sandbox.aws.conftest import ACCOUNT, REGION, START, SandboxAws
from tests.sandbox.aws.machines import ROLE, Machine, fail, make_machine, one, states
from tests.sandbox.aws.running import error

pytestmark = pytest.mark.sandbox

EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:Retrain"


@pytest.fixture
def machine(aws: SandboxAws) -> Machine:
    return make_machine(aws)


def passing(*names: str, **more: Any) -> dict[str, Any]:
    """Pass states, one after the other."""
    chain = {name: {"Type": "Pass", "Next": after} for name, after in pairwise(names)}
    return states(names[0], **chain, **{names[-1]: {"Type": "Pass", "End": True, **more}})


def test_an_execution_goes_through_its_states(machine: Machine) -> None:
    machine.create(passing("A", "B", Result={"x": 1}))
    arn = machine.start({"given": True}, name="first")
    assert arn == f"{EXECUTION}:first"
    assert machine.status(arn) == "RUNNING"
    machine.aws.advance("PT1S")

    found = machine.describe(arn)
    assert (found["status"], found["input"]) == ("SUCCEEDED", '{"given": true}')
    assert json.loads(found["output"]) == {"x": 1}
    assert found["startDate"] == START
    assert START < found["stopDate"] < START + timedelta(seconds=1)
    assert machine.walk(arn) == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "PassStateEntered"),
        (3, 2, "PassStateExited"),
        (4, 3, "PassStateEntered"),
        (5, 4, "PassStateExited"),
        (6, 5, "ExecutionSucceeded"),
    ]
    assert machine.detail(arn, "ExecutionStarted") == {
        "input": '{"given": true}', "inputDetails": {"truncated": False}, "roleArn": ROLE,
    }  # fmt: skip
    assert machine.detail(arn, "PassStateExited", 1) == {
        "name": "B", "output": '{"x":1}', "outputDetails": {"truncated": False},
    }  # fmt: skip


def test_one_name_is_one_execution(machine: Machine) -> None:
    machine.create(one({"Type": "Wait", "Seconds": 60}))
    first = machine.start({"a": 1}, name="daily")
    assert machine.start({"a": 1}, name="daily") == first
    client, arn = machine.client, machine.arn
    taken = ("ExecutionAlreadyExists", f"Execution Already Exists: '{first}'")
    given = {"stateMachineArn": arn, "name": "daily"}
    assert error(client.start_execution, **given, input='{"a": 2}') == taken
    machine.aws.advance("PT2M")
    assert error(client.start_execution, **given, input='{"a": 1}') == taken
    assert len(client.list_executions(stateMachineArn=arn)["executions"]) == 1


def test_without_a_name_every_start_is_another(machine: Machine) -> None:
    machine.create(passing("A"))
    assert machine.start() != machine.start()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"input": "{"}, "InvalidExecutionInput"),
        ({"input": ""}, "InvalidExecutionInput"),
        ({"name": "a b"}, "InvalidName"),
        ({"name": "a:b"}, "InvalidName"),
        ({"stateMachineArn": "nonsense"}, "InvalidArn"),
        ({"stateMachineArn": EXECUTION + ":x"}, "InvalidArn"),
        ({"stateMachineArn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:no"},
         "StateMachineDoesNotExist"),
    ],
)  # fmt: skip
def test_starts_that_are_refused(machine: Machine, given: dict[str, Any], code: str) -> None:
    machine.create(passing("A"))
    found = error(machine.client.start_execution, **{"stateMachineArn": machine.arn, **given})
    assert found[0] == code


def test_an_execution_is_stopped(machine: Machine) -> None:
    machine.create(one({"Type": "Wait", "Seconds": 60}))
    arn = machine.start()
    machine.aws.advance("PT1S")
    machine.client.stop_execution(executionArn=arn, error="Enough", cause="Somebody said so.")
    machine.aws.advance("PT5M")

    found = machine.describe(arn)
    assert (found["status"], found["error"], found["cause"]) == (
        "ABORTED", "Enough", "Somebody said so.",
    )  # fmt: skip
    assert machine.walk(arn)[-1] == (3, 0, "ExecutionAborted")
    again = machine.client.stop_execution(executionArn=arn)
    assert again["stopDate"] == found["stopDate"]


def test_lists_are_newest_first_in_pages_and_by_status(machine: Machine) -> None:
    machine.create(
        states(
            "Which",
            Which={
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "NumericLessThan": 3, "Next": "Bad"}],
                "Default": "Good",
            },
            Good={"Type": "Succeed"},
            Bad=fail(),
        )
    )
    for number in range(7):
        machine.start({"n": number}, name=f"n{number}")
        machine.aws.advance("PT1M")

    def names(**asked: Any) -> list[str]:
        answer = machine.client.list_executions(stateMachineArn=machine.arn, **asked)
        return [each["name"] for each in answer["executions"]]

    assert names() == ["n6", "n5", "n4", "n3", "n2", "n1", "n0"]
    assert names(statusFilter="FAILED") == ["n2", "n1", "n0"]
    assert names(maxResults=2) == ["n6", "n5"]
    pages = machine.client.get_paginator("list_executions").paginate(
        stateMachineArn=machine.arn, PaginationConfig={"PageSize": 3}
    )
    assert [len(page["executions"]) for page in pages] == [3, 3, 1]
    bad = error(machine.client.list_executions, stateMachineArn=machine.arn, nextToken="x")
    assert bad[0] == "InvalidToken"


def test_histories_come_in_pages_reversed_and_without_data(machine: Machine) -> None:
    machine.create(passing(*[f"S{number}" for number in range(60)]))
    arn = machine.start({"secret": 1})
    machine.aws.advance("PT1M")
    ask = machine.client.get_execution_history

    everything = machine.events(arn)
    assert [event["id"] for event in everything] == list(range(1, 123))
    first = ask(executionArn=arn, maxResults=50)
    second = ask(executionArn=arn, maxResults=50, nextToken=first["nextToken"])
    assert [first["events"][-1]["id"], second["events"][0]["id"]] == [50, 51]
    assert len(ask(executionArn=arn)["events"]) == 100
    newest = ask(executionArn=arn, reverseOrder=True, maxResults=1)["events"]
    assert newest[0]["type"] == "ExecutionSucceeded"
    bare = ask(executionArn=arn, includeExecutionData=False)["events"]
    assert "input" not in bare[0]["executionStartedEventDetails"]
    assert bare[1]["stateEnteredEventDetails"]["name"] == "S0"


def test_what_is_not_there_is_refused(machine: Machine) -> None:
    client, arn = machine.client, f"{EXECUTION}:no"
    for call in (client.describe_execution, client.get_execution_history, client.stop_execution):
        assert error(call, executionArn=arn) == (
            "ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'",
        )  # fmt: skip
    assert error(client.describe_execution, executionArn="no") == (
        "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: no'",
    )  # fmt: skip


def test_the_definition_of_an_execution_stays_its_own(machine: Machine) -> None:
    machine.create(one({"Type": "Wait", "Seconds": 60}))
    arn = machine.start()
    changed = json.dumps(passing("Other"))
    machine.client.update_state_machine(stateMachineArn=machine.arn, definition=changed)
    machine.aws.advance("PT2M")

    found = machine.client.describe_state_machine_for_execution(executionArn=arn)
    assert "Seconds" in found["definition"]
    assert machine.types(arn)[1] == "WaitStateEntered"
    assert machine.status(arn) == "SUCCEEDED"


def test_executions_are_forgotten_after_ninety_days(machine: Machine) -> None:
    machine.create(passing("A"))
    arn = machine.start(name="old")
    machine.aws.advance("P89D")
    assert machine.status(arn) == "SUCCEEDED"
    machine.aws.advance("P2D")
    assert error(machine.client.describe_execution, executionArn=arn)[0] == "ExecutionDoesNotExist"
    assert machine.start(name="old") == arn, "its name is free again"
