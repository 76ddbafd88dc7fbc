"""Pipeline definitions that the tests run."""

from __future__ import annotations

from typing import Any

ACCOUNT = "111122223333"
BUCKET = f"s3://skyclock-sandbox-{ACCOUNT}"
IMAGE = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/churn:1"
_CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
_IN_EXECUTION = {"Get": "Execution.PipelineExecutionId"}


def definition(*steps: dict[str, Any], parameters: list[dict[str, Any]] | None = None) -> Any:
    return {"Version": "2020-12-01", "Parameters": parameters or [], "Steps": list(steps)}


def whole() -> Any:
    """Every kind of step that the sandbox runs in a row, with a condition at the end."""
    model = {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
    return definition(
        processing("Prepare", source={"Get": "Parameters.Input"}),
        training("Train", source=output_of("Prepare")),
        {
            **processing("Evaluate", source=model),
            "PropertyFiles": [
                {"PropertyFileName": "Report", "OutputName": "out", "FilePath": "report.json"}
            ],
        },
        condition(
            "GoodEnough",
            {
                "Type": "GreaterThanOrEqualTo",
                "LeftValue": {
                    "Std:JsonGet": {
                        "PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"},
                        "Path": "metrics.accuracy.value",
                    }
                },
                "RightValue": {"Get": "Parameters.Threshold"},
            },
            {
                "Type": "GreaterThan",
                "LeftValue": {"Get": "Steps.Train.FinalMetricDataList['validation:auc'].Value"},
                "RightValue": 0.1,
            },
            then=[register("Register", model=model)],
            otherwise=[fail_step("TooBad")],
        ),
        parameters=[
            {"Name": "Input", "Type": "String", "DefaultValue": f"{BUCKET}/input/"},
            {"Name": "Threshold", "Type": "Float", "DefaultValue": 0.5},
            {"Name": "Epochs", "Type": "Integer", "DefaultValue": 3},
        ],
    )


def processing(name: str, *, source: Any = f"{BUCKET}/input/") -> dict[str, Any]:
    target = {"Std:Join": {"On": "/", "Values": [f"{BUCKET}/output", _IN_EXECUTION, name]}}
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "ProcessingResources": {"ClusterConfig": {**_CLUSTER}},
            "AppSpecification": {"ImageUri": IMAGE},
            "ProcessingInputs": [
                {
                    "InputName": "in",
                    "S3Input": {
                        "S3Uri": source,
                        "LocalPath": "/opt/ml/processing/in",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                }
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "out",
                        "S3Output": {
                            "S3Uri": target,
                            "LocalPath": "/opt/ml/processing/out",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
        },
    }


def output_of(step: str) -> dict[str, str]:
    return {"Get": f"Steps.{step}.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"}


def training(name: str, *, source: Any = f"{BUCKET}/input/train.csv") -> dict[str, Any]:
    return {"Name": name, "Type": "Training", "Arguments": training_request(source)}


def training_request(source: Any) -> dict[str, Any]:
    """CreateTrainingJob without name and role."""
    return {
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "validation:auc", "Regex": r"auc: ([0-9\.]+)"}],
        },
        "HyperParameters": {"epochs": "3"},
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}},
            }
        ],
        "OutputDataConfig": {"S3OutputPath": f"{BUCKET}/output/models"},
        "ResourceConfig": {**_CLUSTER},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }


def condition(
    name: str, *conditions: Any, then: list[Any], otherwise: list[Any] | None = None
) -> dict[str, Any]:
    arguments = {"Conditions": list(conditions), "IfSteps": then, "ElseSteps": otherwise or []}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def model_and_transform(trained: str) -> list[dict[str, Any]]:
    """A model of what a step has trained, and a job that uses it."""
    data = {"Get": f"Steps.{trained}.ModelArtifacts.S3ModelArtifacts"}
    source = {"S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/input/test.csv"}
    transform = {
        "ModelName": {"Get": "Steps.Model.ModelName"},
        "TransformInput": {"DataSource": {"S3DataSource": source}},
        "TransformOutput": {"S3OutputPath": f"{BUCKET}/output/scores"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    container = {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": data}}
    return [
        {"Name": "Model", "Type": "Model", "Arguments": container},
        {"Name": "Score", "Type": "Transform", "Arguments": transform},
    ]


def register(name: str, *, model: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": "churn",
            "ModelApprovalStatus": "PendingManualApproval",
            "InferenceSpecification": {
                "Containers": [{"Image": IMAGE, "ModelDataUrl": model}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        },
    }


def fail_step(name: str, message: Any = "as planned") -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}
