"""How a resource that exists is named for an import, by its kind, as the providers document it.

Most kinds are imported by the very id that the state has. `importable` knows the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

BUCKET = "the bucket's name"
FUNCTION = "the function's name"
ROLE = "a role's name"
ARM = "its whole resource id: /subscriptions/…/resourceGroups/…/providers/…"
IN_PROJECT = "projects/PROJECT/locations/REGION/…/NAME"

_ENCRYPTION = "BucketServerSideEncryptionConfiguration"
ENCRYPTION = f"aws:s3/b{_ENCRYPTION[1:]}:{_ENCRYPTION}"

# For people: what is to be typed.
HELP: dict[str, str] = {
    "aws-native:sagemaker:ModelPackageGroup": "the ARN of the model package group",
    "aws-native:sagemaker:Pipeline": "the pipeline's name",
    "aws:cloudwatch/eventArchive:EventArchive": "the archive's name",
    "aws:cloudwatch/eventBus:EventBus": "the bus's name",
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": "the bus's name",
    "aws:cloudwatch/eventRule:EventRule": "the rule's name, after BUS/ on a bus of its own",
    "aws:cloudwatch/eventTarget:EventTarget": "RULE/TARGET, after BUS/ on a bus of its own",
    "aws:cloudwatch/logGroup:LogGroup": "the log group's name, such as /aws/lambda/starter",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "the policy's name",
    "aws:iam/policy:Policy": "the policy's ARN",
    "aws:iam/role:Role": "the role's name",
    "aws:iam/rolePolicy:RolePolicy": f"ROLE:POLICY, {ROLE} and its inline policy's",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": f"ROLE/ARN, {ROLE} and a policy's ARN",
    "aws:lambda/function:Function": FUNCTION,
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": FUNCTION,
    "aws:lambda/permission:Permission": "FUNCTION/STATEMENT, the function and the statement's id",
    "aws:s3/bucket:Bucket": BUCKET,
    "aws:s3/bucketNotification:BucketNotification": BUCKET,
    "aws:s3/bucketPolicy:BucketPolicy": BUCKET,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": BUCKET,
    ENCRYPTION: BUCKET,
    "aws:s3/bucketVersioning:BucketVersioning": BUCKET,
    "aws:sagemaker/notebookInstance:NotebookInstance": "the notebook instance's name",
    "aws:scheduler/schedule:Schedule": "GROUP/NAME, such as default/nightly",
    "aws:scheduler/scheduleGroup:ScheduleGroup": "the schedule group's name",
    "aws:sfn/stateMachine:StateMachine": "the state machine's ARN",
    "aws:sqs/queue:Queue": "the queue's URL",
    "aws:sqs/queuePolicy:QueuePolicy": "the queue's URL",
    "gcp:cloudrunv2/service:Service": "projects/PROJECT/locations/REGION/services/NAME",
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": "SERVICE ROLE MEMBER, with spaces between",
    "gcp:dataflow/pipeline:Pipeline": "projects/PROJECT/locations/REGION/pipelines/NAME",
    "gcp:eventarc/trigger:Trigger": "projects/PROJECT/locations/REGION/triggers/NAME",
    "gcp:projects/iAMMember:IAMMember": "PROJECT ROLE MEMBER, with spaces between",
    "gcp:pubsub/topic:Topic": "projects/PROJECT/topics/NAME",
    "gcp:serviceaccount/account:Account": "projects/PROJECT/serviceAccounts/EMAIL",
    "gcp:serviceaccount/iAMMember:IAMMember": "ACCOUNT ROLE MEMBER, with spaces between",
    "gcp:storage/bucket:Bucket": BUCKET,
    "gcp:storage/bucketIAMMember:BucketIAMMember": "b/BUCKET ROLE MEMBER, with spaces between",
    "gcp:workflows/workflow:Workflow": "projects/PROJECT/locations/REGION/workflows/NAME",
}


# Properties that no cloud knows of, so that an import never finds them: how the provider is to
# delete it, and an archive, which a hash beside it is compared for. Setting them changes nothing.
OURS_ONLY: dict[str, frozenset[str]] = {
    "aws:iam/role:Role": frozenset({"forceDetachPolicies"}),
    "aws:lambda/function:Function": frozenset({"code", "publish"}),
    "aws:s3/bucket:Bucket": frozenset({"forceDestroy"}),
    "gcp:cloudrunv2/service:Service": frozenset({"deletionProtection"}),
    "gcp:storage/bucket:Bucket": frozenset({"forceDestroy"}),
    "gcp:workflows/workflow:Workflow": frozenset({"deletionProtection"}),
}


def told_by_cloud(kind: str, paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the properties which differ that would be changed in the cloud."""
    ours = OURS_ONLY.get(kind, frozenset())
    return tuple(path for path in paths if path not in ours)


def help_for(kind: str) -> str:
    if kind in HELP:
        return HELP[kind]
    return ARM if kind.startswith("azure-native:") else "the id that the cloud knows it by"


def key_of(urn: str) -> str:
    """What of a URN a program's resource is known by: "aws:iam/role:Role::execution-role"."""
    rest, _, name = urn.rpartition("::")
    kind = rest.rpartition("::")[2].rpartition("$")[2]
    return f"{kind}::{name}"


def importable(kind: str, id: str, inputs: Mapping[str, Any]) -> str:
    """The id for an import of a resource whose id in the state is `id`."""
    if kind == "aws:lambda/permission:Permission" and "/" not in id:
        return f"{inputs['function']}/{id}"
    if kind == "aws:cloudwatch/eventTarget:EventTarget" and "targetId" in inputs:
        named = (inputs.get("eventBusName"), inputs["rule"], inputs["targetId"])
        return "/".join(str(each) for each in named if each and each != "default")
    return id
