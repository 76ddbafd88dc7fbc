"""Resources that a crash may have left in the cloud: made, but not in the engine's state.

All have fixed names from the slug. Where AWS keeps tags they have to be ours as well: a
stranger's resource of the same name is not taken over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec
from provisioning.errors import CloudError

from ..common.orphans import Finder, Inputs
from .lists import all_targets

TAG = "skyclock:pipeline"


def ours(spec: StackSpec, tags: Mapping[str, str] | Iterable[Mapping[str, str]]) -> bool:
    """Tags are a table in some of AWS's services and a list of Key and Value in others."""
    if not isinstance(tags, Mapping):
        tags = {each["Key"]: each["Value"] for each in tags}
    return tags.get(TAG) == spec.slug


def _role(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    role = session.client("iam").get_role(RoleName=inputs["name"])["Role"]
    return str(role["RoleName"]) if ours(spec, role.get("Tags", ())) else None


def _role_policy(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    names = {"RoleName": inputs["role"], "PolicyName": inputs["name"]}
    session.client("iam").get_role_policy(**names)
    return f"{inputs['role']}:{inputs['name']}"


def _queue(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    sqs = session.client("sqs")
    url: str = sqs.get_queue_url(QueueName=inputs["name"])["QueueUrl"]
    return url if ours(spec, sqs.list_queue_tags(QueueUrl=url).get("Tags", {})) else None


def _schedule(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    group = inputs.get("groupName", "default")
    session.client("scheduler").get_schedule(Name=inputs["name"], GroupName=group)
    return f"{group}/{inputs['name']}"


def _bucket(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    found = session.client("s3").get_bucket_tagging(Bucket=inputs["bucket"])
    return str(inputs["bucket"]) if ours(spec, found["TagSet"]) else None


def _of_bucket(call: str, missing: str) -> Finder:
    """A setting of a bucket that is ours, where it has it."""

    def find_setting(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
        bucket = _bucket(session, spec, inputs)
        if bucket is None:
            return None
        try:
            with cloud_errors("look at the bucket"):
                getattr(session.client("s3"), call)(Bucket=bucket)
        except CloudError as error:
            if error.code == missing:
                return None
            raise
        return bucket

    return find_setting


def _notification(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    """Of a bucket that is ours; there is one configuration, and it is empty or made by us."""
    bucket = inputs["bucket"]
    found = session.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    made = set(found) - {"ResponseMetadata"}
    return str(bucket) if made and _bucket(session, spec, inputs) else None


def _function(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    found = session.client("lambda").get_function(FunctionName=inputs["name"])
    return str(inputs["name"]) if ours(spec, found.get("Tags", {})) else None


def _permission(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    """It has no tags: its name on a function that is ours tells."""
    answer = session.client("lambda").get_policy(FunctionName=inputs["function"])
    known = [each.get("Sid") for each in json.loads(answer["Policy"])["Statement"]]
    return str(inputs["statementId"]) if inputs["statementId"] in known else None


def _event_config(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    """The same."""
    name = inputs["functionName"]
    session.client("lambda").get_function_event_invoke_config(FunctionName=name)
    return str(name)


def _rule(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    events, bus = session.client("events"), inputs.get("eventBusName") or "default"
    found = events.describe_rule(Name=inputs["name"], EventBusName=bus)
    tags = events.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"]
    return _on_bus(bus, inputs["name"], between="/") if ours(spec, tags) else None


def _target(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    """Of a rule that is ours."""
    bus = inputs.get("eventBusName") or "default"
    found = all_targets(session, inputs["rule"], bus)
    if inputs["targetId"] not in [each["Id"] for each in found]:
        return None
    return _on_bus(bus, f"{inputs['rule']}-{inputs['targetId']}", between="-")


def _on_bus(bus: str, name: str, *, between: str) -> str:
    """The provider writes nothing for the default bus."""
    return name if bus == "default" else f"{bus}{between}{name}"


def _log_group(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    logs, name = session.client("logs"), inputs["name"]
    found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    mine = [each["arn"].removesuffix(":*") for each in found if each["logGroupName"] == name]
    tags = [logs.list_tags_for_resource(resourceArn=arn)["tags"] for arn in mine]
    return str(name) if any(ours(spec, each) for each in tags) else None


FINDERS: dict[str, Finder] = {
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:sqs/queue:Queue": _queue,
    "aws:scheduler/schedule:Schedule": _schedule,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketNotification:BucketNotification": _notification,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _of_bucket(
        "get_public_access_block", "NoSuchPublicAccessBlockConfiguration"
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        _of_bucket("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError")
    ),
    "aws:lambda/function:Function": _function,
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": _event_config,
    "aws:lambda/permission:Permission": _permission,
    "aws:cloudwatch/eventRule:EventRule": _rule,
    "aws:cloudwatch/eventTarget:EventTarget": _target,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
}
