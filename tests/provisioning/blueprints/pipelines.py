"""Settings and specs that the tests of this folder begin with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from provisioning.blueprints.aws_sagemaker_pipeline.blueprint import BLUEPRINT
from provisioning.contracts import EventSpec, ObjectCreatedSpec, ScheduleSpec, StackSpec
from provisioning.errors import InvalidInput

ACCOUNT = "111122223333"
REGION = "eu-west-1"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"


def processing(name: str, **more: Any) -> dict[str, Any]:
    job = {"kind": "processing", "name": name, "image": IMAGE, "instance_type": "ml.m5.large"}
    return {**job, **more}


def training(name: str, **more: Any) -> dict[str, Any]:
    job = {"kind": "training", "name": name, "image": IMAGE, "instance_type": "ml.m5.large"}
    return {**job, "output": "s3://my-bucket/models/", **more}


def condition(name: str, **more: Any) -> dict[str, Any]:
    left = {"kind": "metric", "step": "train", "metric": "rmse"}
    step = {"kind": "condition", "name": name, "left": left, "operator": "LessThan", "right": "1"}
    return {**step, "then_steps": ["stop"], **more}


def fail(name: str = "stop", **more: Any) -> dict[str, Any]:
    return {"kind": "fail", "name": name, "message": "Not good enough.", **more}


def steps(*found: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"source": "steps", "steps": list(found), **more}


def problems(settings: dict[str, Any]) -> dict[str, str]:
    """Field → message of all that is wrong; empty when nothing is."""
    try:
        BLUEPRINT.validate(settings)
    except InvalidInput as error:
        return {problem.field: problem.message for problem in error.problems}
    return {}


def spec(settings: dict[str, Any] | None = None, **more: Any) -> StackSpec:
    found = BLUEPRINT.validate(settings or BLUEPRINT.example())
    values: dict[str, Any] = {
        "pipeline_id": 1,
        "name": "Daily training",
        "slug": "daily-training",
        "blueprint": BLUEPRINT.kind,
        "settings": found,
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
