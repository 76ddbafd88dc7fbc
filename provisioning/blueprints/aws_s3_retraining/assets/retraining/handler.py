"""The Lambda function of a retraining: starts a SageMaker training job for each object that
lands, each schedule that fires and each run that people ask for.

Safe to be called twice with one event: a job's name follows from its cause. What fails is
raised, so that Lambda calls again, and keeps the event in the dead letters in the end.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from .causes import Cause, causes, why_ignored
from .wording import (
    ASKED,
    AT,
    IGNORED,
    LONGEST_VALUE,
    OBJECT,
    REFUSED,
    TRIGGER,
    data_address,
    job_name,
)

# The settings of the pipeline, as its program has written them.
ROOT = os.environ["JOB_NAME_ROOT"]
BUCKET = os.environ["DATA_BUCKET"]
TRAIN_ON = os.environ["TRAIN_ON"]
DEFAULT = os.environ["DEFAULT_FOLDER"]
JOB: dict[str, Any] = json.loads(os.environ["TRAINING_JOB"])
TAGS: dict[str, str] = json.loads(os.environ["TAGS"])


@cache
def sagemaker() -> Any:
    """A burst of objects meets SageMaker's limits: it takes a few jobs a second."""
    patience = Config(retries={"mode": "adaptive", "max_attempts": 10})
    return boto3.client("sagemaker", config=patience)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    started: list[str] = []
    refused: list[dict[str, str]] = []
    for cause in causes(event, default=DEFAULT):
        job = job_name(ROOT, cause.id)
        if reason := why_ignored(cause):
            say(IGNORED, job, cause, reason=reason)
            continue
        say(ASKED, job, cause, request=context.aws_request_id)
        try:
            train(job, cause)
            started.append(job)
        except ClientError as error:
            answer = error.response["Error"]
            code, message = answer["Code"], answer.get("Message") or answer["Code"]
            say(REFUSED, job, cause, code=code, reason=message)
            if cause.trigger:
                raise
            refused.append({"job": job, "code": code, "message": message})
    return {"started": started, "refused": refused}


def train(job: str, cause: Cause) -> None:
    """One training job; that it is there already is success."""
    request = json.loads(json.dumps(JOB))
    source = request["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    source["S3Uri"] = data_address(BUCKET, cause.key, train_on=TRAIN_ON)
    told = {TRIGGER: cause.trigger, OBJECT: cause.key[:LONGEST_VALUE], AT: cause.at}
    try:
        sagemaker().create_training_job(
            **request,
            TrainingJobName=job,
            Environment={name: value for name, value in told.items() if value},
            Tags=[{"Key": key, "Value": value} for key, value in TAGS.items()],
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceInUse":
            raise


def say(what: str, job: str, cause: Cause, **more: str) -> None:
    """A line of the log that is found again by the job's name."""
    told = {"said": what, "job": job, "object": cause.key, "trigger": cause.trigger, "at": cause.at}
    print(json.dumps({**told, **more}))
