"""A pipeline that the tests run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.conftest import ACCOUNT, SandboxAws, allow, make_role

ROLE = f"arn:aws:iam::{ACCOUNT}:role/runs"
FULL = (allow("s3:*"), allow("sagemaker:*"), allow("logs:*"), allow("iam:PassRole", resource=ROLE))


class Pipeline:
    """One pipeline, run by the tests."""

    def __init__(self, aws: SandboxAws) -> None:
        self.aws = aws
        self.sagemaker = aws.client("sagemaker")

    def create(self, content: Any) -> None:
        self.sagemaker.create_pipeline(
            PipelineName="Churn",
            PipelineDefinition=json.dumps(content),
            RoleArn=ROLE,
            ClientRequestToken="c" * 32,
        )

    def start(self, **parameters: str) -> str:
        given = [{"Name": name, "Value": value} for name, value in parameters.items()]
        started = self.sagemaker.start_pipeline_execution(
            PipelineName="Churn", PipelineParameters=given
        )
        return str(started["PipelineExecutionArn"])

    def run(self, content: Any, **parameters: str) -> str:
        self.create(content)
        arn = self.start(**parameters)
        self.aws.advance("PT2M")
        return arn

    def describe(self, arn: str) -> dict[str, Any]:
        found: dict[str, Any] = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return found

    def status(self, arn: str) -> str:
        return str(self.describe(arn)["PipelineExecutionStatus"])

    def steps(self, arn: str) -> dict[str, dict[str, Any]]:
        """By name, in the order of their start."""
        found = self.sagemaker.list_pipeline_execution_steps(
            PipelineExecutionArn=arn, SortOrder="Ascending", MaxResults=100
        )["PipelineExecutionSteps"]
        return {step["StepName"]: step for step in found}

    def reason(self, arn: str, step: str) -> str:
        return str(self.steps(arn)[step]["FailureReason"])


def make_pipeline(aws: SandboxAws) -> Pipeline:
    make_role(aws, "runs", "sagemaker.amazonaws.com", *FULL)
    return Pipeline(aws)


def error(call: Any, **keywords: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**keywords)
    found = refused.value.response["Error"]
    return found["Code"], found["Message"]
