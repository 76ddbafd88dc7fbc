"""What exists already can be taken over, or only looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws_sdk
import pulumi_aws_native as native
import pytest

from tests.sandbox.provider.inline_stack import InlineStack
from tests.sandbox.provider.programs import definition, policy, trust

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

Client = Callable[..., Any]


def test_every_kind_of_id_can_be_imported(stack: InlineStack, aws: Client) -> None:
    iam, sqs = aws("iam"), aws("sqs")
    arn = iam.create_role(
        RoleName="older", AssumeRolePolicyDocument=trust("scheduler"), Path="/a/"
    )["Role"]["Arn"]
    iam.put_role_policy(RoleName="older", PolicyName="p", PolicyDocument=policy("*"))
    managed = iam.create_policy(PolicyName="older", PolicyDocument=policy("*"))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="older", PolicyArn=managed)
    url = sqs.create_queue(
        QueueName="older", Attributes={"DelaySeconds": "7", "MaximumMessageSize": "262144"}
    )["QueueUrl"]
    aws("scheduler").create_schedule_group(Name="older")
    aws("logs").create_log_group(logGroupName="older")

    def program(keep: bool = True) -> None:
        def options(id: str) -> pulumi.ResourceOptions | None:
            return pulumi.ResourceOptions(import_=id) if keep else None

        role = aws_sdk.iam.Role(
            "role", name="older", path="/a/", assume_role_policy=trust("scheduler"),
            opts=options("older"),
        )  # fmt: skip
        aws_sdk.iam.RolePolicy(
            "inline", name="p", role=role.name, policy=policy("*"), opts=options("older:p")
        )
        owned = aws_sdk.iam.Policy(
            "managed", name="older", policy=policy("*"), opts=options(managed)
        )
        aws_sdk.iam.RolePolicyAttachment(
            "attached", role=role.name, policy_arn=owned.arn, opts=options(f"older/{managed}")
        )
        aws_sdk.sqs.Queue("queue", name="older", delay_seconds=7, opts=options(url))
        aws_sdk.scheduler.ScheduleGroup("group", name="older", opts=options("older"))
        aws_sdk.cloudwatch.LogGroup("logs", name="older", opts=options("older"))

    assert arn.endswith(":role/a/older")
    assert stack.up(program) == {"create": 1, "import": 7}
    assert stack.up(lambda: program(keep=False)) == {"same": 8}


def test_a_pipeline_can_be_looked_at(stack: InlineStack, aws: Client) -> None:
    role = aws("iam").create_role(
        RoleName="of-another", AssumeRolePolicyDocument=trust("sagemaker")
    )["Role"]["Arn"]
    aws("sagemaker").create_pipeline(
        PipelineName="of-another", PipelineDefinition=definition(), RoleArn=role,
        ClientRequestToken="x" * 32,
    )  # fmt: skip

    def program() -> None:
        found = native.sagemaker.Pipeline.get("found", "of-another")
        pulumi.export("role", found.role_arn)

    stack.up(program)
    assert stack.outputs() == {"role": role}
    stack.destroy()
    assert aws("sagemaker").describe_pipeline(PipelineName="of-another")["PipelineName"]
