"""What Lambda refuses, in its words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.moto_app import not_simulated
from provisioning.sandbox.aws.roles import Session, can_assume

PRINCIPAL = "lambda.amazonaws.com"
RUNTIMES = tuple(f"python3.{minor}" for minor in range(9, 15))
_PAST_RUNTIMES = ("python2.7", "python3.6", "python3.7", "python3.8")
LARGEST_ENVIRONMENT = 4096
# What Lambda sets itself; a function may not.
RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SECRET_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
_NOT_SIMULATED = {
    "CapacityProviderConfig": "Lambda's capacity providers",
    "CodeSigningConfigArn": "code signing",
    "FileSystemConfigs": "file systems of functions",
    "ImageConfig": "functions as container images",
    "Layers": "Lambda layers",
}


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)


def not_found(arn: str) -> AwsError:
    message = f"Function not found: {arn}"
    return AwsError("ResourceNotFoundException", message, status=404)


def check_settings(settings: Mapping[str, Any], *, account: str) -> None:
    """`settings` is the whole configuration as it would be."""
    for member, what in _NOT_SIMULATED.items():
        if settings.get(member):
            raise not_simulated(what)
    if settings.get("PackageType", "Zip") != "Zip":
        raise not_simulated("functions as container images")
    if (settings.get("VpcConfig") or {}).get("SubnetIds"):
        raise not_simulated("functions in a VPC")
    _check_runtime(settings)
    _check_environment(settings)
    _check_role(settings, account)


def _check_runtime(settings: Mapping[str, Any]) -> None:
    runtime = settings.get("Runtime")
    if not runtime or not settings.get("Handler"):
        missing = "Runtime" if not runtime else "Handler"
        raise invalid(f"{missing} is mandatory for functions created with deployment packages")
    if runtime in _PAST_RUNTIMES:
        raise invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating "
            "AWS Lambda functions. We recommend you use a supported runtime while creating or "
            "updating functions."
        )
    if runtime not in RUNTIMES:
        raise not_simulated(f"the Lambda runtime {runtime}")


def _check_environment(settings: Mapping[str, Any]) -> None:
    variables = (settings.get("Environment") or {}).get("Variables", {})
    opening = (
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided "
    )
    if reserved := sorted(RESERVED & set(variables)):
        raise invalid(
            f"{opening}contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    text = json.dumps(variables, separators=(",", ":"))
    if len(text) > LARGEST_ENVIRONMENT:
        raise invalid(f"{opening}exceeded the 4KB limit. String measured: {text}")


def _check_role(settings: Mapping[str, Any], account: str) -> None:
    role = str(settings["Role"])
    if role.split(":")[4] != account:
        raise AwsError(
            "AccessDeniedException", "Cross-account pass role is not allowed.", status=403
        )
    if not can_assume(role, service=PRINCIPAL, context={"aws:SourceAccount": account}):
        raise invalid("The role defined for the function cannot be assumed by Lambda.")
    queue = (settings.get("DeadLetterConfig") or {}).get("TargetArn")
    if queue:
        require_send(role, queue)


def require_send(role: str, queue: str) -> None:
    """The dead letters' queue has to be open to the function's role."""
    if queue.split(":")[2] != "sqs":
        raise not_simulated(f"dead letters to {queue}")
    if not Session(role_arn=role, session_name="check").allows("sqs:SendMessage", queue):
        raise invalid(
            "The provided execution role does not have permissions to call SendMessage on SQS"
        )
