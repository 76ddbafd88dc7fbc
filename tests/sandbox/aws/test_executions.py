"""Pipelines execute: steps in order, real jobs, honest failures."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.conftest import (
    ACCOUNT,
    BUCKET,
    REGION,
    START,
    SandboxAws,
    allow,
    make_role,
    set_policy,
)
from tests.sandbox.aws.definitions import (
    condition,
    definition,
    fail_step,
    processing,
    training,
    whole,
)

pytestmark = pytest.mark.sandbox

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


@pytest.fixture
def pipeline(aws: SandboxAws) -> Pipeline:
    make_role(aws, "runs", "sagemaker.amazonaws.com", *FULL)
    return Pipeline(aws)


def error(call: Any, **keywords: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**keywords)
    found = refused.value.response["Error"]
    return found["Code"], found["Message"]


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


# ── Failures ────────────────────────────────────────────────────────────────────────


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


# ── Controls ────────────────────────────────────────────────────────────────────────


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


# ── Pipelines ───────────────────────────────────────────────────────────────────────


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
    assert again.status(arn) == "Succeeded"
    assert again.steps(arn)["Train"]["EndTime"] - START < timedelta(seconds=20)
