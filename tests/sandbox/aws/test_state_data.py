"""How data flow through states: paths, variables, the context, and where they end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.aws.conftest import SandboxAws
from tests.sandbox.aws.machines import ROLE, Machine, make_machine, one, states

pytestmark = pytest.mark.sandbox


@pytest.fixture
def machine(aws: SandboxAws) -> Machine:
    return make_machine(aws)


def test_data_flow_through_a_state(machine: Machine) -> None:
    state = {
        "Type": "Pass",
        "InputPath": "$.inner",
        "Parameters": {"sum.$": "States.MathAdd($.a, 1)", "name.$": "$$.State.Name"},
        "ResultPath": "$.made",
        "OutputPath": "$.made",
    }
    assert machine.output(one(state), {"inner": {"a": 1}}) == {"sum": 2, "name": "Only"}


def test_paths_can_leave_out_everything(machine: Machine) -> None:
    state = {"Type": "Pass", "InputPath": None, "Result": 1, "ResultPath": None}
    assert machine.output(one(state), {"kept": True}) == {"kept": True}


def test_the_context_object_tells_of_the_execution(machine: Machine) -> None:
    machine.create(one({"Type": "Pass", "Parameters": {"all.$": "$$"}}))
    arn = machine.start({"a": 1}, name="told")
    machine.aws.advance("PT1S")

    found = json.loads(machine.describe(arn)["output"])["all"]
    assert found["Execution"] == {
        "Id": arn, "Input": {"a": 1}, "Name": "told", "RoleArn": ROLE, "RedriveCount": 0,
        "StartTime": "2027-03-01T12:00:00.000Z",
    }  # fmt: skip
    assert found["StateMachine"] == {"Id": machine.arn, "Name": "Retrain"}
    assert found["State"] == {"Name": "Only", "EnteredTime": "2027-03-01T12:00:00.030Z"}


def test_variables_are_seen_by_what_comes_later_and_inside(machine: Machine) -> None:
    inner = states(
        "In",
        In={"Type": "Pass", "Assign": {"x": 2}, "Next": "See"},
        See={"Type": "Pass", "Parameters": {"x.$": "$x", "y.$": "$y"}, "End": True},
    )
    content = states(
        "Set",
        Set={"Type": "Pass", "Assign": {"x": 1, "y.$": "$.given"}, "Next": "Both"},
        Both={"Type": "Parallel", "Branches": [inner], "ResultPath": "$.inside", "Next": "After"},
        After={"Type": "Pass", "Parameters": {"x.$": "$x", "in.$": "$.inside[0]"}, "End": True},
    )
    assert machine.output(content, {"given": "g"}) == {"x": 1, "in": {"x": 2, "y": "g"}}


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        ({"InputPath": "$.no"}, "Invalid path '$.no' : No results for path: $['no']"),
        ({"Parameters": {"x.$": "$.no"}},
         "The JSONPath '$.no' specified for the field 'x.$' could not be found in the input "
         "'{\"a\":1}'"),
        ({"OutputPath": "$.no.b"}, "Invalid path '$.no.b' : Missing property in path $['no']"),
    ],
)  # fmt: skip
def test_a_path_that_leads_nowhere_fails_the_execution(
    machine: Machine, state: dict[str, Any], cause: str
) -> None:
    found = machine.run(one({"Type": "Pass", **state}), {"a": 1})
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    where = "An error occurred while executing the state 'Only' (entered at the event id #2). "
    assert found["cause"] == where + cause


def test_too_much_data_fails_the_execution(machine: Machine) -> None:
    content = one({"Type": "Pass", "Parameters": {"a.$": "$.t", "b.$": "$.t"}})
    found = machine.run(content, {"t": "x" * 200_000})
    assert found["error"] == "States.DataLimitExceeded"
