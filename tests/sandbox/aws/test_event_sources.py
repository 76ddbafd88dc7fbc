"""Rules with a schedule, and what services themselves tell the default bus."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.aws.buses import (
    add_target,
    make_queue,
    make_rule,
    put,
    queue_arn,
    received,
)
from tests.sandbox.aws.conftest import (
    ACCOUNT,
    BUCKET,
    REGION,
    SandboxAws,
    allow,
    make_role,
)
from tests.sandbox.aws.definitions import definition, fail_step

pytestmark = pytest.mark.sandbox


def test_a_rule_fires_by_its_schedule_in_utc(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", ScheduleExpression="cron(30 6,18 * * ? *)")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))
    aws.restart()

    aws.advance("P1D")

    found = received(aws, url)
    assert [event["time"] for event in found] == ["2027-03-01T18:30:00Z", "2027-03-02T06:30:00Z"]
    assert found[0]["source"] == "aws.events"
    assert found[0]["detail-type"] == "Scheduled Event"
    assert found[0]["resources"] == [rule]


def test_a_rate_counts_from_the_rules_beginning(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", ScheduleExpression="rate(20 minutes)")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))

    aws.advance("PT1H")

    times = [event["time"][11:16] for event in received(aws, url)]
    assert times == ["12:20", "12:40", "13:00"]


def test_other_events_do_not_meet_a_rule_with_a_schedule(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", ScheduleExpression="rate(1 day)")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))

    put(aws, 1)

    assert received(aws, url) == []


def test_sagemaker_tells_of_its_jobs_and_pipelines(aws: SandboxAws) -> None:
    rule = make_rule(aws, "r", {"source": ["aws.sagemaker"]})
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"))
    role = make_role(aws, "trains", "sagemaker.amazonaws.com", allow("s3:*"))
    sagemaker = aws.client("sagemaker")
    sagemaker.create_training_job(
        TrainingJobName="Job-1", RoleArn=role, Tags=[{"Key": "a", "Value": "b"}],
        AlgorithmSpecification={"TrainingImage": "i", "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )  # fmt: skip
    sagemaker.create_pipeline(
        PipelineName="Churn", RoleArn=role, ClientRequestToken="c" * 32,
        PipelineDefinition=json.dumps(definition(fail_step("Only"))),
    )  # fmt: skip
    sagemaker.start_pipeline_execution(PipelineName="Churn")
    aws.advance("PT1M")

    events = received(aws, url)
    job = [each for each in events if each["detail-type"] == "SageMaker Training Job State Change"]
    details = [each["detail"] for each in job]
    assert [each["SecondaryStatus"] for each in details] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed",
    ]  # fmt: skip
    assert details[-1]["TrainingJobName"] == "Job-1"
    assert details[-1]["TrainingJobStatus"] == "Completed"
    assert details[-1]["Tags"] == {"a": "b"}
    assert details[-1]["TrainingEndTime"] > 1_800_000_000_000
    assert job[0]["resources"] == [f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/job-1"]
    kind = "SageMaker Model Building Pipeline Execution Status Change"
    whole = [each["detail"] for each in events if each["detail-type"] == kind]
    assert [each["currentPipelineExecutionStatus"] for each in whole] == ["Executing", "Failed"]
    assert whole[1]["previousPipelineExecutionStatus"] == "Executing"
    kind = "SageMaker Model Building Pipeline Execution Step Status Change"
    steps = [each["detail"] for each in events if each["detail-type"] == kind]
    assert [(each["stepName"], each["currentStepStatus"]) for each in steps] == [
        ("Only", "Executing"), ("Only", "Failed"),
    ]  # fmt: skip
