"""What AWS answered, as Step Functions hands it to the next state."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from botocore.model import ServiceModel

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.shapes import service_model
from provisioning.sandbox.aws.states.language.problems import StateFailed
from provisioning.sandbox.aws.states.resources import Resource
from provisioning.sandbox.aws.states.supported import service_of
from provisioning.sandbox.aws.states.walk import iso

# How the SDK that the optimised integrations use calls services and their errors.
_OLD_SDK = {
    "sagemaker": ("SageMaker", "AmazonSageMaker"),
    "states": ("StepFunctions", "AWSStepFunctions"),
    "sqs": ("SQS", "AmazonSQS"),
    "lambda": ("Lambda", "AWSLambda"),
    "events": ("EventBridge", "AmazonEventBridge"),
}


def optimised(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Times are milliseconds, and what is known of the exchange comes along."""
    return {**_shown(answer, _milliseconds), **exchange()}


def described(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What a task waited for."""
    found: dict[str, Any] = _shown(answer, _milliseconds)
    return found


def plain(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Of an AWS SDK integration: times are text."""
    found: dict[str, Any] = _shown(answer, lambda moment: iso(moment.timestamp()))
    return found


def exchange() -> dict[str, Any]:
    request = str(uuid.uuid4())
    headers = {"x-amzn-RequestId": request, "Content-Type": "application/x-amz-json-1.1"}
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": request},
    }


def refusal(resource: Resource, error: AwsError) -> StateFailed:
    """The error that Step Functions makes of a service's."""
    model = service_model(service_of(resource))
    modelled = model.shape_for_error_code(error.code) is not None
    request = uuid.uuid4()
    if resource.kind.startswith("aws-sdk:"):
        name = _camel(model)
        kind = _exception(error.code) if modelled else f"{name}Exception"
        about = f"Service: {name}, Status Code: {error.status}, Request ID: {request}"
        return StateFailed(f"{name}.{kind}", f"{error.message} ({about})")
    name, full = _OLD_SDK[resource.kind or "lambda"]
    kind = _exception(error.code) if modelled else f"{full}Exception"
    about = (
        f"Service: {full}; Status Code: {error.status}; Error Code: {error.code}; "
        f"Request ID: {request}; Proxy: null"
    )
    return StateFailed(f"{name}.{kind}", f"{error.message} ({about})")


def _exception(code: str) -> str:
    name = code.rpartition(".")[2]
    return name if name.endswith("Exception") else f"{name}Exception"


def _camel(model: ServiceModel) -> str:
    """ "SageMaker", "S3", "Sfn", "CloudWatchLogs"."""
    words = str(model.service_id).split()
    return "".join(word if any(c.islower() for c in word) else word.capitalize() for word in words)


def _shown(value: Any, moment: Callable[[datetime], Any]) -> Any:
    if isinstance(value, Mapping):
        return {_large(name): _shown(each, moment) for name, each in value.items()}
    if isinstance(value, list):
        return [_shown(each, moment) for each in value]
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if hasattr(value, "read"):
        return value.read().decode("utf-8", "replace")
    return value


def _large(name: str) -> str:
    return name[:1].upper() + name[1:]


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def as_text(value: Any) -> str:
    """A cause: JSON, within what Step Functions keeps of it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)[:32_768]
