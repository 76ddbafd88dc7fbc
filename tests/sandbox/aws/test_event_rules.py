"""Rules: what comes to a bus reaches the targets of the rules it matches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioning.sandbox.faults import Fault
from tests.sandbox.aws.buses import (
    SOURCE,
    add_target,
    looks,
    make_printer,
    make_queue,
    make_rule,
    printed,
    put,
    queue_arn,
    received,
    rule_arn,
)
from tests.sandbox.aws.conftest import (
    ACCOUNT,
    REGION,
    SandboxAws,
)

pytestmark = pytest.mark.sandbox


def numbers(found: list[Any]) -> list[int]:
    return [event["detail"]["n"] for event in found]


def test_an_event_reaches_the_function_of_a_rule(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", bus="orders")
    add_target(aws, "r", make_printer(aws, rule=rule), bus="orders")

    (id,) = put(aws, 7, bus="orders", Resources=["arn:x"])

    (event,) = printed(aws, 1)
    assert event == {
        "version": "0", "id": id, "detail-type": "made", "source": SOURCE, "account": ACCOUNT,
        "time": "2027-03-01T12:00:00Z", "region": REGION, "resources": ["arn:x"],
        "detail": {"n": 7},
    }  # fmt: skip
    assert looks(aws) == [("delivered", "")]


def test_the_order_of_a_bus_is_kept(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", bus="orders")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"), bus="orders")

    put(aws, *range(10), bus="orders")
    put(aws, *range(10, 20), bus="orders")

    assert numbers(received(aws, url)) == list(range(20))


def test_only_what_matches_is_delivered_and_the_rest_is_noted(aws: SandboxAws) -> None:
    pattern = {"source": [SOURCE], "detail": {"n": [{"numeric": [">", 1]}]}}
    rule = make_rule(aws, "r", pattern, bus="orders")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"), bus="orders")

    put(aws, 1, 2, bus="orders")
    put(aws, 3)  # on the default bus

    assert numbers(received(aws, url)) == [2]
    assert looks(aws) == [
        ("ignored", "The pattern does not match: detail.n."), ("delivered", ""),
    ]  # fmt: skip


def test_a_disabled_rule_delivers_nothing(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", State="DISABLED")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))
    events = aws.client("events")

    put(aws, 1)
    events.enable_rule(Name="r")
    put(aws, 2)
    events.disable_rule(Name="r")
    put(aws, 3)

    assert numbers(received(aws, url)) == [2]
    assert looks(aws)[0] == ("ignored", "The rule is disabled.")


def test_the_functions_own_policy_has_to_name_the_rule(aws: SandboxAws) -> None:
    make_rule(aws, "r")
    add_target(aws, "r", make_printer(aws, rule=rule_arn("another")))

    put(aws, 1)

    ((outcome, reason),) = looks(aws)
    assert outcome == "refused"
    assert "does not let events.amazonaws.com invoke it" in reason


def test_what_is_refused_goes_to_the_dead_letters(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r")
    url = make_queue(aws, "dead", rule=rule)
    add_target(aws, "r", queue_arn("nowhere"), DeadLetterConfig={"Arn": queue_arn("dead")})

    (id,) = put(aws, 1)

    message = aws.client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])
    (letter,) = message["Messages"]
    assert json.loads(letter["Body"])["id"] == id
    attributes = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
    assert attributes["RULE_ARN"] == rule
    assert attributes["TARGET_ARN"] == queue_arn("nowhere")
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"


def test_a_target_that_is_throttled_is_tried_again(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))
    fault = {"kind": "throttle", "cloud": "aws", "match": "SendMessage", "count": 2}
    with aws.world.lock:
        aws.world.faults.table.put(Fault.model_validate(fault))

    put(aws, 1)
    aws.restart()  # what waits is kept
    aws.advance("PT1M")

    assert numbers(received(aws, url)) == [1]
    assert [outcome for outcome, _ in looks(aws)] == ["refused", "delivered"]


def test_a_firing_can_be_dropped_and_delayed(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))
    with aws.world.lock:
        for kind, seconds in (("drop_firing", 0), ("delay", 30)):
            fault = Fault(kind=kind, cloud="aws", match="r", count=1, seconds=seconds)  # type: ignore[arg-type]
            aws.world.faults.table.put(fault)

    put(aws, 1)
    put(aws, 2)
    assert received(aws, url) == []
    aws.advance("PT31S")

    assert numbers(received(aws, url)) == [2]
    assert [outcome for outcome, _ in looks(aws)] == ["dropped", "delivered"]
