"""Functions, state machines and any operation as targets of schedules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.buses import (
    SOURCE,
    add_target,
    bus_arn,
    make_queue,
    make_rule,
    queue_arn,
    received,
)
from tests.sandbox.aws.conftest import ACCOUNT, REGION, SandboxAws, allow, make_role
from tests.sandbox.aws.functions import eventually, function_arn, log_lines, make_function
from tests.sandbox.aws.machines import make_machine, one

pytestmark = pytest.mark.sandbox

PRINTS = """
    import json
    def main(event, context):
        print("event", json.dumps(event))
"""


def every_hour(aws: SandboxAws, role: str, **target: Any) -> None:
    aws.client("scheduler").create_schedule(
        Name="s",
        ScheduleExpression="cron(0 * * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"RoleArn": role, **target},
    )


def events(aws: SandboxAws) -> list[Any]:
    found = [line for line in log_lines(aws, "prints") if line.startswith("event ")]
    return [json.loads(line.removeprefix("event ")) for line in found]


def test_a_schedule_invokes_a_function(aws: SandboxAws) -> None:
    arn = make_function(aws, "prints", PRINTS)
    role = make_role(
        aws, "fires", "scheduler.amazonaws.com", allow("lambda:InvokeFunction", resource=arn)
    )
    every_hour(aws, role, Arn=arn, Input='{"at": "<aws.scheduler.scheduled-time>"}')

    aws.advance("PT2H")

    eventually(lambda: len(events(aws)) == 2)
    assert events(aws) == [{"at": "2027-03-01T13:00:00Z"}, {"at": "2027-03-01T14:00:00Z"}]


def test_without_an_input_it_is_given_an_event(aws: SandboxAws) -> None:
    arn = make_function(aws, "prints", PRINTS)
    role = make_role(
        aws, "fires", "scheduler.amazonaws.com", allow("lambda:InvokeFunction", resource=arn)
    )
    every_hour(aws, role, Arn=arn)

    aws.advance("PT1H")

    (event,) = eventually(lambda: events(aws))
    assert event["source"] == "aws.scheduler"
    assert event["detail-type"] == "Scheduled Event"
    assert event["resources"] == [f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/s"]


def test_the_schedules_role_has_to_be_allowed(aws: SandboxAws) -> None:
    make_function(aws, "prints", PRINTS)
    role = make_role(aws, "fires", "scheduler.amazonaws.com")
    retries = {"MaximumRetryAttempts": 0}
    every_hour(aws, role, Arn=function_arn("prints"), RetryPolicy=retries)

    aws.advance("PT1H")

    entry = aws.world.journal.entries()[-1]
    assert entry.outcome == "refused"
    assert "is not authorized to perform: lambda:InvokeFunction" in entry.reason
    assert events(aws) == []


# ── Event buses ─────────────────────────────────────────────────────────────────────


def bus_role(aws: SandboxAws) -> str:
    may = allow("events:PutEvents", resource=bus_arn("own"))
    return make_role(aws, "fires", "scheduler.amazonaws.com", may)


def test_a_schedule_puts_an_event_of_its_own_on_a_bus(aws: SandboxAws) -> None:
    rule = make_rule(aws, "all", bus="own")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "all", queue_arn("q"), bus="own")
    told = {"Source": SOURCE, "DetailType": "fired"}
    given = {"at": "<aws.scheduler.scheduled-time>"}
    target = {"Arn": bus_arn("own"), "EventBridgeParameters": told, "Input": json.dumps(given)}
    every_hour(aws, bus_role(aws), **target)

    aws.advance("PT1H")

    (event,) = received(aws, url)
    assert (event["source"], event["detail-type"]) == (SOURCE, "fired")
    assert event["detail"] == {"at": "2027-03-01T13:00:00Z"}
    assert event["time"] == "2027-03-01T13:00:00Z"
    assert event["resources"] == [f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/s"]


def test_a_bus_has_to_be_told_source_and_kind_and_a_detail(aws: SandboxAws) -> None:
    make_rule(aws, "all", bus="own")
    role = bus_role(aws)
    with pytest.raises(ClientError, match="EventBridgeParameters are required"):
        every_hour(aws, role, Arn=bus_arn("own"))
    told = {"Source": "aws.x", "DetailType": "fired"}
    with pytest.raises(ClientError, match=r"eventBridgeParameters\.source"):
        every_hour(aws, role, Arn=bus_arn("own"), EventBridgeParameters=told)
    told = {"Source": SOURCE, "DetailType": "fired"}
    retries = {"MaximumRetryAttempts": 0}
    every_hour(
        aws, role, Arn=bus_arn("own"), EventBridgeParameters=told, Input="[]", RetryPolicy=retries
    )

    aws.advance("PT1H")

    entry = aws.world.journal.entries()[-1]
    assert (entry.outcome, "Detail is malformed" in entry.reason) == ("refused", True)


# ── State machines and universal targets ────────────────────────────────────────────


def test_a_schedule_starts_a_state_machine_with_its_input(aws: SandboxAws) -> None:
    machine = make_machine(aws)
    machine.create(one({"Type": "Pass"}))
    may = allow("states:StartExecution", resource=machine.arn)
    role = make_role(aws, "fires", "scheduler.amazonaws.com", may)
    given = {"trigger": "t1", "scheduled": "<aws.scheduler.scheduled-time>"}
    every_hour(aws, role, Arn=machine.arn, Input=json.dumps(given))

    aws.advance("PT2H1M")

    found = machine.client.list_executions(stateMachineArn=machine.arn)["executions"]
    assert [each["status"] for each in found] == ["SUCCEEDED", "SUCCEEDED"]
    told = [json.loads(machine.describe(each["executionArn"])["input"]) for each in found]
    assert [each["scheduled"] for each in told] == ["2027-03-01T14:00:00Z", "2027-03-01T13:00:00Z"]
    assert [entry.outcome for entry in aws.world.journal.entries()] == ["delivered", "delivered"]


def test_a_role_for_one_machine_starts_no_other(aws: SandboxAws) -> None:
    machine = make_machine(aws)
    machine.create(one({"Type": "Pass"}))
    may = allow("states:StartExecution", resource=machine.arn + "-other")
    role = make_role(aws, "fires", "scheduler.amazonaws.com", may)
    every_hour(aws, role, Arn=machine.arn, RetryPolicy={"MaximumRetryAttempts": 0})

    aws.advance("PT1H")

    assert machine.client.list_executions(stateMachineArn=machine.arn)["executions"] == []
    reason = aws.world.journal.entries()[-1].reason
    assert "is not authorized to perform: states:StartExecution on resource" in reason


def test_universal_targets_call_any_operation_that_changes_something(aws: SandboxAws) -> None:
    machine = make_machine(aws)
    machine.create(one({"Type": "Pass"}))
    role = make_role(aws, "fires", "scheduler.amazonaws.com", allow("states:StartExecution"))
    given = {
        "StateMachineArn": machine.arn,
        "Name": "run-<aws.scheduler.execution-id>",
        "Input": "{}",
    }
    arn = "arn:aws:scheduler:::aws-sdk:sfn:startExecution"
    every_hour(aws, role, Arn=arn, Input=json.dumps(given))

    aws.advance("PT1H1M")

    (found,) = machine.client.list_executions(stateMachineArn=machine.arn)["executions"]
    assert found["name"].startswith("run-")


@pytest.mark.parametrize(
    "call", ["sfn:describeExecution", "lambda:invoke", "sagemaker:createHub", "dynamodb:putItem"]
)
def test_universal_targets_that_it_lacks_are_named(aws: SandboxAws, call: str) -> None:
    role = make_role(aws, "fires", "scheduler.amazonaws.com", allow("*"))
    with pytest.raises(ClientError, match="does not simulate the schedule target"):
        every_hour(aws, role, Arn=f"arn:aws:scheduler:::aws-sdk:{call}", Input="{}")
