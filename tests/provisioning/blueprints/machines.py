"""Settings and specs of state machines that the tests of this folder begin with."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from provisioning.blueprints.aws_stepfunctions_training.blueprint import BLUEPRINT
from provisioning.contracts import EventSpec, ObjectCreatedSpec, ScheduleSpec, StackSpec
from provisioning.errors import InvalidInput, Problem

ACCOUNT = "111122223333"
REGION = "eu-west-1"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"
DATA = "s3://my-bucket/training/"
MODELS = "s3://my-bucket/models/"
SYNC = "arn:aws:states:::sagemaker:createTrainingJob.sync"


def form(machine: dict[str, Any] | None = None, **training: Any) -> dict[str, Any]:
    """Settings of a form; `training` are fields of the job, `machine` of what runs it."""
    job = {
        "image": IMAGE,
        "inputs": [{"source": DATA}],
        "output": MODELS,
        **training,
    }
    return {"machine": {"kind": "training", "training": job, **(machine or {})}}


def pasted(content: Any, **more: Any) -> dict[str, Any]:
    text = content if isinstance(content, str) else json.dumps(content, indent=2)
    return {"machine": {"kind": "definition", "definition": text, **more}}


def states(start: str, **found: Any) -> dict[str, Any]:
    return {"StartAt": start, "States": found}


def train(**more: Any) -> dict[str, Any]:
    """A Task as somebody might write it."""
    return {
        "Type": "Task",
        "Resource": SYNC,
        "Parameters": {
            "TrainingJobName.$": "States.Format('${JobPrefix}-{}', States.UUID())",
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "RoleArn": "${JobRoleArn}",
            "InputDataConfig": [
                {
                    "ChannelName": "train",
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": DATA}},
                }
            ],
            "OutputDataConfig": {"S3OutputPath": MODELS},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 5,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        },
        "End": True,
        **more,
    }


def found(settings: dict[str, Any]) -> tuple[Problem, ...]:
    try:
        BLUEPRINT.validate(settings)
    except InvalidInput as error:
        return error.problems
    return ()


def problems(settings: dict[str, Any]) -> dict[str, str]:
    """Field → message of all that is wrong; empty when nothing is."""
    return {problem.field: problem.message for problem in found(settings)}


def spec(settings: dict[str, Any] | None = None, **more: Any) -> StackSpec:
    values: dict[str, Any] = {
        "pipeline_id": 1,
        "name": "Daily training",
        "slug": "daily-training",
        "blueprint": BLUEPRINT.kind,
        "settings": BLUEPRINT.validate(settings or BLUEPRINT.example()),
        "region": REGION,
        "account": ACCOUNT,
    }
    return StackSpec(**{**values, **more})


def daily(key: str = "t1", **more: Any) -> ScheduleSpec:
    return ScheduleSpec(key=key, **{"cron": "0 6 * * *", "timezone": "Europe/Berlin", **more})


def landing(key: str = "t3", **more: Any) -> ObjectCreatedSpec:
    return ObjectCreatedSpec(key=key, **{"prefix": "data/", "suffix": ".csv", **more})


def ready(key: str = "t4", **more: Any) -> EventSpec:
    return EventSpec(key=key, **{"source": "example.data", "types": ("dataset.ready",), **more})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
