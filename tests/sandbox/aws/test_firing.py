"""Schedules really fire: at the right times, with the right role, again when it fails."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.aws.conftest import (
    ACCOUNT,
    REGION,
    START,
    SandboxAws,
    allow,
    make_role,
    set_policy,
)
from tests.sandbox.aws.definitions import definition, fail_step

pytestmark = pytest.mark.sandbox

PIPELINE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/churn"
OFF = {"Mode": "OFF"}
MAY_START = allow("sagemaker:StartPipelineExecution", resource=PIPELINE)
PARAMETERS = [{"Name": "Input", "Type": "String", "DefaultValue": "s3://b/default"}]


@pytest.fixture
def role(aws: SandboxAws) -> str:
    """The schedule's role; with it comes a pipeline to start."""
    own = make_role(aws, "runs", "sagemaker.amazonaws.com")
    aws.client("sagemaker").create_pipeline(
        PipelineName="Churn",
        PipelineDefinition=json.dumps(definition(fail_step("Only"), parameters=PARAMETERS)),
        RoleArn=own,
        ClientRequestToken="c" * 32,
    )
    return make_role(aws, "fires", "scheduler.amazonaws.com", MAY_START, allow("sqs:SendMessage"))


def schedule(
    aws: SandboxAws, role: str, expression: str, *, target: dict[str, Any] | None = None,
    **more: Any,
) -> None:  # fmt: skip
    aws.client("scheduler").create_schedule(
        Name=more.pop("name", "s"),
        ScheduleExpression=expression,
        FlexibleTimeWindow=more.pop("window", OFF),
        Target={"Arn": PIPELINE, "RoleArn": role, **(target or {})},
        **more,
    )


def executions(aws: SandboxAws) -> list[dict[str, Any]]:
    """Oldest first."""
    found: list[dict[str, Any]] = aws.client("sagemaker").list_pipeline_executions(
        PipelineName="Churn", SortOrder="Ascending", MaxResults=100
    )["PipelineExecutionSummaries"]
    return found


def starts(aws: SandboxAws) -> list[str]:
    return [each["StartTime"].astimezone(UTC).strftime("%d %H:%M:%S") for each in executions(aws)]


def test_a_fast_forward_fires_everything_in_order(aws: SandboxAws, role: str) -> None:
    schedule(aws, role, "cron(0 6 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin")
    schedule(aws, role, "cron(30 17 ? * TUE *)", name="weekly")

    assert aws.advance("P3D") == START + timedelta(days=3)

    assert starts(aws) == ["02 05:00:00", "02 17:30:00", "03 05:00:00", "04 05:00:00"]


def test_nothing_fires_before_its_time(aws: SandboxAws, role: str) -> None:
    schedule(aws, role, "cron(0 13 * * ? *)")
    aws.advance("PT59M59S")
    assert starts(aws) == []

    aws.advance("PT1S")
    assert starts(aws) == ["01 13:00:00"]


def test_real_time_fires_too(aws: SandboxAws, role: str) -> None:
    schedule(aws, role, "cron(0 13 * * ? *)")
    aws.let_pass(timedelta(hours=2))

    assert starts(aws) == ["01 13:00:00"]


def test_the_change_of_the_clocks(aws: SandboxAws, role: str) -> None:
    schedule(aws, role, "cron(30 2 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin")
    aws.advance("P25D")
    aws.advance("P4D")

    assert starts(aws)[-3:] == ["27 01:30:00", "29 00:30:00", "30 00:30:00"]


def test_a_rate_fires_at_once_and_then_regularly(aws: SandboxAws, role: str) -> None:
    schedule(aws, role, "rate(90 minutes)")
    aws.advance("PT4H")

    assert starts(aws) == ["01 12:00:00", "01 13:30:00", "01 15:00:00"]


def test_start_and_end_bound_a_schedule(aws: SandboxAws, role: str) -> None:
    schedule(
        aws, role, "rate(1 hours)",
        StartDate=START + timedelta(minutes=30), EndDate=START + timedelta(hours=3),
    )  # fmt: skip
    aws.advance("PT12H")

    assert starts(aws) == ["01 12:30:00", "01 13:30:00", "01 14:30:00"]


def test_a_one_time_schedule_fires_once_and_can_delete_itself(aws: SandboxAws, role: str) -> None:
    schedule(aws, role, "at(2027-03-01T15:00:00)", ActionAfterCompletion="DELETE")
    schedule(aws, role, "at(2027-03-01T16:00:00)", name="kept")
    aws.advance("P1D")

    assert starts(aws) == ["01 15:00:00", "01 16:00:00"]
    left = aws.client("scheduler").list_schedules()["Schedules"]
    assert [each["Name"] for each in left] == ["kept"]


def test_a_flexible_window_fires_somewhere_in_it(aws: SandboxAws, role: str) -> None:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 30}
    schedule(aws, role, "cron(0 13 * * ? *)", window=window)
    aws.advance("PT2H")

    (found,) = executions(aws)
    assert START.replace(hour=13) <= found["StartTime"] <= START.replace(hour=13, minute=30)


def pause(aws: SandboxAws, state: str) -> None:
    scheduler = aws.client("scheduler")
    found = scheduler.get_schedule(Name="s")
    kept = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    scheduler.update_schedule(**{name: found[name] for name in kept}, State=state)


def test_what_was_missed_while_paused_is_not_made_up_for(aws: SandboxAws, role: str) -> None:
    schedule(aws, role, "cron(0 * * * ? *)")
    aws.advance("PT1H")
    pause(aws, "DISABLED")
    aws.advance("PT3H")
    pause(aws, "ENABLED")
    aws.advance("PT1H")

    assert starts(aws) == ["01 13:00:00", "01 17:00:00"]


def test_a_deleted_schedule_fires_no_more(aws: SandboxAws, role: str) -> None:
    schedule(aws, role, "cron(0 * * * ? *)")
    aws.client("scheduler").delete_schedule(Name="s")
    aws.advance("P1D")

    assert starts(aws) == []


def test_the_role_of_the_schedule_starts_the_execution(aws: SandboxAws, role: str) -> None:
    given = {"PipelineParameterList": [{"Name": "Input", "Value": "s3://b/given"}]}
    schedule(aws, role, "rate(1 days)", target={"SageMakerPipelineParameters": given})
    aws.advance("PT1S")

    sagemaker = aws.client("sagemaker")
    arn = executions(aws)[0]["PipelineExecutionArn"]
    identity = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["CreatedBy"]
    caller = identity["IamIdentity"]["Arn"]
    assert caller.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/fires/")
    parameters = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)
    assert parameters["PipelineParameters"] == [{"Name": "Input", "Value": "s3://b/given"}]


def test_a_universal_target_fills_in_its_context(aws: SandboxAws, role: str) -> None:
    given = {
        "PipelineName": "Churn",
        "ClientRequestToken": "<aws.scheduler.execution-id><aws.scheduler.execution-id>",
        "PipelineParameters": [{"Name": "Input", "Value": "<aws.scheduler.scheduled-time>"}],
    }
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:startPipelineExecution",
        "Input": json.dumps(given),
    }
    schedule(aws, role, "at(2027-03-01T13:00:00)", target=target)
    aws.advance("PT2H")

    arn = executions(aws)[0]["PipelineExecutionArn"]
    parameters = aws.client("sagemaker").list_pipeline_parameters_for_execution(
        PipelineExecutionArn=arn
    )
    assert parameters["PipelineParameters"][0]["Value"] == "2027-03-01T13:00:00Z"


def dead_letters(aws: SandboxAws, url: str) -> list[dict[str, Any]]:
    received = aws.client("sqs").receive_message(
        QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=10
    )
    return [
        {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        for message in received.get("Messages", [])
    ]


def test_a_refused_firing_is_tried_again_and_then_put_aside(aws: SandboxAws, role: str) -> None:
    url = aws.client("sqs").create_queue(QueueName="lost")["QueueUrl"]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:lost"
    retries = {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600}
    target = {"RetryPolicy": retries, "DeadLetterConfig": {"Arn": queue}}
    schedule(aws, role, "at(2027-03-01T13:00:00)", target=target)
    set_policy(aws, "fires", allow("sqs:SendMessage", resource=queue))
    aws.advance("PT1H2S")
    assert dead_letters(aws, url) == []

    aws.advance("PT1M")

    (letter,) = dead_letters(aws, url)
    assert letter["ERROR_CODE"] == "AccessDeniedException"
    assert (
        "is not authorized to perform: sagemaker:StartPipelineExecution" in letter["ERROR_MESSAGE"]
    )
    assert letter["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert letter["RETRY_ATTEMPTS"] == "2"
    assert letter["SCHEDULED_TIME"] == "2027-03-01T13:00:00Z"
    assert letter["TARGET_ARN"] == PIPELINE
    assert starts(aws) == []


def test_a_firing_that_grows_too_old_is_put_aside(aws: SandboxAws, role: str) -> None:
    url = aws.client("sqs").create_queue(QueueName="lost")["QueueUrl"]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:lost"
    retries = {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 60}
    aws.client("sagemaker").delete_pipeline(PipelineName="Churn", ClientRequestToken="d" * 32)
    schedule(
        aws, role, "at(2027-03-01T13:00:00)",
        target={"RetryPolicy": retries, "DeadLetterConfig": {"Arn": queue}},
    )  # fmt: skip
    aws.advance("PT2H")

    (letter,) = dead_letters(aws, url)
    assert letter["ERROR_CODE"] == "ResourceNotFound"
    assert letter["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"


def test_a_retry_starts_the_execution_once_the_role_may(aws: SandboxAws, role: str) -> None:
    schedule(aws, role, "at(2027-03-01T13:00:00)")
    set_policy(aws, "fires", allow("s3:*"))
    aws.advance("PT1H2S")
    set_policy(aws, "fires", MAY_START)
    aws.advance("PT1M")

    assert starts(aws) == ["01 13:00:05"]


def test_a_role_that_is_no_longer_trusted_does_not_fire(aws: SandboxAws, role: str) -> None:
    schedule(aws, role, "cron(0 * * * ? *)", target={"RetryPolicy": {"MaximumRetryAttempts": 0}})
    aws.client("iam").delete_role_policy(RoleName="fires", PolicyName="p")
    aws.client("iam").delete_role(RoleName="fires")
    aws.advance("PT2H")

    assert starts(aws) == []


def test_firings_of_a_downtime_happen(aws: SandboxAws, role: str) -> None:
    schedule(aws, role, "cron(0 * * * ? *)")
    aws.let_pass(timedelta(hours=3))
    aws.restart()

    assert starts(aws) == ["01 13:00:00", "01 14:00:00", "01 15:00:00"]


def test_of_a_long_downtime_the_last_week_happens(aws: SandboxAws, role: str) -> None:
    schedule(aws, role, "cron(0 12 * * ? *)")
    aws.advance("PT1S")
    aws.let_pass(timedelta(days=20))
    aws.restart()

    first = executions(aws)[0]["StartTime"]
    assert first == datetime(2027, 3, 15, 12, tzinfo=UTC)
    assert len(executions(aws)) == 7
