"""What people read when the cloud, or the provider before it, refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws_sdk
import pulumi_aws_native as native
import pytest
from pulumi import automation as auto

from tests.sandbox.provider.inline_stack import InlineStack
from tests.sandbox.provider.programs import definition, policy, trust

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

Client = Callable[..., Any]
ROLE = "arn:aws:iam::111122223333:role/nobody"


def test_a_taken_name_is_told_in_the_clouds_words(stack: InlineStack, aws: Client) -> None:
    def program() -> None:
        aws_sdk.iam.Role("role", name="taken", assume_role_policy=trust("lambda"))

    aws("iam").create_role(RoleName="taken", AssumeRolePolicyDocument=trust("lambda"))
    with pytest.raises(auto.CommandError):
        stack.up(program)
    assert "creating IAM Role (taken): operation error IAM: CreateRole, https" in stack.problems()
    assert "EntityAlreadyExists: Role with name taken already exists." in stack.problems()
    assert "role" not in stack.resources()

    aws("iam").delete_role(RoleName="taken")
    assert stack.up(program) == {"same": 1, "create": 1}


def test_a_taken_pipeline_is_told_as_cloud_control_tells_it(
    stack: InlineStack, aws: Client
) -> None:
    def program() -> None:
        role = aws_sdk.iam.Role("role", assume_role_policy=trust("sagemaker"))
        for name in ("one", "two"):
            native.sagemaker.Pipeline(
                name, pipeline_name="the-same", role_arn=role.arn,
                pipeline_definition={"pipeline_definition_body": definition()},
            )  # fmt: skip

    with pytest.raises(auto.CommandError):
        stack.up(program)
    assert 'operation CREATE failed with "AlreadyExists": ' in stack.problems()
    assert "(the-same) already exists" in stack.problems()


def test_a_missing_target_names_operation_and_code(stack: InlineStack) -> None:
    def program() -> None:
        aws_sdk.iam.RolePolicyAttachment(
            "attached", role="nobody", policy_arn="arn:aws:iam::aws:policy/ReadOnlyAccess"
        )

    with pytest.raises(auto.CommandError):
        stack.up(program)
    assert "operation error IAM: AttachRolePolicy" in stack.problems()
    assert "NoSuchEntity: " in stack.problems()


def test_what_is_wrong_with_an_input_is_found_before_anything_is_made(
    stack: InlineStack, aws: Client
) -> None:
    def program() -> None:
        aws_sdk.sqs.Queue("fine", name="never-made")
        aws_sdk.sqs.Queue("queue", delay_seconds=1000)

    with pytest.raises(auto.CommandError):
        stack.preview(program)
    assert "expected delay_seconds to be in the range (0 - 900), got 1000" in stack.problems()
    assert not any("never-made" in url for url in aws("sqs").list_queues().get("QueueUrls", []))


def test_a_type_that_is_not_simulated_is_named(stack: InlineStack) -> None:
    with pytest.raises(auto.CommandError):
        stack.preview(lambda: aws_sdk.sns.Topic("topic") and None)
    assert "the sandbox does not simulate aws:sns/topic:Topic" in stack.problems()


def test_an_account_has_to_be_named(stack: InlineStack) -> None:
    def program() -> None:
        provider = aws_sdk.Provider("mine", region="eu-west-1")
        aws_sdk.sqs.Queue("queue", opts=pulumi.ResourceOptions(provider=provider))

    with pytest.raises(auto.CommandError):
        stack.preview(program)
    assert "set aws:allowedAccountIds to a list of one 12-digit account" in stack.problems()


def test_a_failure_after_creation_is_finished_by_the_next_up(
    stack: InlineStack, aws: Client
) -> None:
    def program() -> None:
        aws_sdk.iam.Role(
            "role", name="half-made", assume_role_policy=trust("lambda"),
            managed_policy_arns=["arn:aws:iam::111122223333:policy/comes-later"],
        )  # fmt: skip

    with pytest.raises(auto.CommandError):
        stack.up(program)
    assert "NoSuchEntity" in stack.problems()
    assert stack.resources()["role"]["initErrors"]
    assert aws("iam").get_role(RoleName="half-made"), "it exists, and the state says so"

    made = aws("iam").create_policy(PolicyName="comes-later", PolicyDocument=policy("s3:GetObject"))
    assert stack.up(program) == {"same": 1, "update": 1}
    attached = aws("iam").list_attached_role_policies(RoleName="half-made")["AttachedPolicies"]
    assert [one["PolicyName"] for one in attached] == ["comes-later"]
    assert "initErrors" not in stack.resources()["role"]
    stack.destroy()
    aws("iam").delete_policy(PolicyArn=made["Policy"]["Arn"])
