"""What executions do and what their history says: ids, order and details as AWS gives them."""

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


# ── Starting, stopping, listing ─────────────────────────────────────────────────────


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


# ── Data ────────────────────────────────────────────────────────────────────────────


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


# ── Kinds of states ─────────────────────────────────────────────────────────────────


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
