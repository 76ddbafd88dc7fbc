"""Executions are started once, stopped, retried and listed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.sandbox.aws.conftest import ACCOUNT, BUCKET, REGION, START, SandboxAws
from tests.sandbox.aws.definitions import (
    definition,
    fail_step,
    processing,
    training,
    whole,
)
from tests.sandbox.aws.running import Pipeline, error, make_pipeline

pytestmark = pytest.mark.sandbox


@pytest.fixture
def pipeline(aws: SandboxAws) -> Pipeline:
    return make_pipeline(aws)


def test_an_execution_is_stopped(aws: SandboxAws, pipeline: Pipeline) -> None:
    pipeline.create(whole())
    arn = pipeline.start()
    aws.advance("PT6S")
    assert pipeline.status(arn) == "Executing"

    pipeline.sagemaker.stop_pipeline_execution(
        PipelineExecutionArn=arn, ClientRequestToken="s" * 32
    )

    assert pipeline.status(arn) == "Stopping"
    assert pipeline.steps(arn)["Train"]["StepStatus"] == "Stopping"
    aws.advance("PT10S")
    assert pipeline.status(arn) == "Stopped"
    assert [*pipeline.steps(arn)] == ["Prepare", "Train"]
    (job,) = pipeline.sagemaker.list_training_jobs()["TrainingJobSummaries"]
    assert job["TrainingJobStatus"] == "Stopped"
    code, message = error(
        pipeline.sagemaker.stop_pipeline_execution,
        PipelineExecutionArn=arn, ClientRequestToken="u" * 32,
    )  # fmt: skip
    assert code == "ValidationException"
    assert 'Only pipelines with "Executing" status can be stopped.' in message


def retry(pipeline: Pipeline, arn: str, token: str = "r") -> None:
    pipeline.sagemaker.retry_pipeline_execution(
        PipelineExecutionArn=arn, ClientRequestToken=token * 32
    )


def test_a_retry_takes_up_what_failed(aws: SandboxAws, pipeline: Pipeline) -> None:
    late = f"s3://{BUCKET}/late/"
    arn = pipeline.run(definition(processing("Prepare"), training("Train", source=late)))
    before = pipeline.steps(arn)["Prepare"]
    aws.client("s3").put_object(Bucket=BUCKET, Key="late/data.csv", Body=b"1\n")

    retry(pipeline, arn)
    assert pipeline.steps(arn)["Train"]["StepStatus"] == "Starting"
    aws.advance("PT1M")

    steps = pipeline.steps(arn)
    assert pipeline.status(arn) == "Succeeded"
    assert "FailureReason" not in pipeline.describe(arn)
    assert steps["Train"]["AttemptCount"] == 2
    assert steps["Prepare"] == before
    code, _ = error(
        pipeline.sagemaker.retry_pipeline_execution,
        PipelineExecutionArn=arn, ClientRequestToken="x" * 32,
    )  # fmt: skip
    assert code == "ValidationException"


def test_a_stopped_execution_goes_on_after_a_retry(aws: SandboxAws, pipeline: Pipeline) -> None:
    pipeline.create(whole())
    arn = pipeline.start()
    aws.advance("PT6S")
    pipeline.sagemaker.stop_pipeline_execution(
        PipelineExecutionArn=arn, ClientRequestToken="s" * 32
    )
    aws.advance("PT10S")
    retry(pipeline, arn)
    retry(pipeline, arn)  # the same request again
    aws.advance("PT1M")

    assert pipeline.status(arn) == "Succeeded"
    assert pipeline.steps(arn)["Train"]["AttemptCount"] == 2


def test_the_same_token_starts_one_execution(aws: SandboxAws, pipeline: Pipeline) -> None:
    pipeline.create(whole())
    start = pipeline.sagemaker.start_pipeline_execution
    arns = {
        start(PipelineName=name, ClientRequestToken="t" * 32)["PipelineExecutionArn"]
        for name in ("Churn", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/churn")
    }

    assert len(arns) == 1
    aws.restart()
    again = aws.client("sagemaker").start_pipeline_execution(
        PipelineName="Churn", ClientRequestToken="t" * 32
    )
    assert arns == {again["PipelineExecutionArn"]}


def test_parameters_are_listed_with_their_defaults(aws: SandboxAws, pipeline: Pipeline) -> None:
    pipeline.create(whole())
    arn = pipeline.start(Epochs="9")

    listed = pipeline.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)
    assert {each["Name"]: each["Value"] for each in listed["PipelineParameters"]} == {
        "Input": f"s3://{BUCKET}/input/",
        "Threshold": "0.5",
        "Epochs": "9",
    }
    code, message = error(
        pipeline.sagemaker.start_pipeline_execution,
        PipelineName="Churn",
        PipelineParameters=[{"Name": "Epochs", "Value": "many"}],
    )
    assert code == "ValidationException"
    assert 'allowed: ["integer"]' in message


def test_an_update_does_not_change_what_already_runs(aws: SandboxAws, pipeline: Pipeline) -> None:
    pipeline.create(definition(processing("Old")))
    arn = pipeline.start()
    pipeline.sagemaker.update_pipeline(
        PipelineName="Churn", PipelineDefinition=json.dumps(definition(processing("New")))
    )
    aws.advance("PT1M")
    later = pipeline.start()
    aws.advance("PT1M")

    assert [*pipeline.steps(arn)] == ["Old"]
    assert [*pipeline.steps(later)] == ["New"]
    ran = pipeline.sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    assert '"Old"' in ran["PipelineDefinition"]


def test_executions_are_listed_in_pages_newest_first(aws: SandboxAws, pipeline: Pipeline) -> None:
    pipeline.create(definition(fail_step("Only")))
    arns = []
    for _ in range(5):
        arns.append(pipeline.start())
        aws.advance("PT1H")
    pages = pipeline.sagemaker.get_paginator("list_pipeline_executions").paginate(
        PipelineName="Churn", PaginationConfig={"PageSize": 2}
    )

    found = [each["PipelineExecutionArn"] for page in pages
             for each in page["PipelineExecutionSummaries"]]  # fmt: skip
    assert found == arns[::-1]
    recent = pipeline.sagemaker.list_pipeline_executions(
        PipelineName="Churn", CreatedAfter=START + timedelta(minutes=150), SortOrder="Ascending"
    )["PipelineExecutionSummaries"]
    assert [each["PipelineExecutionArn"] for each in recent] == arns[3:]
    assert recent[0]["PipelineExecutionStatus"] == "Failed"
    before = pipeline.sagemaker.list_pipeline_executions(
        PipelineName="Churn", CreatedBefore=START + timedelta(minutes=30)
    )
    assert len(before["PipelineExecutionSummaries"]) == 1


def test_an_execution_is_renamed(aws: SandboxAws, pipeline: Pipeline) -> None:
    arn = pipeline.run(definition(fail_step("Only")))
    ended = pipeline.describe(arn)["LastModifiedTime"]
    pipeline.sagemaker.update_pipeline_execution(
        PipelineExecutionArn=arn, PipelineExecutionDescription="a rehearsal"
    )

    described = pipeline.describe(arn)
    assert described["PipelineExecutionDescription"] == "a rehearsal"
    assert described["LastModifiedTime"] == ended
