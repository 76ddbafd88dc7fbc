"""Pipelines execute: steps in order, with real jobs and real outputs."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import timedelta

import pytest

from tests.sandbox.aws.conftest import BUCKET, START, SandboxAws
from tests.sandbox.aws.definitions import (
    definition,
    model_and_transform,
    processing,
    training,
    whole,
)
from tests.sandbox.aws.running import Pipeline, error, make_pipeline

pytestmark = pytest.mark.sandbox


@pytest.fixture
def pipeline(aws: SandboxAws) -> Pipeline:
    return make_pipeline(aws)


def test_the_whole_pipeline_succeeds(aws: SandboxAws, pipeline: Pipeline) -> None:
    arn = pipeline.run(whole())

    described, steps = pipeline.describe(arn), pipeline.steps(arn)
    assert described["PipelineExecutionStatus"] == "Succeeded"
    assert described["CreationTime"] == START
    assert timedelta(seconds=10) < described["LastModifiedTime"] - START < timedelta(minutes=1)
    assert [*steps] == ["Prepare", "Train", "Evaluate", "GoodEnough", "Register"]
    assert all(step["StepStatus"] == "Succeeded" for step in steps.values())
    assert all(step["AttemptCount"] == 1 for step in steps.values())
    for earlier, later in zip(steps.values(), [*steps.values()][1:], strict=False):
        assert earlier["EndTime"] <= later["StartTime"]
    assert steps["GoodEnough"]["Metadata"] == {"Condition": {"Outcome": "True"}}


def test_the_jobs_behind_the_steps_are_real(aws: SandboxAws, pipeline: Pipeline) -> None:
    arn = pipeline.run(whole())
    steps = pipeline.steps(arn)

    job_arn = steps["Train"]["Metadata"]["TrainingJob"]["Arn"]
    (listed,) = pipeline.sagemaker.list_training_jobs()["TrainingJobSummaries"]
    job = pipeline.sagemaker.describe_training_job(TrainingJobName=listed["TrainingJobName"])
    assert listed["TrainingJobArn"] == job["TrainingJobArn"] == job_arn
    assert job["TrainingJobStatus"] == "Completed"
    assert [each["Status"] for each in job["SecondaryStatusTransitions"]] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed",
    ]  # fmt: skip
    assert job["FinalMetricDataList"][0]["MetricName"] == "validation:auc"
    assert job["TrainingEndTime"] == steps["Train"]["EndTime"]
    tags = pipeline.sagemaker.list_tags(ResourceArn=job_arn)["Tags"]
    assert {"Key": "sagemaker:pipeline-execution-arn", "Value": arn} in tags


def test_the_log_shows_the_metrics(aws: SandboxAws, pipeline: Pipeline) -> None:
    pipeline.run(whole())
    logs, group = aws.client("logs"), "/aws/sagemaker/TrainingJobs"
    (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    (job,) = pipeline.sagemaker.list_training_jobs()["TrainingJobSummaries"]
    metric = pipeline.sagemaker.describe_training_job(TrainingJobName=job["TrainingJobName"])[
        "FinalMetricDataList"
    ][0]

    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])
    lines = [event["message"] for event in events["events"]]

    assert stream["logStreamName"].startswith(f"{job['TrainingJobName']}/algo-1-")
    assert any(f"auc: {metric['Value']:.4f}" in line for line in lines)


def test_outputs_are_objects_that_later_steps_found(aws: SandboxAws, pipeline: Pipeline) -> None:
    arn = pipeline.run(whole())
    s3 = aws.client("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]

    (model,) = [key for key in keys if key.endswith("/output/model.tar.gz")]
    body = s3.get_object(Bucket=BUCKET, Key=model)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        assert archive.getnames() == ["model.json"]
    execution = arn.rpartition("/")[2]
    assert f"output/{execution}/Prepare/out.csv" in keys
    report = s3.get_object(Bucket=BUCKET, Key=f"output/{execution}/Evaluate/report.json")
    assert 0 < json.load(report["Body"])["metrics"]["accuracy"]["value"] < 1


def test_a_model_package_is_registered(aws: SandboxAws, pipeline: Pipeline) -> None:
    arn = pipeline.run(whole())

    packages = pipeline.sagemaker.list_model_packages(ModelPackageGroupName="churn")
    (package,) = packages["ModelPackageSummaryList"]
    registered = pipeline.steps(arn)["Register"]["Metadata"]["RegisterModel"]["Arn"]
    assert package["ModelPackageArn"] == registered
    delete = pipeline.sagemaker.delete_model_package_group
    assert error(delete, ModelPackageGroupName="churn")[0] == "ConflictException"
    pipeline.sagemaker.delete_model_package(ModelPackageName=registered)
    delete(ModelPackageGroupName="churn")
    assert error(
        pipeline.sagemaker.describe_model_package_group, ModelPackageGroupName="churn"
    )[0] == "ValidationException"  # fmt: skip


def test_a_model_is_made_and_used(aws: SandboxAws, pipeline: Pipeline) -> None:
    arn = pipeline.run(definition(training("Train"), *model_and_transform("Train")))

    steps = pipeline.steps(arn)
    assert pipeline.status(arn) == "Succeeded", steps
    assert [*steps] == ["Train", "Model", "Score"]
    name = steps["Model"]["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    (model,) = pipeline.sagemaker.list_models()["Models"]
    assert model["ModelName"] == name
    assert "TransformJob" in steps["Score"]["Metadata"]
    scored = aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="output/scores/")["Contents"]
    assert [each["Key"] for each in scored] == ["output/scores/test.csv.out"]


def test_a_condition_chooses_the_other_branch(aws: SandboxAws, pipeline: Pipeline) -> None:
    arn = pipeline.run(whole(), Threshold="0.999")

    steps = pipeline.steps(arn)
    assert pipeline.status(arn) == "Failed"
    assert pipeline.describe(arn)["FailureReason"] == "Step failure: One or multiple steps failed."
    assert steps["GoodEnough"]["Metadata"] == {"Condition": {"Outcome": "False"}}
    assert steps["TooBad"]["FailureReason"] == "as planned"
    assert steps["TooBad"]["Metadata"] == {"Fail": {"ErrorMessage": "as planned"}}
    assert "Register" not in steps


def test_steps_without_order_run_side_by_side(aws: SandboxAws, pipeline: Pipeline) -> None:
    arn = pipeline.run(definition(processing("A"), processing("B"), processing("C")))

    assert len({step["StartTime"] for step in pipeline.steps(arn).values()}) == 1


def test_parallelism_is_limited(aws: SandboxAws, pipeline: Pipeline) -> None:
    pipeline.create(definition(processing("A"), processing("B")))
    pipeline.sagemaker.update_pipeline(
        PipelineName="Churn", ParallelismConfiguration={"MaxParallelExecutionSteps": 1}
    )
    arn = pipeline.start()
    aws.advance("PT1M")

    steps = pipeline.steps(arn)
    assert steps["A"]["EndTime"] <= steps["B"]["StartTime"]
