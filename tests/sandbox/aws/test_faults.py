"""The simulated AWS misbehaves when it is told to, in AWS's words, and the journal tells why."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from provisioning.sandbox.faults import Fault
from provisioning.sandbox.journal import Entry
from tests.sandbox.aws.conftest import ACCOUNT, BUCKET, REGION, SandboxAws, allow, make_role
from tests.sandbox.aws.definitions import definition, fail_step
from tests.sandbox.aws.running import Pipeline, error, make_pipeline

pytestmark = pytest.mark.sandbox

PIPELINE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/churn"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/train:1"


def misbehave(aws: SandboxAws, kind: Any, match: str, **more: Any) -> None:
    with aws.world.lock:
        aws.world.faults.table.put(Fault(kind=kind, cloud="aws", match=match, **more))


def fired(aws: SandboxAws) -> list[Entry]:
    return aws.world.journal.entries()


# ── Calls ───────────────────────────────────────────────────────────────────────────


def test_an_operation_is_throttled_as_often_as_asked(aws: SandboxAws) -> None:
    sagemaker = aws.client("sagemaker")
    misbehave(aws, "throttle", "ListTrainingJobs", count=2)

    assert sagemaker.list_pipelines()["PipelineSummaries"] == []
    assert error(sagemaker.list_training_jobs) == ("ThrottlingException", "Rate exceeded")
    assert error(sagemaker.list_training_jobs)[0] == "ThrottlingException"
    assert sagemaker.list_training_jobs()["TrainingJobSummaries"] == []


@pytest.mark.parametrize(
    ("service", "operation", "call", "given", "code"),
    [
        (
            "s3",
            "PutObject",
            "put_object",
            {"Bucket": BUCKET, "Key": "a/b"},
            "SlowDown",
        ),
        ("s3", "ListObjectsV2", "list_objects_v2", {"Bucket": BUCKET}, "SlowDown"),
        ("s3", "ListBuckets", "list_buckets", {}, "SlowDown"),
        ("s3", "GetBucketTagging", "get_bucket_tagging", {"Bucket": BUCKET}, "SlowDown"),
        ("iam", "ListRoles", "list_roles", {}, "Throttling"),
        ("sqs", "ListQueues", "list_queues", {}, "ThrottlingException"),
        ("scheduler", "GetSchedule", "get_schedule", {"Name": "s"}, "ThrottlingException"),
        ("sts", "GetCallerIdentity", "get_caller_identity", {}, "Throttling"),
    ],
)
def test_every_protocol_names_its_operations(
    aws: SandboxAws, service: str, operation: str, call: str, given: dict[str, Any], code: str
) -> None:
    misbehave(aws, "throttle", operation, count=1)

    assert error(getattr(aws.client(service), call), **given)[0] == code
    assert len(aws.world.faults.table) == 0


def test_a_service_is_refused_until_it_is_taken_back(aws: SandboxAws) -> None:
    misbehave(aws, "refuse", "sagemaker", code="AccessDeniedException", message="Not today.")
    sagemaker = aws.client("sagemaker")

    with pytest.raises(ClientError) as refused:
        sagemaker.list_pipelines()
    response = refused.value.response
    assert response["Error"] == {"Code": "AccessDeniedException", "Message": "Not today."}
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert aws.client("iam").list_roles()["Roles"] == []

    (fault,) = aws.world.faults.table
    aws.world.faults.table.delete(fault.key)
    assert sagemaker.list_pipelines()["PipelineSummaries"] == []


def test_a_fault_ends_by_the_sandboxs_clock(aws: SandboxAws) -> None:
    until = aws.now() + timedelta(hours=1)
    misbehave(aws, "throttle", "*", until=until.timestamp())

    assert error(aws.client("iam").list_roles)[0] == "Throttling"
    aws.advance("PT1H")
    assert aws.client("iam").list_roles()["Roles"] == []


def test_a_cloud_that_is_away_closes_the_connection(aws: SandboxAws) -> None:
    misbehave(aws, "away", "sagemaker", count=1)

    with pytest.raises(ConnectionClosedError):
        aws.client("sagemaker").list_pipelines()
    assert aws.client("sagemaker").list_pipelines()["PipelineSummaries"] == []


def test_an_answer_comes_late_and_others_meanwhile(aws: SandboxAws) -> None:
    misbehave(aws, "delay", "ListPipelines", count=1, seconds=0.6)

    began = time.monotonic()
    aws.client("sagemaker").list_pipelines()
    assert time.monotonic() - began >= 0.6


def test_a_fault_that_is_used_up_stays_so(aws: SandboxAws) -> None:
    misbehave(aws, "throttle", "ListRoles", count=1)
    error(aws.client("iam").list_roles)
    aws.restart()

    assert aws.client("iam").list_roles()["Roles"] == []


# ── Jobs and steps ──────────────────────────────────────────────────────────────────


def training(name: str, role: str) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": role,
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }


def test_a_job_of_that_name_fails_with_that_reason(aws: SandboxAws) -> None:
    role = make_role(aws, "job", "sagemaker.amazonaws.com", allow("s3:*"), allow("logs:*"))
    sagemaker = aws.client("sagemaker")
    misbehave(aws, "fail_step", "churn-*", count=1, message="AlgorithmError: out of memory")
    sagemaker.create_training_job(**training("other", role))
    sagemaker.create_training_job(**training("churn-1", role))
    aws.advance("PT1M")
    sagemaker.create_training_job(**training("churn-2", role))
    aws.advance("PT1M")

    names = ("other", "churn-1", "churn-2")
    jobs = [sagemaker.describe_training_job(TrainingJobName=name) for name in names]
    assert [job["TrainingJobStatus"] for job in jobs] == ["Completed", "Failed", "Completed"]
    assert jobs[1]["FailureReason"] == "AlgorithmError: out of memory"
    streams = aws.client("logs").describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix="churn-1/"
    )["logStreams"]
    assert len(streams) == 1, "the container ran, so there is a log"


@pytest.fixture
def pipeline(aws: SandboxAws) -> Pipeline:
    return make_pipeline(aws)


def test_a_step_of_that_name_fails(pipeline: Pipeline) -> None:
    aws = pipeline.aws
    misbehave(aws, "fail_step", "Gate", message="The gate is shut.")
    condition = {
        "Name": "Gate",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}],
            "IfSteps": [],
            "ElseSteps": [],
        },
    }
    arn = pipeline.run(definition(condition))

    assert pipeline.status(arn) == "Failed"
    assert pipeline.reason(arn, "Gate") == "The gate is shut."


# ── Firings ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def role(pipeline: Pipeline) -> str:
    """The schedule's role; with it comes a pipeline to start."""
    pipeline.create(definition(fail_step("Only")))
    may_start = allow("sagemaker:StartPipelineExecution", resource=PIPELINE)
    return make_role(pipeline.aws, "fires", "scheduler.amazonaws.com", may_start)


def schedule(aws: SandboxAws, role: str, name: str = "s", **target: Any) -> None:
    aws.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="cron(0 13 * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": PIPELINE, "RoleArn": role, **target},
    )


def starts(aws: SandboxAws) -> list[str]:
    found = aws.client("sagemaker").list_pipeline_executions(
        PipelineName="Churn", SortOrder="Ascending"
    )["PipelineExecutionSummaries"]
    return [each["StartTime"].strftime("%d %H:%M:%S") for each in found]


def test_every_firing_is_noted(aws: SandboxAws, role: str) -> None:
    schedule(aws, role)
    aws.advance("PT2H")

    (entry,) = fired(aws)
    assert (entry.cloud, entry.source, entry.outcome) == ("aws", "schedule/default/s", "delivered")
    assert (entry.target, entry.reason) == (PIPELINE, "")
    assert starts(aws) == ["01 13:00:00"]


def test_a_dropped_firing_starts_nothing_and_says_so(aws: SandboxAws, role: str) -> None:
    schedule(aws, role)
    misbehave(aws, "drop_firing", "s", count=1)
    aws.advance("P2D")

    assert starts(aws) == ["02 13:00:00"]
    assert [entry.outcome for entry in fired(aws)] == ["dropped", "delivered"]
    assert fired(aws)[0].reason == "The sandbox was told to drop it."


def test_a_delayed_firing_comes_late(aws: SandboxAws, role: str) -> None:
    schedule(aws, role)
    misbehave(aws, "delay", "s", count=1, seconds=90)
    aws.advance("PT2H")

    assert starts(aws) == ["01 13:01:30"]


def test_a_refused_firing_says_why_and_when_it_is_given_up(aws: SandboxAws, role: str) -> None:
    schedule(aws, role, RetryPolicy={"MaximumRetryAttempts": 2})
    aws.client("iam").delete_role_policy(RoleName="fires", PolicyName="p")
    aws.advance("PT2H")

    first, last = fired(aws)
    assert (first.outcome, last.outcome) == ("refused", "refused")
    assert first.reason.startswith("AccessDeniedException: User: ")
    assert first.reason.endswith("It is tried again.")
    assert last.reason.endswith("Given up after 3 attempts: MaximumRetryAttempts.")


def test_a_throttled_target_is_tried_again(aws: SandboxAws, role: str) -> None:
    schedule(aws, role)
    misbehave(aws, "throttle", "StartPipelineExecution", count=1)
    aws.advance("PT2H")

    assert starts(aws) == ["01 13:00:05"]
    assert [entry.outcome for entry in fired(aws)] == ["refused", "delivered"]


def test_the_journal_survives_a_restart(aws: SandboxAws, role: str) -> None:
    schedule(aws, role)
    aws.advance("P1D")
    aws.restart()
    aws.advance("P1D")

    assert [entry.number for entry in fired(aws)] == [1, 2]
