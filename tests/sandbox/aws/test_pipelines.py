"""Pipelines are created, changed and deleted as SageMaker does it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.aws.conftest import ACCOUNT, BUCKET, REGION, START, SandboxAws
from tests.sandbox.aws.definitions import (
    definition,
    fail_step,
    whole,
)
from tests.sandbox.aws.functions import eventually
from tests.sandbox.aws.running import ROLE, Pipeline, error, make_pipeline

pytestmark = pytest.mark.sandbox


@pytest.fixture
def pipeline(aws: SandboxAws) -> Pipeline:
    return make_pipeline(aws)


def test_a_pipeline_name_is_taken_once(aws: SandboxAws, pipeline: Pipeline) -> None:
    pipeline.create(whole())
    pipeline.create(whole())  # the same token

    code, message = error(
        pipeline.sagemaker.create_pipeline,
        PipelineName="Churn", PipelineDefinition=json.dumps(whole()), RoleArn=ROLE,
        ClientRequestToken="d" * 32,
    )  # fmt: skip
    assert code == "ValidationException"
    assert message == (
        "Pipeline names must be unique within an AWS account and region. "
        "Pipeline with name (Churn) already exists."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PipelineName": "-bad"}, "Member must satisfy regular expression pattern"),
        ({"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"}, "Could not assume role arn:aws:iam"),
        ({"PipelineDefinition": "{"}, "Unable to parse pipeline definition."),
    ],
)
def test_it_refuses_what_sagemaker_refuses(
    aws: SandboxAws, pipeline: Pipeline, changes: dict[str, Any], words: str
) -> None:
    settings = {
        "PipelineName": "Churn", "PipelineDefinition": json.dumps(whole()), "RoleArn": ROLE,
        "ClientRequestToken": "c" * 32, **changes,
    }  # fmt: skip
    code, message = error(pipeline.sagemaker.create_pipeline, **settings)

    assert code == "ValidationException"
    assert words in message
    assert pipeline.sagemaker.list_pipelines()["PipelineSummaries"] == []


def test_a_pipeline_goes_with_its_executions_but_not_while_one_runs(
    aws: SandboxAws, pipeline: Pipeline
) -> None:
    pipeline.create(whole())
    arn = pipeline.start()
    delete = pipeline.sagemaker.delete_pipeline
    assert (
        error(delete, PipelineName="Churn", ClientRequestToken="d" * 32)[0] == "ConflictException"
    )
    aws.advance("PT2M")
    delete(PipelineName="Churn", ClientRequestToken="d" * 32)

    code, message = error(pipeline.sagemaker.describe_pipeline, PipelineName="Churn")
    assert code == "ResourceNotFound"
    assert message == (
        f"Pipeline 'arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/churn' does not exist."
    )
    assert error(pipeline.describe, arn=arn)[0] == "ResourceNotFound"


def test_a_definition_can_come_from_s3(aws: SandboxAws, pipeline: Pipeline) -> None:
    text = json.dumps(definition(fail_step("Only")))
    aws.client("s3").put_object(Bucket=BUCKET, Key="pipeline.json", Body=text.encode())
    pipeline.sagemaker.create_pipeline(
        PipelineName="FromS3",
        PipelineDefinitionS3Location={"Bucket": BUCKET, "ObjectKey": "pipeline.json"},
        RoleArn=ROLE,
        ClientRequestToken="c" * 32,
        Tags=[{"Key": "team", "Value": "data"}],
    )

    found = pipeline.sagemaker.describe_pipeline(PipelineName="FromS3")
    assert found["PipelineDefinition"] == text
    assert found["CreatedBy"]["IamIdentity"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/sandbox"
    tags = pipeline.sagemaker.list_tags(ResourceArn=found["PipelineArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "data"}]


def test_a_restart_in_mid_execution_loses_nothing(aws: SandboxAws, pipeline: Pipeline) -> None:
    pipeline.create(whole())
    arn = pipeline.start()
    aws.advance("PT6S")
    aws.let_pass(timedelta(minutes=1))
    aws.restart()

    again = Pipeline(aws)
    assert eventually(lambda: again.status(arn) == "Succeeded")
    assert again.steps(arn)["Train"]["EndTime"] - START < timedelta(seconds=20)
