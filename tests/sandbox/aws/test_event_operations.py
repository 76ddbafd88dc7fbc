"""Buses, rules, targets and entries as operations: what is kept, listed and refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sandbox.aws.buses import (
    SOURCE,
    add_target,
    bus_arn,
    looks,
    make_queue,
    make_rule,
    queue_arn,
    received,
    rule_arn,
)
from tests.sandbox.aws.conftest import (
    ACCOUNT,
    REGION,
    SandboxAws,
    allow,
)
from tests.sandbox.aws.functions import eventually, invoke, make_function
from tests.sandbox.aws.running import error

pytestmark = pytest.mark.sandbox


def test_buses_and_rules_are_described_listed_and_kept(aws: SandboxAws) -> None:
    events = aws.client("events")
    made = events.create_event_bus(Name="orders", Tags=[{"Key": "a", "Value": "b"}])
    make_rule(aws, "r", bus="orders", Description="all of them")
    add_target(aws, "r", queue_arn("q"), bus="orders", Input="1")
    aws.restart()
    events = aws.client("events")

    assert made["EventBusArn"] == bus_arn("orders")
    names = [each["Name"] for each in events.list_event_buses()["EventBuses"]]
    assert names == ["default", "orders"]
    found = events.describe_rule(Name="r", EventBusName="orders")
    assert found["Arn"] == rule_arn("r", "orders")
    assert (found["State"], found["Description"]) == ("ENABLED", "all of them")
    assert json.loads(found["EventPattern"]) == {"source": [SOURCE]}
    (target,) = events.list_targets_by_rule(Rule="r", EventBusName=bus_arn("orders"))["Targets"]
    assert target == {"Id": "t1", "Arn": queue_arn("q"), "Input": "1"}
    assert events.list_rule_names_by_target(
        TargetArn=queue_arn("q"), EventBusName="orders"
    )["RuleNames"] == ["r"]  # fmt: skip
    assert events.list_tags_for_resource(ResourceARN=bus_arn("orders"))["Tags"] == [
        {"Key": "a", "Value": "b"}
    ]


def test_things_go_in_the_order_that_aws_wants(aws: SandboxAws) -> None:
    events = aws.client("events")
    make_rule(aws, "r", bus="orders")
    add_target(aws, "r", queue_arn("q"), bus="orders")
    there = {"EventBusName": "orders"}
    assert error(events.delete_event_bus, Name="orders")[0] == "ValidationException"
    assert error(events.delete_rule, Name="r", **there) == (
        "ValidationException", "Rule can't be deleted since it has targets.",
    )  # fmt: skip
    events.remove_targets(Rule="r", Ids=["t1"], **there)
    events.delete_rule(Name="r", **there)
    events.delete_event_bus(Name="orders")

    assert error(events.describe_event_bus, Name="orders") == (
        "ResourceNotFoundException", "Event bus orders does not exist.",
    )  # fmt: skip
    assert error(events.delete_event_bus, Name="default") == (
        "ValidationException", "Cannot delete event bus default.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "code", "message"),
    [
        ({}, "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be"),
        ({"EventPattern": '{"a": "b"}'}, "InvalidEventPatternException", "Event pattern is not"),
        ({"ScheduleExpression": "rate(1 minutes)"}, "ValidationException",
         "Parameter ScheduleExpression is not valid."),
        ({"ScheduleExpression": "at(2027-01-01T00:00:00)"}, "ValidationException",
         "Parameter ScheduleExpression is not valid."),
        ({"ScheduleExpression": "rate(1 day)", "EventBusName": "orders"}, "ValidationException",
         "ScheduleExpression is supported only on the default event bus."),
        ({"EventPattern": '{"a": ["b"]}', "EventBusName": "nowhere"},
         "ResourceNotFoundException", "Event bus nowhere does not exist."),
    ],
)  # fmt: skip
def test_a_rule_that_aws_refuses_is_refused(
    aws: SandboxAws, rule: dict[str, Any], code: str, message: str
) -> None:
    aws.client("events").create_event_bus(Name="orders")

    refused = error(aws.client("events").put_rule, Name="r", **rule)

    assert refused[0] == code
    assert refused[1].startswith(message)


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        ({"Arn": "nonsense-arn"}, "ValidationException", "Parameter Arn is not valid."),
        ({"Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/c"}, "NotImplemented",
         "The sandbox does not simulate the target"),
        ({"Arn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/p"}, "ValidationException",
         "RoleArn is required for target"),
        ({"Arn": queue_arn("q"), "Input": "{"}, "ValidationException",
         "JSON syntax error in input for target t1"),
        ({"Arn": queue_arn("q"), "Input": "1", "InputPath": "$"}, "ValidationException",
         "Only one of Input, InputPath, or InputTransformer"),
    ],
)  # fmt: skip
def test_a_target_that_aws_refuses_is_refused(
    aws: SandboxAws, target: dict[str, Any], code: str, message: str
) -> None:
    make_rule(aws, "r")

    refused = error(aws.client("events").put_targets, Rule="r", Targets=[{"Id": "t1", **target}])
    assert refused[0] == code
    assert refused[1].startswith(message)


def test_entries_succeed_and_fail_each_for_itself(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))
    good = {"Source": SOURCE, "DetailType": "made", "Detail": '{"n": 1}'}

    answer = aws.client("events").put_events(
        Entries=[
            good,
            {"Source": SOURCE, "Detail": "{}"},
            {**good, "Detail": "{"},
            {**good, "Source": "aws.s3"},
            {**good, "EventBusName": "nowhere"},
            {**good, "Time": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)},
        ]
    )

    assert answer["FailedEntryCount"] == 3
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [
        None, "InvalidArgument", "MalformedDetail", "NotAuthorizedForSourceException", None, None,
    ]  # fmt: skip
    times = [event["time"] for event in received(aws, url)]
    assert times == ["2027-03-01T12:00:00Z", "2026-01-02T03:04:05Z"]
    assert ("refused", "Event bus nowhere does not exist.") in looks(aws)


def test_a_pattern_can_be_tried(aws: SandboxAws) -> None:
    event = {"id": "1", "account": ACCOUNT, "source": SOURCE, "time": "2027-03-01T12:00:00Z",
             "region": REGION, "resources": [], "detail-type": "made"}  # fmt: skip
    test = aws.client("events").test_event_pattern

    assert test(EventPattern='{"source": ["my.app"]}', Event=json.dumps(event))["Result"] is True
    assert test(EventPattern='{"source": ["other"]}', Event=json.dumps(event))["Result"] is False
    assert error(test, EventPattern='{"source": ["x"]}', Event="{}")[0] == "ValidationException"


def test_a_bus_hears_what_became_of_an_invocation(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", {"source": ["lambda"]}, bus="orders")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"), bus="orders")
    arn = make_function(
        aws, "fails", "def main(event, context): raise RuntimeError('not today')",
        allow("events:PutEvents", resource=bus_arn("orders")),
    )  # fmt: skip
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName="fails", MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": bus_arn("orders")}},
    )  # fmt: skip

    invoke(aws, "fails", {"n": 1}, InvocationType="Event")

    (event,) = eventually(lambda: received(aws, url))
    assert event["detail-type"] == "Lambda Function Invocation Result - Failure"
    assert event["resources"] == [bus_arn("orders"), f"{arn}:$LATEST"]
    assert event["detail"]["responsePayload"]["errorMessage"] == "not today"
