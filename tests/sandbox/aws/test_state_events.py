"""State machines and EventBridge: rules start them, and hear how they end."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.aws.buses import add_target, make_queue, make_rule, put, queue_arn, received
from tests.sandbox.aws.conftest import SandboxAws, allow, make_role
from tests.sandbox.aws.machines import Machine, fail, make_machine, one, states

pytestmark = pytest.mark.sandbox


@pytest.fixture
def machine(aws: SandboxAws) -> Machine:
    return make_machine(aws)


def test_the_default_bus_hears_of_every_execution(machine: Machine) -> None:
    rule = make_rule(machine.aws, "r", {"source": ["aws.states"]})
    url = make_queue(machine.aws, "q", rule=rule)
    add_target(machine.aws, "r", queue_arn("q"))
    machine.create(states("F", F=fail()))
    arn = machine.start({"a": 1}, name="first")
    machine.aws.advance("PT1M")

    began, ended = received(machine.aws, url)
    assert began["detail-type"] == ended["detail-type"] == "Step Functions Execution Status Change"
    assert began["resources"] == [arn]
    assert [began["detail"]["status"], ended["detail"]["status"]] == ["RUNNING", "FAILED"]
    detail = ended["detail"]
    assert (detail["name"], detail["error"], detail["cause"]) == ("first", "Broken", "as planned")
    assert (detail["input"], detail["output"]) == ('{"a": 1}', None)
    assert detail["stopDate"] > detail["startDate"] == 1_803_902_400_000


def test_a_rule_starts_a_machine_with_the_event_as_input(machine: Machine) -> None:
    machine.create(one({"Type": "Pass"}))
    may = allow("states:StartExecution", resource=machine.arn)
    role = make_role(machine.aws, "starts", "events.amazonaws.com", may)
    make_rule(machine.aws, "r")
    add_target(machine.aws, "r", machine.arn, RoleArn=role)
    (event,) = put(machine.aws, 7)
    machine.aws.advance("PT1M")

    (found,) = machine.client.list_executions(stateMachineArn=machine.arn)["executions"]
    given = json.loads(machine.describe(found["executionArn"])["input"])
    assert (given["id"], given["detail"]) == (event, {"n": 7})
    assert found["status"] == "SUCCEEDED"


def test_a_task_puts_events(machine: Machine) -> None:
    rule = make_rule(machine.aws, "r", {"source": ["retraining"]})
    url = make_queue(machine.aws, "q", rule=rule)
    add_target(machine.aws, "r", queue_arn("q"))
    entry = {
        "Source": "retraining", "DetailType": "done", "Detail": {"of.$": "$$.Execution.Name"},
    }  # fmt: skip
    machine.create(
        one(
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::events:putEvents",
                "Parameters": {"Entries": [entry]},
            }
        )
    )
    arn = machine.start(name="first")
    machine.aws.advance("PT1M")

    assert machine.status(arn) == "SUCCEEDED", machine.describe(arn)
    (event,) = received(machine.aws, url)
    assert event["detail"] == {"of": "first"}
    assert event["resources"] == [machine.arn, arn]
