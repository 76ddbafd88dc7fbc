"""What the roles of a pipeline may do, and may not."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.aws_common.policies import starting, trust
from provisioning.blueprints.aws_sagemaker_pipeline.footprint import footprint
from provisioning.blueprints.aws_sagemaker_pipeline.roles import execution_policy

PLACE = Place(region="eu-west-1", account="111122223333")
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/mine:1"


def policy(*steps: dict[str, Any], read: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    definition = {"PipelineExperimentConfig": None, "Steps": list(steps), **more}
    return execution_policy(
        footprint(definition), place=PLACE, role_name="mine", read=read, write=()
    )


def may(policy: dict[str, Any], action: str, resource: str) -> bool:
    """As IAM decides, but for conditions."""
    return any(
        fnmatchcase(action, allowed) and fnmatchcase(resource, scope)
        for statement in policy["Statement"]
        for allowed in statement["Action"]
        for scope in statement["Resource"]
    )


def training(**more: Any) -> dict[str, Any]:
    arguments = {
        "AlgorithmSpecification": {"TrainingImage": IMAGE},
        "OutputDataConfig": {"S3OutputPath": "s3://models/churn/"},
        "InputDataConfig": [
            {"DataSource": {"S3DataSource": {"S3Uri": {"Get": "Parameters.Input"}}}}
        ],
    }
    return {"Name": "train", "Type": "Training", "Arguments": {**arguments, **more}}


PARAMETERS = [{"Name": "Input", "DefaultValue": "s3://data/in/", "EnumValues": ["s3://data/two/"]}]


def test_it_reads_and_writes_where_its_steps_do_and_nowhere_else() -> None:
    found = policy(training(), Parameters=PARAMETERS)
    for allowed in ("data/in/x.csv", "data/two/x.csv", "models/churn/model.tar.gz"):
        assert may(found, "s3:GetObject", f"arn:aws:s3:::{allowed}")
    for denied in ("data/other/x.csv", "data-of-others/in/x.csv", "models/x"):
        assert not may(found, "s3:GetObject", f"arn:aws:s3:::{denied}")
    assert may(found, "s3:PutObject", "arn:aws:s3:::models/churn/model.tar.gz")
    assert not may(found, "s3:PutObject", "arn:aws:s3:::data/in/x.csv")
    assert not may(found, "s3:DeleteObject", "arn:aws:s3:::models/churn/model.tar.gz")


def test_it_lists_only_its_prefixes() -> None:
    found = policy(training(), Parameters=PARAMETERS)
    (listing,) = [
        statement
        for statement in found["Statement"]
        if statement["Resource"] == ["arn:aws:s3:::data"] and "s3:ListBucket" in statement["Action"]
    ]
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["in/*", "two/*"]}}


def test_further_prefixes_are_added() -> None:
    found = policy(training(), read=("s3://reference/tables/",), Parameters=PARAMETERS)
    assert may(found, "s3:GetObject", "arn:aws:s3:::reference/tables/a")


def test_a_joined_address_counts_as_far_as_it_is_known() -> None:
    place = {"Std:Join": {"On": "/", "Values": ["s3://models", {"Get": "Execution.PipelineName"}]}}
    found = policy(training(OutputDataConfig={"S3OutputPath": place}), Parameters=PARAMETERS)
    assert may(found, "s3:PutObject", "arn:aws:s3:::models/any/model.tar.gz")
    assert not may(found, "s3:PutObject", "arn:aws:s3:::models-of-others/model.tar.gz")


def test_it_pulls_only_its_images() -> None:
    found = policy(training(), Parameters=PARAMETERS)
    registry = "arn:aws:ecr:eu-west-1:123456789012:repository"
    assert may(found, "ecr:BatchGetImage", f"{registry}/team/mine")
    assert not may(found, "ecr:BatchGetImage", f"{registry}/team/other")


def test_it_runs_only_jobs_of_its_step_types() -> None:
    found = policy(training(), Parameters=PARAMETERS)
    jobs = "arn:aws:sagemaker:eu-west-1:111122223333"
    assert may(found, "sagemaker:CreateTrainingJob", f"{jobs}:training-job/pipelines-abc-train-1")
    assert not may(found, "sagemaker:CreateTrainingJob", f"{jobs}:training-job/by-hand")
    assert not may(found, "sagemaker:CreateProcessingJob", f"{jobs}:processing-job/pipelines-a")
    named = policy(training(TrainingJobName="churn"), Parameters=PARAMETERS)
    assert may(named, "sagemaker:CreateTrainingJob", f"{jobs}:training-job/churn-abc")


def test_a_step_in_a_branch_counts_too() -> None:
    register = {
        "Name": "r",
        "Type": "RegisterModel",
        "Arguments": {"ModelPackageGroupName": "Churn"},
    }
    branch = {"Conditions": [], "IfSteps": [register]}
    found = policy({"Name": "c", "Type": "Condition", "Arguments": branch})
    packages = "arn:aws:sagemaker:eu-west-1:111122223333:model-package"
    assert may(found, "sagemaker:CreateModelPackage", f"{packages}/Churn/1")
    assert may(found, "sagemaker:CreateModelPackage", f"{packages}/churn/1")
    assert not may(found, "sagemaker:CreateModelPackage", f"{packages}/other/1")


def test_it_passes_itself_to_sagemaker_and_no_other_role() -> None:
    found = policy(training(), Parameters=PARAMETERS)
    (passing,) = [each for each in found["Statement"] if "iam:PassRole" in each["Action"]]
    assert passing["Resource"] == ["arn:aws:iam::111122223333:role/mine"]
    assert passing["Condition"]["StringEquals"] == {
        "iam:PassedToService": "sagemaker.amazonaws.com"
    }


def test_a_callbacks_queue_and_a_lambdas_function_are_named() -> None:
    function = "arn:aws:lambda:eu-west-1:111122223333:function:check"
    found = policy(
        {"Name": "l", "Type": "Lambda", "FunctionArn": function},
        {
            "Name": "c",
            "Type": "Callback",
            "SqsQueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/approvals",
        },
    )
    assert may(found, "lambda:InvokeFunction", function)
    assert may(found, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:approvals")
    assert not may(found, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:other")


def test_the_schedulers_role_starts_one_pipeline_and_keeps_failed_starts() -> None:
    found = starting(
        action="sagemaker:StartPipelineExecution", target_arn="arn:one", queue_arn="arn:queue"
    )
    allowed = {(s["Action"][0], s["Resource"][0]) for s in found["Statement"]}
    assert allowed == {
        ("sagemaker:StartPipelineExecution", "arn:one"),
        ("sqs:SendMessage", "arn:queue"),
    }


def test_roles_are_taken_by_their_service_on_behalf_of_their_account_only() -> None:
    (statement,) = trust("scheduler.amazonaws.com", "111122223333")["Statement"]
    assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def test_other_partitions_have_their_own_arns() -> None:
    china = Place(region="cn-north-1", account="111122223333")
    found = execution_policy(
        footprint({"Steps": [training()], "Parameters": PARAMETERS}),
        place=china,
        role_name="mine",
        read=(),
        write=(),
    )
    assert "arn:aws:" not in json.dumps(found)
