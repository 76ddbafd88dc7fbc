"""EventBridge Scheduler: what it keeps, and what it refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.conftest import (
    ACCOUNT,
    REGION,
    START,
    SandboxAws,
    allow,
    document,
    make_role,
)

pytestmark = pytest.mark.sandbox

TARGET = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/churn"
GROUPS = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group"
OFF = {"Mode": "OFF"}


@pytest.fixture
def role(aws: SandboxAws) -> str:
    return make_role(aws, "fires", "scheduler.amazonaws.com", allow("sagemaker:*"))


def create(aws: SandboxAws, role: str, name: str = "daily", **changes: Any) -> str:
    settings = {
        "Name": name,
        "ScheduleExpression": "cron(0 6 * * ? *)",
        "FlexibleTimeWindow": OFF,
        "Target": {"Arn": TARGET, "RoleArn": role},
        **changes,
    }
    return str(aws.client("scheduler").create_schedule(**settings)["ScheduleArn"])


def refused(call: Any, *arguments: Any, **keywords: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refusal:
        call(*arguments, **keywords)
    error = refusal.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_schedule_is_read_back_as_it_was_written(aws: SandboxAws, role: str) -> None:
    scheduler = aws.client("scheduler")
    scheduler.create_schedule_group(Name="skyclock", Tags=[{"Key": "a", "Value": "b"}])
    arn = create(
        aws,
        role,
        GroupName="skyclock",
        ScheduleExpressionTimezone="Europe/Berlin",
        StartDate=START + timedelta(days=1),
        EndDate=START + timedelta(days=9),
        Description="each morning",
        Target={
            "Arn": TARGET,
            "RoleArn": role,
            "SageMakerPipelineParameters": {
                "PipelineParameterList": [{"Name": "Epochs", "Value": "5"}]
            },
        },
    )

    found = scheduler.get_schedule(GroupName="skyclock", Name="daily")

    assert arn == f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/skyclock/daily"
    assert found["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert found["StartDate"] == START + timedelta(days=1)
    assert found["State"] == "ENABLED"
    assert found["CreationDate"] == START
    assert found["Target"]["RetryPolicy"] == {
        "MaximumEventAgeInSeconds": 86400,
        "MaximumRetryAttempts": 185,
    }
    assert found["Target"]["SageMakerPipelineParameters"]["PipelineParameterList"]
    group = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/skyclock"
    tags = scheduler.list_tags_for_resource(ResourceArn=group)["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}]


def test_an_update_replaces_everything(aws: SandboxAws, role: str) -> None:
    scheduler = aws.client("scheduler")
    create(aws, role, Description="old", State="DISABLED")
    scheduler.update_schedule(
        Name="daily",
        ScheduleExpression="rate(2 hours)",
        FlexibleTimeWindow=OFF,
        Target={"Arn": TARGET, "RoleArn": role},
    )

    found = scheduler.get_schedule(Name="daily")

    assert found["ScheduleExpression"] == "rate(2 hours)"
    assert found["State"] == "ENABLED"
    assert "Description" not in found


def test_the_same_token_creates_one_schedule(aws: SandboxAws, role: str) -> None:
    first = create(aws, role, ClientToken="t" * 32)

    assert create(aws, role, ClientToken="t" * 32) == first
    code, message = refused(create, aws, role, ClientToken="u" * 32)
    assert (code, message) == ("ConflictException", "Schedule daily already exists.")


def test_lists_are_paged_and_filtered(aws: SandboxAws, role: str) -> None:
    for number in range(5):
        create(aws, role, f"s{number}", State="DISABLED" if number % 2 else "ENABLED")
    scheduler = aws.client("scheduler")

    first = scheduler.list_schedules(MaxResults=2)
    rest = scheduler.list_schedules(MaxResults=100, NextToken=first["NextToken"])
    names = [each["Name"] for each in first["Schedules"] + rest["Schedules"]]

    assert names == ["s0", "s1", "s2", "s3", "s4"]
    assert "NextToken" not in rest
    disabled = scheduler.list_schedules(State="DISABLED")["Schedules"]
    assert [each["Name"] for each in disabled] == ["s1", "s3"]
    assert disabled[0]["Target"] == {"Arn": TARGET}
    assert refused(scheduler.list_schedules, NextToken="nonsense")[0] == "ValidationException"


def test_deleting_a_group_deletes_its_schedules(aws: SandboxAws, role: str) -> None:
    scheduler = aws.client("scheduler")
    scheduler.create_schedule_group(Name="g")
    create(aws, role, GroupName="g")
    scheduler.delete_schedule_group(Name="g")

    assert refused(scheduler.get_schedule, GroupName="g", Name="daily") == (
        "ResourceNotFoundException",
        "Schedule group g does not exist.",
    )
    assert scheduler.list_schedules()["Schedules"] == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ScheduleExpression": "banana"}, "Invalid Schedule Expression banana."),
        ({"ScheduleExpression": "cron(0 6 * * *)"}, "Invalid Schedule Expression cron(0 6 * * *)."),
        ({"ScheduleExpressionTimezone": "Mars"}, "Invalid Schedule Expression Timezone Mars."),
        (
            {"StartDate": START - timedelta(minutes=6)},
            "The StartDate you specify cannot be earlier than 5 minutes ago.",
        ),
        (
            {"StartDate": START + timedelta(2), "EndDate": START + timedelta(1)},
            "The StartDate you specify must come before the EndDate.",
        ),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes is required"),
        ({"Name": "with space"}, "Member must satisfy regular expression pattern"),
        ({"State": "PAUSED"}, "Member must satisfy enum value set: [ENABLED, DISABLED]"),
    ],
)
def test_it_refuses_what_aws_refuses(
    aws: SandboxAws, role: str, changes: dict[str, Any], message: str
) -> None:
    code, said = refused(create, aws, role, **changes)

    assert code == "ValidationException"
    assert message in said


def test_it_refuses_what_is_not_there(aws: SandboxAws, role: str) -> None:
    scheduler = aws.client("scheduler")

    assert refused(create, aws, role, GroupName="nowhere") == (
        "ResourceNotFoundException",
        "Schedule group nowhere does not exist.",
    )
    assert refused(scheduler.get_schedule, Name="lost") == (
        "ResourceNotFoundException",
        "Schedule lost does not exist.",
    )
    assert refused(scheduler.delete_schedule_group, Name="g")[0] == "ResourceNotFoundException"


def test_it_refuses_a_role_that_it_cannot_assume(aws: SandboxAws) -> None:
    message = (
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    )
    wrong = make_role(aws, "wrong", "sagemaker.amazonaws.com", allow("*"))

    for role in (wrong, f"arn:aws:iam::{ACCOUNT}:role/nobody"):
        assert refused(create, aws, role) == ("ValidationException", message)


def test_a_trust_policy_may_name_the_group(aws: SandboxAws) -> None:
    def trust(group: str) -> str:
        return document(
            {
                "Effect": "Allow",
                "Principal": {"Service": "scheduler.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {
                        "aws:SourceAccount": ACCOUNT,
                        "aws:SourceArn": f"{GROUPS}/{group}",
                    }
                },
            }
        )

    iam = aws.client("iam")
    iam.create_role(RoleName="narrow", AssumeRolePolicyDocument=trust("default"))
    iam.create_role(RoleName="elsewhere", AssumeRolePolicyDocument=trust("other"))

    create(aws, f"arn:aws:iam::{ACCOUNT}:role/narrow", "ok")
    assert (
        refused(create, aws, f"arn:aws:iam::{ACCOUNT}:role/elsewhere")[0] == "ValidationException"
    )


def test_it_says_which_targets_it_cannot_call(aws: SandboxAws, role: str) -> None:
    target = {"Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/c", "RoleArn": role}
    code, message = refused(create, aws, role, Target=target)

    assert code == "NotImplemented"
    assert "does not simulate the schedule target arn:aws:ecs" in message
