"""What the function is told: by its environment, by schedules, and by people who start runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..aws_common.names import Place, execution_role
from ..aws_common.training import request
from . import names
from .assets.retraining.wording import MODELS
from .settings import Settings

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec

CREATED = "s3:ObjectCreated:*"
# "The total size of all environment variables doesn't exceed 4 KB."
LARGEST_ENVIRONMENT = 4096


def environment(spec: StackSpec, settings: Settings) -> dict[str, str]:
    """The settings, for the function; what a job reads is filled in there."""
    place = Place(spec.region, spec.account)
    bucket = names.data_bucket(spec.slug, spec.account)
    job = request(
        settings.training,
        role_arn=place.role(execution_role(spec.slug)),
        data=f"s3://{bucket}/",
        output=f"s3://{bucket}/{MODELS}",
    )
    return {
        "JOB_NAME_ROOT": names.jobs(spec.slug),
        "DATA_BUCKET": bucket,
        "TRAIN_ON": settings.data.train_on,
        "DEFAULT_FOLDER": settings.data.default_folder,
        "TRAINING_JOB": _compact(job),
        "TAGS": _compact(tags(spec)),
    }


def environment_size(variables: Mapping[str, str]) -> int:
    """As Lambda measures it."""
    return len(_compact(variables).encode())


def tags(spec: StackSpec) -> dict[str, str]:
    return {"skyclock:pipeline": spec.slug, **spec.tags}


def told_by_schedule(key: str) -> dict[str, Any]:
    """Scheduler fills in what stands in angle brackets; it is the same for every attempt."""
    return {
        "skyclock": {
            "cause": "schedule/<aws.scheduler.execution-id>",
            "trigger": key,
            "at": "<aws.scheduler.scheduled-time>",
        }
    }


def told_by_people(cause: str, key: str) -> dict[str, Any]:
    return {"skyclock": {"cause": cause, "key": key}}


def rule(key: str, prefix: str, suffix: str, function_arn: str) -> dict[str, Any]:
    """The notification of one trigger, in S3's words; its id tells the trigger."""
    filters = [
        {"Name": name, "Value": value}
        for name, value in (("prefix", prefix), ("suffix", suffix))
        if value
    ]
    made = {"Id": key, "LambdaFunctionArn": function_arn, "Events": [CREATED]}
    return {**made, "Filter": {"Key": {"FilterRules": filters}}} if filters else made


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
