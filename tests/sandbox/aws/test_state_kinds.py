"""The kinds of states: waits, choices, ends, branches and maps."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.aws.conftest import START, SandboxAws
from tests.sandbox.aws.machines import Machine, fail, make_machine, one, states

pytestmark = pytest.mark.sandbox


@pytest.fixture
def machine(aws: SandboxAws) -> Machine:
    return make_machine(aws)


def test_waiting_follows_the_sandboxs_clock(machine: Machine) -> None:
    content = states(
        "For",
        For={"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Until"},
        Until={"Type": "Wait", "TimestampPath": "$.until", "End": True},
    )
    machine.create(content)
    arn = machine.start({"seconds": 600, "until": "2027-03-01T14:00:00+01:00"})
    machine.aws.advance("PT59M")
    assert machine.types(arn)[-2:] == ["WaitStateExited", "WaitStateEntered"]
    machine.aws.advance("PT2M")
    assert machine.describe(arn)["stopDate"] == START + timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "given", "says"),
    [
        ({"SecondsPath": "$.s"}, -1, "references a negative value: $.s == -1"),
        ({"SecondsPath": "$.s"}, "1", "does not reference an integer value: $.s"),
        ({"TimestampPath": "$.s"}, "2027-03-01", "does not reference a valid ISO-8601"),
        ({"TimestampPath": "$.s"}, "2127-03-01T00:00:00Z", "Wait state delay is too long."),
    ],
)
def test_waits_that_cannot_be(
    machine: Machine, state: dict[str, Any], given: Any, says: str
) -> None:
    found = machine.run(one({"Type": "Wait", **state}), {"s": given})
    assert found["error"] == "States.Runtime"
    assert says in found["cause"]


def test_no_choice_is_a_failure(machine: Machine) -> None:
    rule = {"Variable": "$.n", "NumericEquals": 1, "Next": "Done"}
    content = states("Which", Which={"Type": "Choice", "Choices": [rule]}, Done={"Type": "Succeed"})
    assert machine.run(content, {"n": 2})["error"] == "States.NoChoiceMatched"


def test_a_fail_state_can_take_its_words_from_the_input(machine: Machine) -> None:
    state = {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('It was {}.', $.e)"}
    found = machine.run(states("Only", Only=state), {"e": "This"})
    assert (found["error"], found["cause"]) == ("This", "It was This.")


def branch(name: str, **state: Any) -> dict[str, Any]:
    return states(name, **{name: {"Type": "Pass", "End": True, **state}})


def test_branches_run_side_by_side(machine: Machine) -> None:
    waiting = states("Slow", Slow={"Type": "Wait", "Seconds": 5, "End": True})
    content = one({"Type": "Parallel", "Branches": [waiting, branch("Fast", Result=1)]})
    machine.create(content)
    arn = machine.start({"a": 0})
    machine.aws.advance("PT1M")

    assert machine.describe(arn)["output"] == '[{"a":0},1]'
    assert machine.walk(arn) == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "ParallelStateEntered"),
        (3, 2, "ParallelStateStarted"),
        (4, 3, "WaitStateEntered"),
        (5, 3, "PassStateEntered"),
        (6, 5, "PassStateExited"),
        (7, 4, "WaitStateExited"),
        (8, 7, "ParallelStateSucceeded"),
        (9, 7, "ParallelStateExited"),
        (10, 9, "ExecutionSucceeded"),
    ]


def test_a_branch_that_fails_ends_the_others(machine: Machine) -> None:
    waiting = states("Slow", Slow={"Type": "Wait", "Seconds": 5, "End": True})
    content = one({"Type": "Parallel", "Branches": [waiting, states("Bad", Bad=fail())]})
    machine.create(content)
    arn = machine.start()
    machine.aws.advance("PT1M")

    found = machine.describe(arn)
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", "Broken", "as planned")
    assert machine.walk(arn)[4:] == [
        (5, 3, "FailStateEntered"),
        (6, 5, "WaitStateAborted"),
        (7, 5, "ParallelStateFailed"),
        (8, 7, "ExecutionFailed"),
    ]


def mapping(*, inner: dict[str, Any], **more: Any) -> dict[str, Any]:
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, **inner}
    return one({"Type": "Map", "ItemProcessor": processor, **more})


def test_items_are_processed_as_many_at_once_as_allowed(machine: Machine) -> None:
    content = mapping(
        inner=branch("Double", Parameters={"twice.$": "States.MathAdd($.n, $.n)"}),
        ItemsPath="$.items",
        ItemSelector={"n.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index"},
        MaxConcurrency=1,
        ResultSelector={"found.$": "$[*].twice"},
    )
    machine.create(content)
    arn = machine.start({"items": [3, 4]})
    machine.aws.advance("PT1M")

    assert machine.describe(arn)["output"] == '{"found":[6,8]}'
    assert machine.walk(arn)[1:] == [
        (2, 0, "MapStateEntered"),
        (3, 2, "MapStateStarted"),
        (4, 3, "MapIterationStarted"),
        (5, 4, "PassStateEntered"),
        (6, 5, "PassStateExited"),
        (7, 6, "MapIterationSucceeded"),
        (8, 6, "MapIterationStarted"),
        (9, 8, "PassStateEntered"),
        (10, 9, "PassStateExited"),
        (11, 10, "MapIterationSucceeded"),
        (12, 10, "MapStateSucceeded"),
        (13, 10, "MapStateExited"),
        (14, 13, "ExecutionSucceeded"),
    ]
    assert machine.detail(arn, "MapStateStarted") == {"length": 2}
    assert machine.detail(arn, "MapIterationStarted", 1) == {"name": "Only", "index": 1}
    entered = machine.detail(arn, "PassStateEntered", 1)
    assert entered["input"] == '{"n":4,"at":1}'


def test_a_map_of_nothing_is_done_at_once(machine: Machine) -> None:
    assert machine.output(mapping(inner=branch("In"), ItemsPath="$.items"), {"items": []}) == []


def test_a_map_of_no_array_fails(machine: Machine) -> None:
    found = machine.run(mapping(inner=branch("In")), {"no": "array"})
    assert found["error"] == "States.Runtime"


def test_a_map_is_tried_again_and_caught(machine: Machine) -> None:
    content = mapping(
        inner=states("Bad", Bad=fail()),
        Retry=[{"ErrorEquals": ["Broken"], "IntervalSeconds": 10, "MaxAttempts": 1}],
        Catch=[{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}],
        ItemsPath="$.items",
    )
    content["States"]["Caught"] = {"Type": "Succeed"}
    machine.create(content)
    arn = machine.start({"items": [1]})
    machine.aws.advance("PT1M")

    assert json.loads(machine.describe(arn)["output"])["error"] == {
        "Error": "Broken", "Cause": "as planned",
    }  # fmt: skip
    assert machine.walk(arn)[2:12] == [
        (3, 2, "MapStateStarted"),
        (4, 3, "MapIterationStarted"),
        (5, 4, "FailStateEntered"),
        (6, 5, "MapIterationFailed"),
        (7, 5, "MapStateStarted"),
        (8, 7, "MapIterationStarted"),
        (9, 8, "FailStateEntered"),
        (10, 9, "MapIterationFailed"),
        (11, 9, "MapStateFailed"),
        (12, 11, "MapStateExited"),
    ]
    events = machine.events(arn)
    assert events[6]["timestamp"] - events[5]["timestamp"] == timedelta(seconds=10)


def test_an_execution_has_a_time_limit(machine: Machine) -> None:
    machine.create(one({"Type": "Wait", "Seconds": 600}, TimeoutSeconds=60))
    arn = machine.start()
    machine.aws.advance("PT5M")

    found = machine.describe(arn)
    assert (found["status"], found["stopDate"]) == ("TIMED_OUT", START + timedelta(minutes=1))
    assert machine.types(arn)[-1] == "ExecutionTimedOut"


def test_a_machine_that_goes_in_circles_ends(machine: Machine) -> None:
    machine.create(
        states(
            "A",
            A={"Type": "Pass", "Next": "B"},
            B={"Type": "Choice", "Choices": [{"Variable": "$.end", "IsPresent": True,
                                              "Next": "C"}], "Default": "A"},
            C={"Type": "Succeed"},
        )
    )  # fmt: skip
    arn = machine.start()
    machine.aws.advance("PT1H")
    found = machine.describe(arn)
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    assert "maximum number of history events (25000)" in found["cause"]
