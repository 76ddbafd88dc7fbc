"""What others did to the cloud meanwhile: a refresh sees it, the next `up` puts it right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi_aws as aws_sdk
import pulumi_aws_native as native
import pytest

from tests.sandbox.provider.inline_stack import InlineStack
from tests.sandbox.provider.programs import definition, trust

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

Client = Callable[..., Any]


def program() -> None:
    role = aws_sdk.iam.Role("role", name="drift", assume_role_policy=trust("sagemaker"))
    aws_sdk.sqs.Queue("queue", name="drift", delay_seconds=5)
    native.sagemaker.Pipeline(
        "pipeline", pipeline_name="drift", role_arn=role.arn,
        pipeline_definition={"pipeline_definition_body": definition()},
    )  # fmt: skip


def test_a_change_is_seen_and_put_right(stack: InlineStack, aws: Client) -> None:
    stack.up(program)
    url = aws("sqs").get_queue_url(QueueName="drift")["QueueUrl"]
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "77"})
    aws("iam").tag_role(RoleName="drift", Tags=[{"Key": "by", "Value": "hand"}])
    arn = aws("iam").get_role(RoleName="drift")["Role"]["Arn"]
    body = definition("Other")
    aws("sagemaker").update_pipeline(PipelineName="drift", PipelineDefinition=body, RoleArn=arn)

    assert stack.refresh() == {"same": 1, "update": 3}
    assert stack.resources()["queue"]["inputs"]["delaySeconds"] == 77
    assert stack.resources()["role"]["inputs"]["tags"] == {"by": "hand"}

    assert stack.preview(program) == {"same": 1, "update": 3}
    assert stack.up(program) == {"same": 1, "update": 3}
    attributes = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])
    assert attributes["Attributes"] == {"DelaySeconds": "5"}
    assert not aws("iam").get_role(RoleName="drift")["Role"].get("Tags")


def test_what_was_deleted_is_made_again(stack: InlineStack, aws: Client) -> None:
    stack.up(program)
    aws("sagemaker").delete_pipeline(PipelineName="drift", ClientRequestToken="x" * 32)
    aws("sqs").delete_queue(QueueUrl=aws("sqs").get_queue_url(QueueName="drift")["QueueUrl"])

    assert stack.refresh() == {"same": 2, "delete": 2}
    assert stack.up(program) == {"same": 2, "create": 2}


def test_destroying_what_is_gone_is_no_failure(stack: InlineStack, aws: Client) -> None:
    stack.up(program)
    aws("sagemaker").delete_pipeline(PipelineName="drift", ClientRequestToken="x" * 32)
    aws("sqs").delete_queue(QueueUrl=aws("sqs").get_queue_url(QueueName="drift")["QueueUrl"])
    aws("iam").delete_role(RoleName="drift")

    assert stack.destroy() == {"delete": 4}
