"""What a change does: update in place, replace, and in which order."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pulumi
import pulumi_aws as aws_sdk
import pulumi_aws_native as native
import pytest

from tests.sandbox.provider.inline_stack import InlineStack
from tests.sandbox.provider.programs import definition, policy, trust

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

Client = Callable[..., Any]


def test_a_role_and_its_policies_are_updated_in_place(stack: InlineStack, aws: Client) -> None:
    def program(service: str, action: str, team: str, **more: Any) -> Callable[[], None]:
        def run() -> None:
            role = aws_sdk.iam.Role(
                "role", name="in-place", assume_role_policy=trust(service),
                tags={"team": team}, **more,
            )  # fmt: skip
            aws_sdk.iam.RolePolicy("inline", name="p", role=role.name, policy=policy(action))
            aws_sdk.iam.Policy("managed", name="in-place", policy=policy(action))

        return run

    stack.up(program("scheduler", "s3:GetObject", "one", description="first"))
    changes = stack.up(program("sagemaker", "s3:PutObject", "two", max_session_duration=7200))
    assert changes == {"same": 1, "update": 3}
    assert stack.changed_paths("role") == {
        "assumeRolePolicy", "description", "maxSessionDuration", "tags.team",
    }  # fmt: skip
    role = aws("iam").get_role(RoleName="in-place")["Role"]
    assert "sagemaker" in json.dumps(role["AssumeRolePolicyDocument"])
    assert (role.get("Description", ""), role["MaxSessionDuration"]) == ("", 7200)
    assert role["Tags"] == [{"Key": "team", "Value": "two"}]
    inline = aws("iam").get_role_policy(RoleName="in-place", PolicyName="p")["PolicyDocument"]
    assert "s3:PutObject" in json.dumps(inline)


def test_a_policy_can_change_more_often_than_it_has_versions(stack: InlineStack) -> None:
    def program(number: int) -> None:
        aws_sdk.iam.Policy("managed", policy=policy(f"s3:Action{number}"))

    for number in range(7):
        stack.up(partial(program, number))
    assert stack.steps() == [("update", "managed")]


def test_a_reworded_policy_is_no_change(stack: InlineStack) -> None:
    one = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": "*"}}  # fmt: skip # noqa: E501
    two = {"Statement": [{"Resource": ["*"], "Action": ["a:C", "a:B"], "Effect": "Allow"}], "Version": "2012-10-17"}  # fmt: skip # noqa: E501
    stack.up(lambda: aws_sdk.iam.Policy("managed", policy=json.dumps(one)) and None)
    assert stack.up(lambda: aws_sdk.iam.Policy("managed", policy=json.dumps(two)) and None) == {
        "same": 2
    }


def scheduled(cron: str, state: str, **more: Any) -> Callable[[], None]:
    def run() -> None:
        role = aws_sdk.iam.Role(
            "role", name="updated", assume_role_policy=trust("sagemaker", "scheduler"),
            inline_policies=[{"name": "p", "policy": policy("*")}],
        )  # fmt: skip
        body = definition(*more.get("steps", ()))
        pipeline = native.sagemaker.Pipeline(
            "pipeline", pipeline_name="updated", role_arn=role.arn,
            pipeline_definition={"pipeline_definition_body": body},
            pipeline_description=more.get("description"),
            tags=[{"key": "k", "value": cron}],
        )  # fmt: skip
        target = role.arn.apply(
            lambda arn: f"arn:aws:sagemaker:eu-west-1:{arn.split(':')[4]}:pipeline/updated"
        )
        aws_sdk.scheduler.Schedule(
            "schedule", name="updated", schedule_expression=cron, state=state,
            flexible_time_window={"mode": "OFF"},
            target={"arn": target, "role_arn": role.arn},
            opts=pulumi.ResourceOptions(depends_on=[pipeline]),
        )  # fmt: skip

    return run


def test_a_pipeline_and_a_schedule_are_updated_in_place(stack: InlineStack, aws: Client) -> None:
    stack.up(scheduled("cron(0 6 * * ? *)", "ENABLED", description="first"))
    changes = stack.up(
        scheduled("cron(0 7 * * ? *)", "DISABLED", description="second", steps=("A", "B"))
    )
    assert changes == {"same": 2, "update": 2}
    assert stack.changed_paths("schedule") == {"scheduleExpression", "state"}
    assert "pipelineDefinition.pipelineDefinitionBody" in stack.changed_paths("pipeline")
    schedule = aws("scheduler").get_schedule(Name="updated")
    assert (schedule["ScheduleExpression"], schedule["State"]) == ("cron(0 7 * * ? *)", "DISABLED")
    pipeline = aws("sagemaker").describe_pipeline(PipelineName="updated")
    assert [one["Name"] for one in json.loads(pipeline["PipelineDefinition"])["Steps"]] == [
        "A",
        "B",
    ]
    assert pipeline["PipelineDescription"] == "second"
    tags = aws("sagemaker").list_tags(ResourceArn=pipeline["PipelineArn"])["Tags"]
    assert tags == [{"Key": "k", "Value": "cron(0 7 * * ? *)"}]


def test_a_queue_a_bucket_and_logs_are_updated_in_place(stack: InlineStack, aws: Client) -> None:
    def program(seconds: int, days: int, versioned: bool, team: str) -> Callable[[], None]:
        def run() -> None:
            tags = {"team": team}
            aws_sdk.sqs.Queue("queue", name="in-place", delay_seconds=seconds, tags=tags)
            aws_sdk.cloudwatch.LogGroup("logs", name="in-place", retention_in_days=days, tags=tags)
            aws_sdk.s3.Bucket(
                "bucket", bucket="in-place-of-a-test", versioning={"enabled": versioned}, tags=tags
            )

        return run

    stack.up(program(seconds=5, days=14, versioned=False, team="one"))
    changes = stack.up(program(seconds=0, days=0, versioned=True, team="two"))
    assert changes == {"same": 1, "update": 3}
    url = aws("sqs").get_queue_url(QueueName="in-place")["QueueUrl"]
    attributes = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["DelaySeconds"] == "0"
    assert aws("sqs").list_queue_tags(QueueUrl=url)["Tags"] == {"team": "two"}
    group = aws("logs").describe_log_groups(logGroupNamePrefix="in-place")["logGroups"][0]
    assert "retentionInDays" not in group
    assert aws("s3").get_bucket_versioning(Bucket="in-place-of-a-test")["Status"] == "Enabled"


def test_a_made_up_name_lets_the_new_one_come_first(stack: InlineStack) -> None:
    def program(path: str) -> Callable[[], None]:
        return lambda: (
            aws_sdk.iam.Role("role", assume_role_policy=trust("lambda"), path=path) and None
        )

    stack.up(program("/one/"))
    assert stack.up(program("/two/")) == {"same": 1, "replace": 1}
    assert [step for step, _ in stack.steps()] == [
        "create-replacement", "replace", "delete-replaced",
    ]  # fmt: skip


def test_a_fixed_name_has_to_be_freed_first(stack: InlineStack, aws: Client) -> None:
    def program(path: str) -> Callable[[], None]:
        return lambda: (
            aws_sdk.iam.Role("role", name="fixed", assume_role_policy=trust("lambda"), path=path)
            and None
        )

    stack.up(program("/one/"))
    assert stack.up(program("/two/")) == {"same": 1, "replace": 1}
    assert [step for step, _ in stack.steps()] == [
        "delete-replaced", "replace", "create-replacement",
    ]  # fmt: skip
    assert aws("iam").get_role(RoleName="fixed")["Role"]["Path"] == "/two/"


def test_taking_a_name_away_gives_a_made_up_one(stack: InlineStack) -> None:
    def program(name: str | None) -> Callable[[], None]:
        return lambda: aws_sdk.sqs.Queue("queue", name=name) and None

    stack.up(program("chosen"))
    assert stack.up(program(None)) == {"same": 1, "replace": 1}
    assert stack.resources()["queue"]["outputs"]["name"].startswith("queue-")
    assert stack.up(program(None)) == {"same": 2}


def test_a_prefix_gives_a_name_that_stays(stack: InlineStack) -> None:
    def program() -> None:
        aws_sdk.sqs.Queue("queue", name_prefix="of-a-prefix-")

    stack.up(program)
    assert stack.resources()["queue"]["outputs"]["name"].startswith("of-a-prefix-")
    assert stack.up(program) == {"same": 2}
    assert stack.refresh() == {"same": 2}
