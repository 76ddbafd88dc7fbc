"""State machines through the provider: changed in place, replaced, refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi_aws as aws_sdk
import pytest
from pulumi import automation as auto

from tests.sandbox.provider.inline_stack import InlineStack
from tests.sandbox.provider.programs import policy, trust

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

Client = Callable[..., Any]


def machine(name: str, result: int, **more: Any) -> Callable[[], None]:
    content = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": result, "End": True}}}

    def program() -> None:
        role = aws_sdk.iam.Role(
            "role", name="of-a-machine", assume_role_policy=trust("states"),
            inline_policies=[{"name": "p", "policy": policy("*")}],
        )  # fmt: skip
        group = aws_sdk.cloudwatch.LogGroup("logs", name="/aws/vendedlogs/states/of-a-machine")
        if level := more.get("level"):
            more["logging_configuration"] = {
                "level": level, "log_destination": group.arn.apply(lambda arn: f"{arn}:*"),
            }  # fmt: skip
        given = {key: value for key, value in more.items() if key != "level"}
        aws_sdk.sfn.StateMachine(
            "machine", name=name, role_arn=role.arn, definition=json.dumps(content), **given
        )

    return program


def test_a_machine_is_updated_in_place(stack: InlineStack, aws: Client) -> None:
    stack.up(machine("in-place", 1, tags={"team": "one"}))
    arn = stack.resources()["machine"]["id"]
    changes = stack.up(machine("in-place", 2, tags={"team": "two"}, level="ERROR"))
    assert changes == {"same": 3, "update": 1}
    assert stack.changed_paths("machine") == {
        "definition", "loggingConfiguration.level", "loggingConfiguration.logDestination",
        "tags.team",
    }  # fmt: skip
    found = aws("stepfunctions").describe_state_machine(stateMachineArn=arn)
    assert json.loads(found["definition"])["States"]["A"]["Result"] == 2
    assert found["loggingConfiguration"]["level"] == "ERROR"
    tags = aws("stepfunctions").list_tags_for_resource(resourceArn=arn)["tags"]
    assert tags == [{"key": "team", "value": "two"}]
    again = machine("in-place", 2, tags={"team": "two"}, level="ERROR")
    assert stack.up(again) == {"same": 4}
    assert stack.refresh() == {"same": 4}
    assert stack.up(machine("renamed", 2)) == {"same": 3, "replace": 1}
    assert stack.resources()["machine"]["id"].endswith(":stateMachine:renamed")


def test_a_change_outside_is_found_and_put_back(stack: InlineStack, aws: Client) -> None:
    stack.up(machine("changed", 1))
    arn = stack.resources()["machine"]["id"]
    content = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    aws("stepfunctions").update_state_machine(stateMachineArn=arn, definition=json.dumps(content))
    assert stack.refresh()["update"] == 1
    assert stack.up(machine("changed", 1)) == {"same": 3, "update": 1}


def test_a_refusal_is_told_in_step_functions_words(stack: InlineStack) -> None:
    def program() -> None:
        role = aws_sdk.iam.Role("role", assume_role_policy=trust("lambda"))
        content = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
        aws_sdk.sfn.StateMachine(
            "machine", name="refused", role_arn=role.arn, definition=json.dumps(content)
        )

    with pytest.raises(auto.CommandError):
        stack.up(program)
    assert "creating Step Functions State Machine (refused): operation error SFN: " in (
        stack.problems()
    )
    assert "AccessDeniedException: Neither the global service principal" in stack.problems()
