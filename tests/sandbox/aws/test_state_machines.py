"""State machines are made, changed, listed and refused as AWS does it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.conftest import ACCOUNT, OTHER_ACCOUNT, REGION, SandboxAws, allow, make_role
from tests.sandbox.aws.machines import (
    ROLE,
    Machine,
    fail,
    make_machine,
    one,
    states,
    train,
    training,
)
from tests.sandbox.aws.running import error

pytestmark = pytest.mark.sandbox

PASS = one({"Type": "Pass"})


@pytest.fixture
def machine(aws: SandboxAws) -> Machine:
    return make_machine(aws)


def refused(machine: Machine, content: Any) -> str:
    """What is said of a definition that is not taken."""
    text = content if isinstance(content, str) else json.dumps(content)
    given = {"name": "Bad", "definition": text, "roleArn": ROLE}
    code, message = error(machine.client.create_state_machine, **given)
    assert code == "InvalidDefinition"
    return message


def test_a_machine_is_described_as_it_was_made(machine: Machine) -> None:
    arn = machine.create(PASS, tags=[{"key": "team", "value": "data"}])
    assert arn == machine.arn

    found = machine.client.describe_state_machine(stateMachineArn=arn)
    assert found["creationDate"] == machine.aws.now()
    del found["ResponseMetadata"], found["creationDate"]
    assert found == {
        "stateMachineArn": arn,
        "name": "Retrain",
        "status": "ACTIVE",
        "definition": json.dumps(PASS),
        "roleArn": ROLE,
        "type": "STANDARD",
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
        "tracingConfiguration": {"enabled": False},
    }
    assert (
        machine.client.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
        == []
    )


def test_making_the_same_twice_is_one_and_another_is_refused(machine: Machine) -> None:
    machine.create(PASS)
    assert machine.create(PASS) == machine.arn
    with pytest.raises(ClientError, match="State Machine Already Exists"):
        machine.create(states("F", F=fail()))


def test_an_update_makes_a_revision_where_something_changes(machine: Machine) -> None:
    machine.create(PASS)
    update = machine.client.update_state_machine
    changed = json.dumps(states("F", F=fail()))
    first = update(stateMachineArn=machine.arn, definition=changed)["revisionId"]
    assert update(stateMachineArn=machine.arn, definition=changed)["revisionId"] == first
    found = machine.client.describe_state_machine(stateMachineArn=machine.arn)
    assert (found["revisionId"], found["definition"]) == (first, changed)
    code, message = error(update, stateMachineArn=machine.arn)
    assert (code, message[:21]) == ("MissingRequiredParameter", "Either the definition")


def test_deleting_takes_the_executions_along(machine: Machine) -> None:
    machine.create(one({"Type": "Wait", "Seconds": 60}))
    arn = machine.start()
    machine.client.delete_state_machine(stateMachineArn=machine.arn)
    machine.client.delete_state_machine(stateMachineArn=machine.arn)
    machine.aws.advance("PT5M")

    gone = error(machine.client.describe_state_machine, stateMachineArn=machine.arn)
    assert gone == ("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{machine.arn}'")
    assert error(machine.client.describe_execution, executionArn=arn)[0] == "ExecutionDoesNotExist"
    assert machine.client.list_state_machines()["stateMachines"] == []


def test_machines_are_listed_by_name_in_pages_of_their_account(machine: Machine) -> None:
    for name in ("c", "a", "b"):
        machine.create(PASS, name=name)
    pages = machine.client.get_paginator("list_state_machines").paginate(
        PaginationConfig={"PageSize": 2}
    )
    assert [[each["name"] for each in page["stateMachines"]] for page in pages] == [
        ["a", "b"], ["c"],
    ]  # fmt: skip
    other = machine.aws.client("stepfunctions", account=OTHER_ACCOUNT)
    assert other.list_state_machines()["stateMachines"] == []
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:a"
    assert error(other.describe_state_machine, stateMachineArn=arn)[0] == "StateMachineDoesNotExist"


def test_tags_come_and_go(machine: Machine) -> None:
    client, arn = machine.client, machine.create(PASS, tags=[{"key": "a", "value": "1"}])
    new = [{"key": "a", "value": "2"}, {"key": "b", "value": ""}]
    client.tag_resource(resourceArn=arn, tags=new)
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == new
    client.untag_resource(resourceArn=arn, tagKeys=["a", "c"])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == new[1:]
    missing = error(client.list_tags_for_resource, resourceArn=arn + "x")
    assert missing == ("ResourceNotFound", f"Resource not found: '{arn}x'")


# ── Roles ───────────────────────────────────────────────────────────────────────────


def test_the_role_has_to_trust_step_functions(machine: Machine) -> None:
    for role in (f"arn:aws:iam::{ACCOUNT}:role/no", f"arn:aws:iam::{ACCOUNT}:role/job"):
        given = {"name": "x", "definition": json.dumps(PASS), "roleArn": role}
        code, message = error(machine.client.create_state_machine, **given)
        assert code == "AccessDeniedException"
        assert message == (
            "Neither the global service principal states.amazonaws.com, nor the regional one is "
            "authorized to assume the provided role."
        )
    given = {"name": "x", "definition": json.dumps(PASS), "roleArn": "role"}
    assert error(machine.client.create_state_machine, **given)[0] == "InvalidArn"


def test_waiting_for_a_job_takes_a_role_that_may_make_the_rule(machine: Machine) -> None:
    may = allow("sagemaker:*")
    role = make_role(machine.aws, "narrow", "states.amazonaws.com", may)
    given = {"name": "x", "definition": json.dumps(states("T", T=train())), "roleArn": role}
    assert error(machine.client.create_state_machine, **given) == (
        "AccessDeniedException", f"'{role}' is not authorized to create managed-rule.",
    )  # fmt: skip
    nested = one({"Type": "Parallel", "Branches": [states("T", T=train())]})
    given["definition"] = json.dumps(nested)
    assert error(machine.client.create_state_machine, **given)[0] == "AccessDeniedException"


# ── Definitions ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("not json", "INVALID_JSON_DESCRIPTION: "),
        ([], "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object"),
        ({}, "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /"),
        ({"States": PASS["States"]},
         "SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt] at /"),
        (states("No", A={"Type": "Succeed"}),
         "MISSING_TRANSITION_TARGET: Missing 'StartAt' target: No at /StartAt"),
        (states("A", A={"Type": "Pass", "Next": "B"}),
         "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next"),
        (states("A", A={"Type": "Succeed"}, B={"Type": "Succeed"}),
         'MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B'),
        (states("A", A={"Type": "Nope"}),
         "SCHEMA_VALIDATION_FAILED: The field 'Type' should have one of these values: [Task, "
         "Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/A/Type"),
        (one({"Type": "Pass", "Retries": 1}),
         "SCHEMA_VALIDATION_FAILED: Field 'Retries' is not supported at /States/Only"),
        (states("A", A={"Type": "Pass"}), "These fields are required: [Next] at /States/A"),
        (one({"Type": "Pass", "ResultPath": "$.a[*]"}), "not a Reference Path at /States/Only/Res"),
        (one({"Type": "Pass", "Parameters": {"a.$": "States.Nope()"}}),
         "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function "
         "call at /States/Only/Parameters"),
        (one({"Type": "Wait"}), "Exactly one of these fields is required"),
        (one({"Type": "Task"}), "These fields are required: [Resource] at /States/Only"),
        (one({"Type": "Task", "Resource": "arn:aws:states:::nonsense"}), "is not recognized"),
        (one({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sagemaker:createNothing"}),
         "is not recognized"),
        (one(train(Parameters={"JobName": "x"})),
         'The field "JobName" is not supported by Step Functions at /States/Only/Parameters'),
        (states("C", C={"Type": "Choice", "Choices": []}), "Choices must be a non-empty array"),
        (one({"Type": "Parallel", "Branches": [states("A", A={"Type": "Pass", "Next": "Only"})]}),
         "Missing 'Next' target: Only at /States/Only/Branches[0]/States/A/Next"),
        (one({"Type": "Map"}), "These fields are required: [ItemProcessor] at /States/Only"),
        (one(train(Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": -1}])),
         "Value has to be at least 0 at /States/Only/Retry[0]/MaxAttempts"),
        (one(train(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}])),
         "States.ALL must appear alone and in the last element at /States/Only/Retry[0]"),
        (one(train(Catch=[{"ErrorEquals": ["X"]}])), "These fields are required: [Next]"),
    ],
)  # fmt: skip
def test_definitions_that_are_refused(machine: Machine, content: Any, says: str) -> None:
    message = refused(machine, content)
    assert message.startswith("Invalid State Machine Definition: '")
    assert says in message


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync"},
         "the Step Functions integration arn:aws:states:::batch:submitJob.sync"),
        ({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"},
         "sqs:sendMessage.waitForTaskToken"),
        ({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem"}, "dynamodb"),
        ({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sagemaker:createHub"}, "createHub"),
        ({"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}}},
         "the distributed mode of a Map"),
        ({**train(), "Credentials": {"RoleArn": "x"}}, "the Credentials of a Task"),
    ],
)  # fmt: skip
def test_what_the_sandbox_lacks_is_named_when_a_machine_is_made(
    machine: Machine, state: dict[str, Any], says: str
) -> None:
    given = {"name": "x", "definition": json.dumps(one(state)), "roleArn": ROLE}
    code, message = error(machine.client.create_state_machine, **given)
    assert code == "NotImplemented"
    assert message.startswith("The sandbox does not simulate ")
    assert says in message
    assert "/States/Only" in message


def test_express_machines_and_versions_are_named_too(machine: Machine) -> None:
    given = {"name": "x", "definition": json.dumps(PASS), "roleArn": ROLE}
    for more in ({"type": "EXPRESS"}, {"publish": True}):
        assert error(machine.client.create_state_machine, **given, **more)[0] == "NotImplemented"


def test_definitions_can_be_judged_without_making_a_machine(machine: Machine) -> None:
    judge = machine.client.validate_state_machine_definition
    assert judge(definition=json.dumps(PASS))["result"] == "OK"
    found = judge(definition="{}")
    assert (found["result"], found["truncated"]) == ("FAIL", False)
    assert found["diagnostics"] == [
        {
            "severity": "ERROR",
            "code": "SCHEMA_VALIDATION_FAILED",
            "message": "These fields are required: [States, StartAt]",
            "location": "/",
        }
    ]


def test_names_of_machines_are_checked(machine: Machine) -> None:
    given = {"definition": json.dumps(PASS), "roleArn": ROLE}
    for name in ("a b", "a/b", "ä?"):
        assert error(machine.client.create_state_machine, name=name, **given)[0] == "InvalidName"


def test_logging_wants_a_log_group_and_a_role_that_may(machine: Machine) -> None:
    logs = machine.aws.client("logs")
    logs.create_log_group(logGroupName="/aws/vendedlogs/states/x")
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/vendedlogs/states/x:*"
    group = {"cloudWatchLogsLogGroup": {"logGroupArn": arn}}
    given = {"name": "x", "definition": json.dumps(PASS), "roleArn": ROLE}

    def refusal(**logging: Any) -> str:
        return error(machine.client.create_state_machine, **given, loggingConfiguration=logging)[0]

    assert refusal(level="ALL") == "InvalidLoggingConfiguration"
    lost = {"cloudWatchLogsLogGroup": {"logGroupArn": arn.replace("states/x", "y")}}
    assert refusal(level="ALL", destinations=[lost]) == "InvalidLoggingConfiguration"
    narrow = make_role(machine.aws, "narrow", "states.amazonaws.com", allow("s3:*"))
    given["roleArn"] = narrow
    assert refusal(level="ALL", destinations=[group]) == "AccessDeniedException"
    given["roleArn"] = ROLE
    logging = {"level": "ALL", "includeExecutionData": True, "destinations": [group]}
    made = machine.client.create_state_machine(**given, loggingConfiguration=logging)
    found = machine.client.describe_state_machine(stateMachineArn=made["stateMachineArn"])
    assert found["loggingConfiguration"] == logging


@pytest.mark.parametrize(
    ("level", "types"),
    [
        ("ALL", ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
        ("ERROR", ["ExecutionFailed"]),
        ("OFF", []),
    ],
)
def test_executions_are_logged_as_much_as_asked(
    machine: Machine, level: str, types: list[str]
) -> None:
    logs, group = machine.aws.client("logs"), "/aws/vendedlogs/states/x"
    logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"
    logging = {
        "level": level, "includeExecutionData": False,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}],
    }  # fmt: skip
    machine.create(states("F", F=fail()), loggingConfiguration=logging)
    execution = machine.start({"secret": 1})
    machine.aws.advance("PT1M")

    found = [json.loads(e["message"]) for e in logs.filter_log_events(logGroupName=group)["events"]]
    assert [each["type"] for each in found] == types
    assert all(each["execution_arn"] == execution for each in found)
    assert all("input" not in each["details"] for each in found)


def test_parameters_may_name_members_by_path(machine: Machine) -> None:
    machine.create(one(train(Parameters=training("$.name"))))
