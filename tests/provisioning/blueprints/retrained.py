"""Specs and events that the tests of retraining on S3 begin with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from provisioning.blueprints.aws_s3_retraining.assets.retraining.wording import job_name
from provisioning.blueprints.aws_s3_retraining.blueprint import BLUEPRINT
from provisioning.contracts import StackSpec
from provisioning.errors import InvalidInput
from tests.provisioning.blueprints.pipelines import ACCOUNT, REGION, daily, landing

SLUG = "churn"
ROOT = f"skyclock-{SLUG}"
BUCKET = f"{ROOT}-{ACCOUNT}"
FUNCTION = f"{ROOT}-starter"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"
NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
LATE = landing("t2", prefix="late/", suffix=".json")


def retrained(settings: dict[str, Any] | None = None, **more: Any) -> StackSpec:
    """CSV in data/, JSON in late/, and mornings at six in Berlin."""
    values: dict[str, Any] = {
        "pipeline_id": 1,
        "name": "Churn",
        "slug": SLUG,
        "blueprint": BLUEPRINT.kind,
        "settings": BLUEPRINT.validate(settings or BLUEPRINT.example()),
        "triggers": (landing("t1"), LATE, daily("t3")),
        "region": REGION,
        "account": ACCOUNT,
    }
    return BLUEPRINT.prepare(StackSpec(**{**values, **more}), NOW)


def misfits(settings: dict[str, Any]) -> dict[str, str]:
    """Field → message of all that is wrong; empty when nothing is."""
    try:
        BLUEPRINT.validate(settings)
    except InvalidInput as error:
        return {problem.field: problem.message for problem in error.problems}
    return {}


def landed(key: str, *, sequencer: str = "0055AED6DCD90281E5", **more: Any) -> dict[str, Any]:
    """As S3 tells the function of one object."""
    return {
        "eventSource": "aws:s3",
        "eventTime": "2026-11-21T06:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "configurationId": "t1",
            "bucket": {"name": BUCKET, "arn": f"arn:aws:s3:::{BUCKET}"},
            "object": {"key": quote_plus(key, safe="/"), "size": 1, "sequencer": sequencer},
        },
        **more,
    }


def job_of(cause: str) -> str:
    return job_name(ROOT, cause)


def job_arn(job: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{job}"
