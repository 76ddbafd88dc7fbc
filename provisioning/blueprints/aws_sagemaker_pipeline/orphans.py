"""Resources that a crash may have left in the cloud: made, but not in the engine's state.

All have fixed names from the slug. Where AWS keeps tags they have to be ours as well: a
stranger's resource of the same name is not taken over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec
from provisioning.errors import NotFound

TAG = "skyclock:pipeline"
Inputs = Mapping[str, Any]


def find(session: Session, spec: StackSpec, kind: str, inputs: Inputs) -> str | None:
    if kind not in FINDERS:
        return None
    try:
        with cloud_errors("look for what a crash left"):
            return FINDERS[kind](session, spec, inputs)
    except NotFound:
        return None


def _role(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    role = session.client("iam").get_role(RoleName=inputs["name"])["Role"]
    tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", ())}
    return str(role["RoleName"]) if tags.get(TAG) == spec.slug else None


def _role_policy(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    names = {"RoleName": inputs["role"], "PolicyName": inputs["name"]}
    session.client("iam").get_role_policy(**names)
    return f"{inputs['role']}:{inputs['name']}"


def _queue(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    sqs = session.client("sqs")
    url: str = sqs.get_queue_url(QueueName=inputs["name"])["QueueUrl"]
    tags = sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
    return url if tags.get(TAG) == spec.slug else None


def _schedule(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    group = inputs.get("groupName", "default")
    session.client("scheduler").get_schedule(Name=inputs["name"], GroupName=group)
    return f"{group}/{inputs['name']}"


def _pipeline(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    sagemaker = session.client("sagemaker")
    found = sagemaker.describe_pipeline(PipelineName=inputs["pipelineName"])
    tags = sagemaker.list_tags(ResourceArn=found["PipelineArn"])["Tags"]
    ours = {"Key": TAG, "Value": spec.slug} in tags
    return str(found["PipelineName"]) if ours else None


FINDERS: dict[str, Callable[[Session, StackSpec, Inputs], str | None]] = {
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:sqs/queue:Queue": _queue,
    "aws:scheduler/schedule:Schedule": _schedule,
    "aws-native:sagemaker:Pipeline": _pipeline,
}
