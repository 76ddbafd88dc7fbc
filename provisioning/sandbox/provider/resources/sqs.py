from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.check import Failure
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.documents import json_text, policy_text
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import Kind, Property, boolean, integer, text
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.values import Properties, is_unknown

_GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
_DAY = 86400


def same_queue(old: Any, new: Any) -> bool:
    """A queue's URL names its account and its name; the host is where the sandbox listens."""
    return str(old).split("/")[-2:] == str(new).split("/")[-2:]


def _fifo_name(name: str, inputs: Properties) -> str:
    return f"{name}.fifo" if inputs.get("fifoQueue") is True else name


_ATTRIBUTES: dict[str, Property] = {
    "contentBasedDeduplication": boolean(default=False),
    "deduplicationScope": text(computed=True, choices=("messageGroup", "queue")),
    "delaySeconds": integer(default=0, low=0, high=900),
    "fifoQueue": boolean(default=False, replaces=True),
    "fifoThroughputLimit": text(computed=True, choices=("perQueue", "perMessageGroupId")),
    "kmsDataKeyReusePeriodSeconds": integer(computed=True, low=60, high=_DAY),
    "kmsMasterKeyId": text(),
    "maxMessageSize": integer(default=262144, low=1024, high=1048576, api="MaximumMessageSize"),
    "messageRetentionSeconds": integer(
        default=4 * _DAY, low=60, high=14 * _DAY, api="MessageRetentionPeriod"
    ),
    "policy": policy_text("policy", computed=True),
    "receiveWaitTimeSeconds": integer(
        default=0, low=0, high=20, api="ReceiveMessageWaitTimeSeconds"
    ),
    "redriveAllowPolicy": json_text("redrive_allow_policy", computed=True),
    "redrivePolicy": json_text("redrive_policy", computed=True),
    "sqsManagedSseEnabled": boolean(computed=True),
    "visibilityTimeoutSeconds": integer(default=30, low=0, high=43200, api="VisibilityTimeout"),
}
_FIFO_ONLY = frozenset(
    {"contentBasedDeduplication", "deduplicationScope", "fifoQueue", "fifoThroughputLimit"}
)


class Queue(Resource):
    """A queue; its id is its URL."""

    type = "aws:sqs/queue:Queue"
    label = "SQS Queue"
    naming = Naming(longest=80, change=_fifo_name)
    inputs = {
        **_ATTRIBUTES,
        "name": text(low=1, high=80, pattern=r"[\w-]+(\.fifo)?", computed=True, replaces=True),
        "namePrefix": text(low=1, high=54, local=True, replaces=True),
        "region": text(computed=True, replaces=True),
        "tags": tags.MAPPED,
    }
    outputs = ("arn", "tagsAll", "url")

    def check(self, inputs: Properties) -> list[Failure]:
        fifo, name = inputs.get("fifoQueue"), inputs.get("name", "")
        if is_unknown(fifo) or is_unknown(name):
            return []
        if name and fifo != name.endswith(".fifo"):
            return [Failure(("name",), f"invalid queue name: {name}")]
        if inputs.get("contentBasedDeduplication") is True and not fifo:
            reason = "content-based deduplication can only be set for FIFO queue"
            return [Failure(("contentBasedDeduplication",), reason)]
        return []

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        made = cloud.call(
            "sqs",
            "create_queue",
            QueueName=inputs["name"],
            Attributes=_written(inputs, set(_ATTRIBUTES)),
            tags=tags.wanted(cloud, inputs),
        )
        return str(made["QueueUrl"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        answer = cloud.find(
            "sqs", "get_queue_attributes", missing=_GONE, QueueUrl=id, AttributeNames=["All"]
        )
        if answer is None:
            return None
        found = cloud.call("sqs", "list_queue_tags", QueueUrl=id).get("Tags", {})
        return {
            **_read(answer["Attributes"]),
            "arn": answer["Attributes"]["QueueArn"],
            "name": id.rsplit("/", 1)[-1],
            "region": cloud.region,
            "url": id,
            **tags.shown(cloud, found),
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        if attributes := _written(news, changed - {"fifoQueue"}, cleared=olds):
            cloud.call("sqs", "set_queue_attributes", QueueUrl=id, Attributes=attributes)
        if "tags" in changed:
            wanted = tags.wanted(cloud, news)
            found = cloud.call("sqs", "list_queue_tags", QueueUrl=id).get("Tags", {})
            if old := tags.removed(found, wanted):
                cloud.call("sqs", "untag_queue", QueueUrl=id, TagKeys=old)
            if wanted:
                cloud.call("sqs", "tag_queue", QueueUrl=id, Tags=wanted)

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        cloud.find("sqs", "delete_queue", missing=_GONE, QueueUrl=id)


def _written(
    inputs: Properties, names: set[str], *, cleared: Properties | None = None
) -> dict[str, str]:
    """The attributes as SQS takes them: all are texts, and FIFO's own go to FIFO queues only."""
    attributes = {}
    for name in names & set(_ATTRIBUTES):
        value = inputs.get(name, "" if cleared and cleared.get(name) else None)
        if value is not None and (inputs.get("fifoQueue") or name not in _FIFO_ONLY):
            attributes[_api(name)] = str(value).lower() if isinstance(value, bool) else str(value)
    return attributes


def _read(attributes: dict[str, str]) -> Properties:
    found: Properties = {"contentBasedDeduplication": False, "fifoQueue": False}
    for name, prop in _ATTRIBUTES.items():
        value = attributes.get(_api(name))
        if value in (None, ""):
            continue
        if prop.kind is Kind.INTEGER:
            found[name] = int(value)
        else:
            found[name] = value == "true" if prop.kind is Kind.BOOLEAN else value
    return found


def _api(name: str) -> str:
    return _ATTRIBUTES[name].api or name[:1].upper() + name[1:]


class QueuePolicy(Resource):
    """The policy of a queue; its id is the queue's URL."""

    type = "aws:sqs/queuePolicy:QueuePolicy"
    label = "SQS Queue Policy"
    inputs = {
        "policy": policy_text("policy", required=True),
        "queueUrl": text(required=True, same=same_queue, replaces=True),
        "region": text(computed=True, replaces=True),
    }

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        self._set(cloud, inputs["queueUrl"], inputs["policy"])
        return str(inputs["queueUrl"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        answer = cloud.find(
            "sqs", "get_queue_attributes", missing=_GONE, QueueUrl=id, AttributeNames=["Policy"]
        )
        policy = (answer or {}).get("Attributes", {}).get("Policy")
        return {"policy": policy, "queueUrl": id, "region": cloud.region} if policy else None

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        self._set(cloud, id, news["policy"])

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        cloud.find(
            "sqs", "set_queue_attributes", missing=_GONE, QueueUrl=id, Attributes={"Policy": ""}
        )

    def _set(self, cloud: Cloud, url: str, policy: str) -> None:
        cloud.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"Policy": policy})
