from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.check import Failure
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.documents import policy_text
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import boolean, integer, text
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.values import Properties

_GONE = ("ResourceNotFoundException",)
# The periods that CloudWatch offers; 0 keeps everything.
_DAYS = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


def _not_a_period(days: int) -> str | None:
    if days in _DAYS:
        return None
    return f"expected retention_in_days to be one of {list(_DAYS)}, got {days}"


class LogGroup(Resource):
    """A log group; its id is its name."""

    type = "aws:cloudwatch/logGroup:LogGroup"
    label = "CloudWatch Logs Log Group"
    naming = Naming(longest=512)
    inputs = {
        "deletionProtectionEnabled": boolean(computed=True),
        "kmsKeyId": text(),
        "logGroupClass": text(
            computed=True, replaces=True, choices=("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")
        ),
        "name": text(low=1, high=512, pattern=r"[\w./#-]+", computed=True, replaces=True),
        "namePrefix": text(low=1, high=486, local=True, replaces=True),
        "region": text(computed=True, replaces=True),
        "retentionInDays": integer(default=0, rule=_not_a_period),
        "skipDestroy": boolean(default=False, local=True),
        "tags": tags.MAPPED,
    }
    outputs = ("arn", "tagsAll")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        optional = {
            "deletionProtectionEnabled": inputs.get("deletionProtectionEnabled"),
            "kmsKeyId": inputs.get("kmsKeyId"),
            "logGroupClass": inputs.get("logGroupClass"),
            "tags": tags.wanted(cloud, inputs),
        }
        given = {name: value for name, value in optional.items() if value}
        cloud.call("logs", "create_log_group", logGroupName=inputs["name"], **given)
        return str(inputs["name"])

    def settle(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        if days := inputs["retentionInDays"]:
            cloud.call("logs", "put_retention_policy", logGroupName=id, retentionInDays=days)

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        found = cloud.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=id)
        group = next((one for one in found if one["logGroupName"] == id), None)
        if group is None:
            return None
        arn = group["arn"].removesuffix(":*")
        answer = cloud.call("logs", "list_tags_for_resource", resourceArn=arn)
        return {
            "arn": arn,
            "deletionProtectionEnabled": group.get("deletionProtectionEnabled", False),
            "kmsKeyId": group.get("kmsKeyId"),
            "logGroupClass": group.get("logGroupClass", "STANDARD"),
            "name": group["logGroupName"],
            "region": cloud.region,
            "retentionInDays": group.get("retentionInDays", 0),
            **tags.shown(cloud, answer.get("tags", {})),
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        if "retentionInDays" in changed:
            self.settle(cloud, id, news)
            if not news["retentionInDays"]:
                cloud.call("logs", "delete_retention_policy", logGroupName=id)
        if "kmsKeyId" in changed:
            _set_key(cloud, id, news.get("kmsKeyId"))
        if "deletionProtectionEnabled" in changed and "deletionProtectionEnabled" in news:
            cloud.call(
                "logs",
                "put_log_group_deletion_protection",
                logGroupIdentifier=id,
                deletionProtectionEnabled=news["deletionProtectionEnabled"],
            )
        if "tags" in changed:
            _set_tags(cloud, olds["arn"], tags.wanted(cloud, news))

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        if not state.get("skipDestroy"):
            cloud.find("logs", "delete_log_group", missing=_GONE, logGroupName=id)


def _set_key(cloud: Cloud, name: str, key: str | None) -> None:
    if key:
        cloud.call("logs", "associate_kms_key", logGroupName=name, kmsKeyId=key)
    else:
        cloud.call("logs", "disassociate_kms_key", logGroupName=name)


def _set_tags(cloud: Cloud, arn: str, wanted: dict[str, str]) -> None:
    found = cloud.call("logs", "list_tags_for_resource", resourceArn=arn).get("tags", {})
    if old := tags.removed(found, wanted):
        cloud.call("logs", "untag_resource", resourceArn=arn, tagKeys=old)
    if wanted:
        cloud.call("logs", "tag_resource", resourceArn=arn, tags=wanted)


class LogResourcePolicy(Resource):
    """A policy of the account, whose id is its name, or of one log group, whose ARN it is."""

    type = "aws:cloudwatch/logResourcePolicy:LogResourcePolicy"
    label = "CloudWatch Logs Resource Policy"
    inputs = {
        "policyDocument": policy_text("policy_document", required=True),
        "policyName": text(replaces=True),
        "region": text(computed=True, replaces=True),
        "resourceArn": text(replaces=True),
    }
    outputs = ("policyScope", "revisionId")

    def check(self, inputs: Properties) -> list[Failure]:
        if "policyName" in inputs or "resourceArn" in inputs:
            return []
        reason = "exactly one of `policy_name` or `resource_arn` must be specified"
        return [Failure(("policyName",), reason)]

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        self._put(cloud, inputs)
        return str(inputs.get("resourceArn") or inputs["policyName"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        found = self._find(cloud, id)
        if found is None:
            return None
        return {
            "policyDocument": found["policyDocument"],
            "policyName": found.get("policyName"),
            "policyScope": found.get("policyScope", "ACCOUNT"),
            "region": cloud.region,
            "resourceArn": found.get("resourceArn"),
            "revisionId": found.get("revisionId"),
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        found = self._find(cloud, id) or {}
        revision = {"expectedRevisionId": found.get("revisionId")}
        self._put(cloud, news, **{k: v for k, v in revision.items() if v})

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        if found := self._find(cloud, id):
            named = (
                {"resourceArn": id, "expectedRevisionId": found["revisionId"]}
                if _is_arn(id)
                else {"policyName": id}
            )
            cloud.find("logs", "delete_resource_policy", missing=_GONE, **named)

    def _put(self, cloud: Cloud, inputs: Properties, **more: str) -> None:
        named = {name: inputs[name] for name in ("policyName", "resourceArn") if inputs.get(name)}
        cloud.call(
            "logs", "put_resource_policy", policyDocument=inputs["policyDocument"], **named, **more
        )

    def _find(self, cloud: Cloud, id: str) -> dict[str, Any] | None:
        asked = {"resourceArn": id, "policyScope": "RESOURCE"} if _is_arn(id) else {}
        found = cloud.call("logs", "describe_resource_policies", **asked)["resourcePolicies"]
        return next((each for each in found if _is_arn(id) or each["policyName"] == id), None)


def _is_arn(id: str) -> bool:
    return id.startswith("arn:")
