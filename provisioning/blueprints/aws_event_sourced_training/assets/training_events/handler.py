"""The Lambda function of an event-sourced training: does what `deciding` says of an event.

Safe to be called twice with one event: jobs have names that follow from their cause, model
versions a token that follows from their job.
"""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from .deciding import Register, Say, Train, decide
from .wording import REFUSED, REGISTERED, SOURCE, digest

# Later calls can succeed: Lambda calls the function again, and keeps what stays unsaid.
PASSING = {
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "InternalFailure",
    "InternalServerError",
    "InternalException",
}


@cache
def config() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name("config.json").read_text())
    return found


@cache
def client(service: str) -> Any:
    """Many events at once meet SageMaker's limits: it takes a few jobs a second."""
    patience = Config(retries={"mode": "adaptive", "max_attempts": 10})
    return boto3.client(service, config=patience)


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    decision = decide(event, config())
    note(event, decision)
    if isinstance(decision, Say):
        if not decision.unless or not exists(decision.unless):
            say(decision.type, decision.detail)
    elif isinstance(decision, Train):
        train(decision, event["detail"])
    elif isinstance(decision, Register):
        register(decision)
    return {"did": type(decision).__name__}


def note(event: dict[str, Any], decision: Any) -> None:
    """A line of the log, found again by the event's id and by the job's name."""
    line = {
        "event": event.get("id"),
        "type": event.get("detail-type"),
        "replay": event.get("replay-name", ""),
        "decision": type(decision).__name__,
    }
    print(json.dumps({**line, **vars(decision)}, default=str))


def say(type: str, detail: dict[str, Any]) -> None:
    entry = {
        "EventBusName": config()["bus"],
        "Source": SOURCE,
        "DetailType": type,
        "Detail": json.dumps(detail),
    }
    answer = client("events").put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise RuntimeError(f"EventBridge did not take {type}: {answer['Entries'][0]}")


def exists(job: str) -> bool:
    """SageMaker says of a job that is not there what it says of a wrong request."""
    try:
        client("sagemaker").describe_training_job(TrainingJobName=job)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ValidationException", "ResourceNotFound"):
            return False
        raise
    return True


def train(wanted: Train, detail: dict[str, Any]) -> None:
    request = deepcopy(config()["job"])
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = wanted.data
    try:
        client("sagemaker").create_training_job(
            **request,
            TrainingJobName=wanted.job,
            Environment=wanted.environment,
            Tags=config()["tags"],
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ResourceInUse":
            print(json.dumps({"job": wanted.job, "already": "there"}))
        elif code in PASSING:
            raise
        else:
            reason = error.response["Error"].get("Message", code)
            say(REFUSED, {**detail, "job": wanted.job, "code": code, "reason": reason})


def register(wanted: Register) -> None:
    asked = config()["register"]
    answer = client("sagemaker").create_model_package(
        ModelPackageGroupName=asked["group"],
        ModelPackageDescription=f"Trained by {wanted.job}",
        ModelApprovalStatus=asked["approval"],
        InferenceSpecification={
            "Containers": [{"Image": asked["image"], "ModelDataUrl": wanted.model}],
            "SupportedContentTypes": asked["content_types"],
            "SupportedResponseMIMETypes": asked["response_types"],
        },
        ClientToken=digest(wanted.job),
    )
    arn = answer["ModelPackageArn"]
    version = arn.rpartition("/")[2]
    detail = {"job": wanted.job, "group": asked["group"], "version": version, "arn": arn}
    say(REGISTERED, {**detail, "model": wanted.model})
