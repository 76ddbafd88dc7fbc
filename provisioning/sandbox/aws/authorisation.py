"""What a session of a role may do: each of its requests, held against the role's policies.

Administrators, whose keys name an account, may do everything. Resources are told from the
members that name them; an operation whose resource is not told here needs `*`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.requests import AwsRequest
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.s3_actions import s3_needs
from provisioning.sandbox.aws.services import Place, json_body, rest_operation

# Never denied.
_FREE = frozenset({"GetCallerIdentity"})
_REST = frozenset({"lambda", "scheduler"})
_PREFIXES = {"monitoring": "cloudwatch"}
_ACTIONS = {("lambda", "Invoke"): "lambda:InvokeFunction"}

# The first member that is given tells the resource; {} is its value, - an ARN as it is.
_RESOURCES: dict[str, tuple[tuple[str, str], ...]] = {
    "sagemaker": (
        ("TrainingJobName", "training-job/{}"),
        ("ProcessingJobName", "processing-job/{}"),
        ("TransformJobName", "transform-job/{}"),
        ("PipelineName", "pipeline/{}"),
        ("PipelineExecutionArn", "-"),
        ("NotebookInstanceName", "notebook-instance/{}"),
        ("ModelPackageGroupName", "model-package-group/{}"),
        ("ModelPackageName", "-"),
        ("ModelName", "model/{}"),
        ("ResourceArn", "-"),
    ),
    "events": (
        ("ArchiveName", "archive/{}"),
        ("ReplayName", "replay/{}"),
        ("ResourceARN", "-"),
    ),
    "lambda": (("FunctionName", "function:{}"), ("Resource", "-")),
    "logs": (("logGroupName", "log-group:{}"), ("logGroupIdentifier", "-")),
    "states": (
        ("executionArn", "-"),
        ("stateMachineArn", "-"),
        ("name", "stateMachine:{}"),
        ("resourceArn", "-"),
    ),
    "scheduler": (("Name", "schedule/{}"), ("ResourceArn", "-")),
    "sqs": (("QueueName", "{}"),),
}
_ROLE_MEMBERS = ("RoleArn", "ExecutionRoleArn", "Role", "roleArn")


@dataclass(frozen=True)
class Need:
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def authorise(request: AwsRequest, caller: Caller) -> None:
    """Raise AccessDenied, in AWS's words, for a session whose role does not allow a request."""
    if not caller.role_arn or request.operation in _FREE:
        return
    session = Session(role_arn=caller.role_arn, session_name=caller.session_name)
    try:
        for need in _needs(request, Place(account=caller.account, region=request.region)):
            session.require(need.action, need.resource, context=need.context)
    except AwsError as error:
        if request.service == "s3":
            raise AwsError("AccessDenied", error.message, status=403) from error
        status = 403 if request.service in _REST else 400
        raise AwsError(error.code, error.message, status=status) from error


def _needs(request: AwsRequest, place: Place) -> Iterator[Need]:
    if request.service == "s3":
        yield from (Need(*need) for need in s3_needs(request))
        return
    operation, given = _operation(request)
    service = request.service
    action = _ACTIONS.get((service, operation))
    action = action or f"{_PREFIXES.get(service, service)}:{operation}"
    for resource in _resources(service, operation, given, place):
        yield Need(action, resource)
        if service == "sagemaker" and operation.startswith("Create") and given.get("Tags"):
            yield Need("sagemaker:AddTags", resource)
    for role in _passed_roles(operation, given):
        yield Need("iam:PassRole", role, {"iam:PassedToService": f"{service}.amazonaws.com"})


def _operation(request: AwsRequest) -> tuple[str, Mapping[str, Any]]:
    if request.service in _REST:
        return rest_operation(request.service, request) or ("", {})
    if request.target:
        return request.operation, json_body(request)
    return request.operation, {}  # the query protocol


def _resources(
    service: str, operation: str, given: Mapping[str, Any], place: Place
) -> Iterator[str]:
    if operation == "PutEvents":
        buses = {str(entry.get("EventBusName") or "default") for entry in given.get("Entries", [])}
        yield from (_named(place, "events", "event-bus/{}", bus) for bus in sorted(buses))
    elif service == "events" and (rule := given.get("Rule") or given.get("Name")):
        yield _event_resource(operation, str(rule), given, place)
    elif service == "sqs" and "QueueUrl" in given:
        account, name = str(given["QueueUrl"]).split("/")[-2:]
        yield Place(account, place.region).arn("sqs", name)
    elif operation in ("PutLogEvents", "CreateLogStream", "GetLogEvents"):
        stream = f"{given.get('logGroupName')}:log-stream:{given.get('logStreamName')}"
        yield place.arn("logs", f"log-group:{stream}")
    elif service == "scheduler" and "Name" in given and "Group" not in operation:
        yield place.arn(service, f"schedule/{given.get('GroupName', 'default')}/{given['Name']}")
    else:
        yield _first_named(service, given, place)


def _first_named(service: str, given: Mapping[str, Any], place: Place) -> str:
    for member, template in _RESOURCES.get(service, ()):
        if given.get(member):
            return _named(place, service, template, str(given[member]))
    return "*"


def _named(place: Place, service: str, template: str, value: str) -> str:
    if template == "-" or value.startswith("arn:"):
        return value
    # SageMaker writes names in ARNs small.
    name = value.lower() if service == "sagemaker" else value
    return place.arn(service, template.format(name))


def _event_resource(operation: str, name: str, given: Mapping[str, Any], place: Place) -> str:
    if "EventBus" in operation:
        return _named(place, "events", "event-bus/{}", name)
    bus = str(given.get("EventBusName") or "default").rpartition("/")[2]
    return place.arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")


def _passed_roles(operation: str, given: Mapping[str, Any]) -> Iterator[str]:
    if not operation.startswith(("Create", "Update", "Put", "Start")):
        return
    yield from (str(given[name]) for name in _ROLE_MEMBERS if given.get(name))
    targets = [*given.get("Targets", []), given.get("Target") or {}]
    yield from (str(target["RoleArn"]) for target in targets if target.get("RoleArn"))
