from __future__ import annotations

import uuid
from typing import Any

from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.properties import Property, boolean, listed, record, text
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.values import Properties

_GONE = ("NoSuchBucket",)
# By the property: the list in S3's configuration, its member with the ARN, and our own.
_KINDS = {
    "lambdaFunctions": ("LambdaFunctionConfigurations", "LambdaFunctionArn", "lambdaFunctionArn"),
    "queues": ("QueueConfigurations", "QueueArn", "queueArn"),
    "topics": ("TopicConfigurations", "TopicArn", "topicArn"),
}


def _rules(arn: str, *, required: bool) -> Property:
    return listed(
        record(
            {
                "events": listed(text(), required=True, is_set=True),
                "filterPrefix": text(),
                "filterSuffix": text(),
                "id": text(computed=True),
                arn: text(required=required),
            }
        )
    )


class BucketNotification(Resource):
    """All that a bucket tells others; its id is the bucket's name."""

    type = "aws:s3/bucketNotification:BucketNotification"
    label = "S3 Bucket Notification"
    inputs = {
        "bucket": text(required=True, replaces=True),
        "eventbridge": boolean(default=False),
        "lambdaFunctions": _rules("lambdaFunctionArn", required=False),
        "queues": _rules("queueArn", required=True),
        "region": text(computed=True, replaces=True),
        "topics": _rules("topicArn", required=True),
    }

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        self._put(cloud, inputs["bucket"], inputs)
        return str(inputs["bucket"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        found = cloud.find("s3", "get_bucket_notification_configuration", missing=_GONE, Bucket=id)
        if found is None:
            return None
        shown = {
            name: [_shown(one, arn, ours) for one in found[member]]
            for name, (member, arn, ours) in _KINDS.items()
            if found.get(member)
        }
        tells = "EventBridgeConfiguration" in found
        return {**shown, "bucket": id, "eventbridge": tells, "region": cloud.region}

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        self._put(cloud, id, news)

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        cloud.find(
            "s3",
            "put_bucket_notification_configuration",
            missing=_GONE,
            Bucket=id,
            NotificationConfiguration={},
        )

    def _put(self, cloud: Cloud, bucket: str, inputs: Properties) -> None:
        wanted: dict[str, Any] = {
            member: [_written(one, arn, ours) for one in inputs[name]]
            for name, (member, arn, ours) in _KINDS.items()
            if inputs.get(name)
        }
        if inputs["eventbridge"]:
            wanted["EventBridgeConfiguration"] = {}
        cloud.call(
            "s3",
            "put_bucket_notification_configuration",
            Bucket=bucket,
            NotificationConfiguration=wanted,
        )


def _written(rule: Properties, arn: str, ours: str) -> dict[str, Any]:
    kind = ours.removesuffix("Arn").removesuffix("Function")
    filters = {"Prefix": rule.get("filterPrefix"), "Suffix": rule.get("filterSuffix")}
    given = [{"Name": name, "Value": value} for name, value in filters.items() if value]
    return {
        "Id": rule.get("id") or f"tf-s3-{kind}-{uuid.uuid4().hex}",
        "Events": rule["events"],
        arn: rule[ours],
        **({"Filter": {"Key": {"FilterRules": given}}} if given else {}),
    }


def _shown(found: dict[str, Any], arn: str, ours: str) -> Properties:
    rules = found.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    filters = {rule["Name"].lower(): rule["Value"] for rule in rules}
    shown = {
        "events": found["Events"],
        "filterPrefix": filters.get("prefix"),
        "filterSuffix": filters.get("suffix"),
        "id": found["Id"],
        ours: found[arn],
    }
    return {name: value for name, value in shown.items() if value}
