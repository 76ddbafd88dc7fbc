"""A preview knows what can be known, and says of the rest that it is not known yet."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from tests.sandbox.provider.inline_stack import InlineStack
from tests.sandbox.provider.programs import everything, policy, trust

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]


def planned(stack: InlineStack, name: str) -> dict[str, Any]:
    """The outputs that a preview showed for a resource."""
    found = [one.res_outputs_event.metadata for one in stack.events if one.res_outputs_event]
    state = next(one.new for one in found if one.urn.endswith(f"::{name}"))
    return dict(state.outputs)


UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def test_a_first_preview_shows_names_and_leaves_arns_open(stack: InlineStack) -> None:
    stack.preview(everything)
    role, schedule = planned(stack, "role"), planned(stack, "schedule")
    assert role["name"].startswith("role-")
    assert (role["arn"], role["maxSessionDuration"]) == (UNKNOWN, 3600)
    assert role["tagsAll"] == {"team": "data"}
    assert schedule["target"]["roleArn"] == UNKNOWN
    assert schedule["scheduleExpression"] == "cron(0 6 * * ? *)"
    assert (schedule["region"], schedule["state"]) == ("eu-west-1", "ENABLED")
    assert any("queue_url: [unknown]" in line for line in stack.output)


def test_an_update_keeps_what_cannot_change(stack: InlineStack) -> None:
    def program(action: str) -> None:
        managed = aws.iam.Policy("managed", policy=policy(action))
        pulumi.export("arn", managed.arn)

    stack.up(lambda: program("s3:GetObject"))
    assert stack.preview(lambda: program("s3:PutObject")) == {"same": 1, "update": 1}
    assert planned(stack, "managed")["arn"].startswith("arn:aws:iam::")


def test_a_replacement_makes_what_depends_on_it_unknown(stack: InlineStack) -> None:
    def program(path: str) -> None:
        role = aws.iam.Role("role", assume_role_policy=trust("lambda"), path=path)
        aws.iam.RolePolicy("inline", role=role.name, policy=role.arn.apply(
            lambda arn: policy("sts:AssumeRole", Resource=arn)
        ))  # fmt: skip

    stack.up(lambda: program("/one/"))
    assert stack.preview(lambda: program("/two/")) == {"same": 1, "replace": 2}
    assert stack.up(lambda: program("/two/")) == {"same": 1, "replace": 2}
