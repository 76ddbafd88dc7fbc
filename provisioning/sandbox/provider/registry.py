"""Every resource type that the sandbox simulates, by its token."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider.azure import resources as azure
from provisioning.sandbox.provider.google import resources as google
from provisioning.sandbox.provider.refusals import Refusal
from provisioning.sandbox.provider.resource import AnyResource
from provisioning.sandbox.provider.resources import (
    event_rule,
    event_target,
    events,
    iam_policy,
    iam_role,
    iam_role_policy,
    lambda_function,
    lambda_permission,
    logs,
    notebook,
    s3,
    s3_notification,
    s3_satellites,
    sagemaker,
    scheduler,
    sqs,
    stepfunctions,
)

_EVERY: tuple[AnyResource[Any], ...] = (
    event_rule.EventRule(),
    event_target.EventTarget(),
    events.EventArchive(),
    events.EventBus(),
    events.EventBusPolicy(),
    iam_role.Role(),
    iam_role_policy.RolePolicy(),
    iam_role_policy.RolePolicyAttachment(),
    iam_policy.Policy(),
    lambda_function.Function(),
    lambda_permission.FunctionEventInvokeConfig(),
    lambda_permission.Permission(),
    logs.LogGroup(),
    logs.LogResourcePolicy(),
    notebook.NotebookInstance(),
    s3.Bucket(),
    s3_notification.BucketNotification(),
    s3_satellites.BucketPolicy(),
    s3_satellites.Encryption(),
    s3_satellites.PublicAccessBlock(),
    s3_satellites.Versioning(),
    sagemaker.ModelPackageGroup(),
    sagemaker.Pipeline(),
    scheduler.Schedule(),
    scheduler.ScheduleGroup(),
    sqs.Queue(),
    sqs.QueuePolicy(),
    stepfunctions.StateMachine(),
    *azure.RESOURCES,
    *google.RESOURCES,
)
_RESOURCES = {resource.type: resource for resource in _EVERY}


def tokens() -> tuple[str, ...]:
    return tuple(_RESOURCES)


def resource(token: str) -> AnyResource[Any]:
    if token not in _RESOURCES:
        raise Refusal(f"the sandbox does not simulate {token}")
    return _RESOURCES[token]
