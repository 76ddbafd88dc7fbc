"""What the training jobs and the function may do, and who may take the function's role."""

from __future__ import annotations

from typing import Any

from ..aws_common.names import Place, execution_role
from ..aws_common.policies import allow, document, pass_roles
from ..aws_common.training import job_policy
from . import names
from .assets.retraining.wording import MODELS
from .settings import Settings


def jobs_may(settings: Settings, slug: str, place: Place) -> dict[str, Any]:
    bucket = names.data_bucket(slug, place.account)
    return job_policy(
        settings.training,
        place,
        reads=[f"s3://{bucket}/"],
        writes=[f"s3://{bucket}/{MODELS}"],
    )


def function_may(slug: str, place: Place, *, queue_arn: str) -> dict[str, Any]:
    """Start jobs of this pipeline, as its own role; write its log; put aside what failed."""
    log = place.arn("logs", f"log-group:{names.function_log(slug)}:*")
    jobs = place.arn("sagemaker", f"training-job/{names.jobs(slug)}-*")
    return document(
        [
            allow("StartJobs", ["sagemaker:CreateTrainingJob", "sagemaker:AddTags"], [jobs]),
            pass_roles([place.role(execution_role(slug))], "sagemaker.amazonaws.com"),
            allow("WriteItsLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [log]),
            allow("KeepFailedCalls", ["sqs:SendMessage"], [queue_arn]),
        ]
    )


def taken_by_lambda() -> dict[str, Any]:
    """Lambda tells no source when it takes a role, so that none can be asked for. It takes roles
    only for functions of their own account, made by those who may pass them."""
    return document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ]
    )
