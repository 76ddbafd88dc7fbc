"""Jobs outside of pipelines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.conftest import ACCOUNT, BUCKET, START, SandboxAws, allow, make_role
from tests.sandbox.aws.definitions import IMAGE, processing, training_request

pytestmark = pytest.mark.sandbox


@pytest.fixture
def role(aws: SandboxAws) -> str:
    return make_role(aws, "works", "sagemaker.amazonaws.com", allow("s3:*"))


def train(aws: SandboxAws, role: str, name: str, source: str = f"s3://{BUCKET}/input/") -> None:
    aws.client("sagemaker").create_training_job(
        TrainingJobName=name, RoleArn=role, **training_request(source)
    )


def refused(call: Any, *arguments: Any, **keywords: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refusal:
        call(*arguments, **keywords)
    error = refusal.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_job_takes_its_time(aws: SandboxAws, role: str) -> None:
    train(aws, role, "one")
    sagemaker = aws.client("sagemaker")
    seen = []
    for _ in range(12):
        job = sagemaker.describe_training_job(TrainingJobName="one")
        seen.append((job["TrainingJobStatus"], job["SecondaryStatus"]))
        aws.advance("PT1S")

    assert list(dict.fromkeys(seen)) == [
        ("InProgress", "Starting"),
        ("InProgress", "Downloading"),
        ("InProgress", "Training"),
        ("InProgress", "Uploading"),
        ("Completed", "Completed"),
    ]


def test_the_same_name_takes_the_same_time(aws: SandboxAws, role: str) -> None:
    train(aws, role, "one")
    train(aws, role, "two")
    aws.advance("PT1M")
    jobs = aws.client("sagemaker").list_training_jobs(SortBy="Name", SortOrder="Ascending")
    lengths = [each["TrainingEndTime"] - START for each in jobs["TrainingJobSummaries"]]

    assert lengths[0] != lengths[1]
    assert all(timedelta(seconds=6) < each < timedelta(seconds=10) for each in lengths)


def test_a_name_is_used_once(aws: SandboxAws, role: str) -> None:
    train(aws, role, "one")

    code, message = refused(train, aws, role, "one")
    assert code == "ResourceInUse"
    assert "Training job names must be unique within an AWS account and region" in message


def test_a_job_is_refused_without_input_or_role(aws: SandboxAws, role: str) -> None:
    code, message = refused(train, aws, role, "one", "s3://no-such-bucket/input")
    assert code == "ValidationException"
    assert 'No S3 objects found under S3 URL "s3://no-such-bucket/input"' in message

    code, message = refused(train, aws, f"arn:aws:iam::{ACCOUNT}:role/nobody", "one")
    assert code == "ValidationException"
    assert "Could not assume role" in message


def test_a_job_is_stopped(aws: SandboxAws, role: str) -> None:
    sagemaker = aws.client("sagemaker")
    train(aws, role, "one")
    aws.advance("PT3S")
    sagemaker.stop_training_job(TrainingJobName="one")
    assert sagemaker.describe_training_job(TrainingJobName="one")["TrainingJobStatus"] == "Stopping"
    aws.advance("PT3S")

    job = sagemaker.describe_training_job(TrainingJobName="one")
    assert job["TrainingJobStatus"] == "Stopped"
    assert "ModelArtifacts" in job
    code, message = refused(sagemaker.stop_training_job, TrainingJobName="one")
    assert code == "ValidationException"
    assert "is in status Stopped" in message
    objects = aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="output/")
    assert objects["KeyCount"] == 0


def test_lists_filter_before_they_cut_pages(aws: SandboxAws, role: str) -> None:
    sagemaker = aws.client("sagemaker")
    for number in range(6):
        train(aws, role, f"{'odd' if number % 2 else 'even'}-{number}")
        aws.advance("PT1M")
    page = sagemaker.list_training_jobs(NameContains="odd", MaxResults=2, SortBy="Name")

    assert [each["TrainingJobName"] for each in page["TrainingJobSummaries"]] == ["odd-5", "odd-3"]
    rest = sagemaker.list_training_jobs(
        NameContains="odd", MaxResults=2, SortBy="Name", NextToken=page["NextToken"]
    )
    assert [each["TrainingJobName"] for each in rest["TrainingJobSummaries"]] == ["odd-1"]
    since = sagemaker.list_training_jobs(CreationTimeAfter=START + timedelta(minutes=3, seconds=30))
    assert [each["TrainingJobName"] for each in since["TrainingJobSummaries"]] == [
        "odd-5",
        "even-4",
    ]
    assert sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"] == []


def test_a_processing_job_copies_its_input(aws: SandboxAws, role: str) -> None:
    request = processing("x")["Arguments"]
    output = request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
    output["S3Uri"] = f"s3://{BUCKET}/output/direct"
    sagemaker, s3 = aws.client("sagemaker"), aws.client("s3")
    sagemaker.create_processing_job(ProcessingJobName="p", RoleArn=role, **request)
    aws.advance("PT10S")

    job = sagemaker.describe_processing_job(ProcessingJobName="p")
    assert job["ProcessingJobStatus"] == "Completed"
    assert job["ProcessingEndTime"] > job["ProcessingStartTime"] > START
    written = s3.get_object(Bucket=BUCKET, Key="output/direct/out.csv")["Body"].read()
    assert written.startswith(b"age,balance,products,active,left\n")


def test_a_transform_job_transforms_every_object(aws: SandboxAws, role: str) -> None:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=role, PrimaryContainer={"Image": IMAGE})
    sagemaker.create_transform_job(
        TransformJobName="t",
        ModelName="m",
        TransformInput={
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/input/"}
            }
        },
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/scores"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    aws.advance("PT10S")

    assert (
        sagemaker.describe_transform_job(TransformJobName="t")["TransformJobStatus"] == "Completed"
    )
    found = aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="scores/")["Contents"]
    assert [each["Key"] for each in found] == ["scores/test.csv.out", "scores/train.csv.out"]
    code, message = refused(sagemaker.describe_transform_job, TransformJobName="lost")
    assert (code, message) == ("ValidationException", "Requested resource not found.")
