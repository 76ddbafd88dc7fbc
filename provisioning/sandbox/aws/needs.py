"""Which permissions a request needs: the actions, the resources, and what conditions may ask.

Resources are told from the members that name them; an operation whose resource is not told here
needs `*`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.iam_resources import iam_context, iam_resource
from provisioning.sandbox.aws.query_protocol import form_of
from provisioning.sandbox.aws.requests import AwsRequest
from provisioning.sandbox.aws.s3_actions import s3_needs
from provisioning.sandbox.aws.services import Place, json_body, rest_operation

REST = frozenset({"lambda", "scheduler"})
_PREFIXES = {"monitoring": "cloudwatch"}
_ACTIONS = {
    ("lambda", "Invoke"): "lambda:InvokeFunction",
    ("sqs", "ChangeMessageVisibilityBatch"): "sqs:ChangeMessageVisibility",
    ("sqs", "DeleteMessageBatch"): "sqs:DeleteMessage",
    ("sqs", "SendMessageBatch"): "sqs:SendMessage",
}

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
    "logs": (
        ("logGroupName", "log-group:{}"),
        ("logGroupIdentifier", "-"),
        ("resourceArn", "-"),
    ),
    "states": (
        ("executionArn", "-"),
        ("stateMachineArn", "-"),
        ("name", "stateMachine:{}"),
        ("resourceArn", "-"),
    ),
    "scheduler": (("Name", "schedule-group/{}"), ("ResourceArn", "-")),
    "sqs": (("QueueName", "{}"),),
}
_ROLE_MEMBERS = ("RoleArn", "ExecutionRoleArn", "Role", "roleArn")


@dataclass(frozen=True)
class Need:
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def also_written(self) -> str | None:
        """A log group's ARN ends with a star in most policies, and does not in some."""
        whole_group = ":log-group:" in self.resource and ":log-stream:" not in self.resource
        return f"{self.resource}:*" if whole_group and not self.resource.endswith(":*") else None


def needs_of(request: AwsRequest, caller: Caller) -> Iterator[Need]:
    place = Place(account=caller.account, region=request.region)
    if request.service == "s3":
        yield from (Need(*need) for need in s3_needs(request))
        return
    if request.service == "iam":
        yield from _needs_of_iam(request, caller)
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


def _needs_of_iam(request: AwsRequest, caller: Caller) -> Iterator[Need]:
    operation, form = request.operation, form_of(request)
    user = caller.user_arn.rpartition("/")[2]
    resource = iam_resource(operation, form, account=caller.account, caller=user)
    yield Need(f"iam:{operation}", resource, iam_context(operation, form))
    if operation == "CreateRole" and "Tags.member.1.Key" in form:
        yield Need("iam:TagRole", resource)
    if operation == "AddRoleToInstanceProfile":
        role = iam_resource(
            "GetRole", {"RoleName": form.get("RoleName", "")}, account=caller.account, caller=""
        )
        yield Need("iam:PassRole", role, {"iam:PassedToService": "ec2.amazonaws.com"})


def _operation(request: AwsRequest) -> tuple[str, Mapping[str, Any]]:
    if request.service in REST:
        return rest_operation(request.service, request) or ("", {})
    if request.target:
        return request.operation, json_body(request)
    return request.operation, form_of(request)  # the query protocol


def _resources(
    service: str, operation: str, given: Mapping[str, Any], place: Place
) -> Iterator[str]:
    if operation == "PutEvents":
        buses = {str(entry.get("EventBusName") or "default") for entry in given.get("Entries", [])}
        yield from (_named(place, "events", "event-bus/{}", bus) for bus in sorted(buses))
    elif service == "events" and (rule := given.get("Rule") or given.get("Name")):
        yield _event_resource(operation, str(rule), given, place)
    elif operation == "DescribeLogGroups":
        yield place.arn("logs", "log-group::log-stream:")
    elif service == "sqs" and "/" in str(given.get("QueueUrl", "")):
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
