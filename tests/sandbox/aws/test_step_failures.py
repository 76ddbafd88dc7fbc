"""Steps fail honestly, and say why in the words of AWS."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.aws.conftest import (
    ACCOUNT,
    BUCKET,
    OTHER_ACCOUNT,
    REGION,
    SandboxAws,
    allow,
    set_policy,
)
from tests.sandbox.aws.definitions import (
    condition,
    definition,
    fail_step,
    processing,
    training,
)
from tests.sandbox.aws.running import ROLE, Pipeline, make_pipeline

pytestmark = pytest.mark.sandbox


@pytest.fixture
def pipeline(aws: SandboxAws) -> Pipeline:
    return make_pipeline(aws)


def test_a_training_step_without_its_input_is_not_created(
    aws: SandboxAws, pipeline: Pipeline
) -> None:
    arn = pipeline.run(definition(training("Train", source=f"s3://{BUCKET}/nowhere/")))

    assert pipeline.status(arn) == "Failed"
    assert pipeline.reason(arn, "Train").startswith(
        "ClientError: Failed to invoke sagemaker:CreateTrainingJob. Error Details: "
        f'No S3 objects found under S3 URL "s3://{BUCKET}/nowhere/" given in input data source.'
    )
    assert pipeline.sagemaker.list_training_jobs()["TrainingJobSummaries"] == []


def test_a_processing_job_without_its_input_fails(aws: SandboxAws, pipeline: Pipeline) -> None:
    last = {**fail_step("Never"), "DependsOn": ["Prepare"]}
    arn = pipeline.run(definition(processing("Prepare", source=f"s3://{BUCKET}/nowhere"), last))

    reason = (
        f"ClientError: Data download failed:S3 key: s3://{BUCKET}/nowhere matched no files on s3"
    )
    assert pipeline.reason(arn, "Prepare") == f"ClientError: {reason}"
    (job,) = pipeline.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]
    assert (job["ProcessingJobStatus"], job["FailureReason"]) == ("Failed", reason)
    assert [*pipeline.steps(arn)] == ["Prepare"]


@pytest.mark.parametrize(
    ("statements", "step", "words"),
    [
        (
            [allow("s3:*"), allow("sagemaker:Add*"), allow("iam:PassRole")],
            "Prepare",
            "is not authorized to perform: sagemaker:CreateProcessingJob on resource: "
            f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/pipelines-",
        ),
        (
            [allow("s3:*"), allow("sagemaker:*")],
            "Prepare",
            f"is not authorized to perform: iam:PassRole on resource: {ROLE}",
        ),
        (
            [allow("s3:ListBucket", "s3:PutObject"), allow("sagemaker:*"), allow("iam:PassRole")],
            "Prepare",
            "Data download failed:Failed to download data. User: "
            f"arn:aws:sts::{ACCOUNT}:assumed-role/runs/SageMaker is not authorized to perform: "
            f"s3:GetObject on resource: arn:aws:s3:::{BUCKET}/input/",
        ),
        (
            [
                allow("s3:ListBucket", "s3:GetObject"),
                allow("sagemaker:*"),
                allow("iam:PassRole"),
            ],
            "Prepare",
            "Data upload failed:User: "
            f"arn:aws:sts::{ACCOUNT}:assumed-role/runs/SageMaker is not authorized to perform: "
            "s3:PutObject",
        ),
    ],
)
def test_what_the_role_may_not_do_fails_in_awss_words(
    aws: SandboxAws, pipeline: Pipeline, statements: list[Any], step: str, words: str
) -> None:
    set_policy(aws, "runs", *statements)
    arn = pipeline.run(definition(processing("Prepare")))

    assert pipeline.status(arn) == "Failed"
    assert words in pipeline.reason(arn, step)


def test_a_bucket_of_another_account_is_closed(aws: SandboxAws, pipeline: Pipeline) -> None:
    s3 = aws.client("s3", account=OTHER_ACCOUNT)
    place = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="their-data", CreateBucketConfiguration=place)
    s3.put_object(Bucket="their-data", Key="in/data.csv", Body=b"1")
    arn = pipeline.run(definition(processing("Prepare", source="s3://their-data/in/")))

    words = "Data download failed:Failed to download data. Access Denied"
    assert words in pipeline.reason(arn, "Prepare")


def test_a_failing_step_lets_its_neighbours_finish(aws: SandboxAws, pipeline: Pipeline) -> None:
    arn = pipeline.run(definition(training("Train"), fail_step("Broken")))

    statuses = {name: step["StepStatus"] for name, step in pipeline.steps(arn).items()}
    assert statuses == {"Train": "Succeeded", "Broken": "Failed"}
    assert pipeline.status(arn) == "Failed"


def test_a_condition_that_cannot_be_decided_fails(aws: SandboxAws, pipeline: Pipeline) -> None:
    unknown = {"Get": "Steps.Train.FinalMetricDataList['no:such'].Value"}
    check = {"Type": "GreaterThan", "LeftValue": unknown, "RightValue": 1}
    arn = pipeline.run(definition(training("Train"), condition("Check", check, then=[])))

    assert "FinalMetricDataList['no:such'].Value' leads to no value" in pipeline.reason(
        arn, "Check"
    )
