"""Every resource type that the sandbox simulates, by its token."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider.azure import resources as azure
from provisioning.sandbox.provider.google import resources as google
from provisioning.sandbox.provider.refusals import Refusal
from provisioning.sandbox.provider.resource import AnyResource
from provisioning.sandbox.provider.resources import (
    iam_policy,
    iam_role,
    iam_role_policy,
    logs,
    notebook,
    s3,
    sagemaker,
    scheduler,
    sqs,
    stepfunctions,
)

_EVERY: tuple[AnyResource[Any], ...] = (
    iam_role.Role(),
    iam_role_policy.RolePolicy(),
    iam_role_policy.RolePolicyAttachment(),
    iam_policy.Policy(),
    logs.LogGroup(),
    logs.LogResourcePolicy(),
    notebook.NotebookInstance(),
    s3.Bucket(),
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
