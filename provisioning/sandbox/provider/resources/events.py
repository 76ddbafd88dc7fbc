"""Buses of EventBridge and their archives."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.documents import json_text, policy_text
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import (
    Property,
    from_api,
    integer,
    record,
    text,
    to_api,
)
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.values import Properties

_GONE = ("ResourceNotFoundException",)
DEFAULT = "default"


def same_bus(old: Any, new: Any) -> bool:
    """A bus may be named by its name or by its ARN."""
    return str(old).rpartition("/")[2] == str(new).rpartition("/")[2]


def bus_property() -> Property:
    return text(
        default=DEFAULT, low=1, high=1600, replaces=True, same=same_bus
    )  # fmt: skip


def on_bus(bus: str, name: str, *, between: str) -> str:
    """Part of an id: nothing is written for the default bus."""
    short = bus.rpartition("/")[2]
    return name if short == DEFAULT else f"{short}{between}{name}"


_BUS: dict[str, Property] = {
    "deadLetterConfig": record({"arn": text()}),
    "description": text(high=512),
    "kmsKeyIdentifier": text(high=2048),
    "logConfig": record(
        {
            "includeDetail": text(choices=("FULL", "NONE")),
            "level": text(choices=("ERROR", "INFO", "OFF", "TRACE")),
        }
    ),
}


class EventBus(Resource):
    """A bus; its id is its name."""

    type = "aws:cloudwatch/eventBus:EventBus"
    label = "EventBridge Event Bus"
    naming = Naming(longest=256, prefix=None)
    inputs = {
        **_BUS,
        "eventSourceName": text(low=1, high=256, replaces=True),
        "name": text(low=1, high=256, pattern=r"[/.\w-]+", computed=True, replaces=True),
        "region": text(computed=True, replaces=True),
        "tags": tags.MAPPED,
    }
    outputs = ("arn", "tagsAll")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        source = inputs.get("eventSourceName")
        cloud.call(
            "events",
            "create_event_bus",
            Name=inputs["name"],
            Tags=tags.as_pairs(tags.wanted(cloud, inputs)),
            **to_api(_BUS, inputs),
            **({"EventSourceName": source} if source else {}),
        )
        return str(inputs["name"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        found = cloud.find("events", "describe_event_bus", missing=_GONE, Name=id)
        if found is None:
            return None
        return {
            **from_api(_BUS, found),
            "arn": found["Arn"],
            "eventSourceName": known.get("eventSourceName"),
            "name": found["Name"],
            "region": cloud.region,
            **tags.shown(cloud, tags_of(cloud, found["Arn"])),
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        if changed & set(_BUS):
            cloud.call("events", "update_event_bus", Name=id, **to_api(_BUS, news))
        if "tags" in changed:
            set_tags(cloud, olds["arn"], tags.wanted(cloud, news))

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        cloud.find("events", "delete_event_bus", missing=_GONE, Name=id)


class EventBusPolicy(Resource):
    """The policy of a bus; its id is the bus's name."""

    type = "aws:cloudwatch/eventBusPolicy:EventBusPolicy"
    label = "EventBridge Event Bus Policy"
    inputs = {
        "eventBusName": bus_property(),
        "policy": policy_text("policy", required=True),
        "region": text(computed=True, replaces=True),
    }

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        self._put(cloud, inputs)
        return str(inputs["eventBusName"]).rpartition("/")[2]

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        found = cloud.find("events", "describe_event_bus", missing=_GONE, Name=id)
        if found is None or not found.get("Policy"):
            return None
        return {"eventBusName": id, "policy": found["Policy"], "region": cloud.region}

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        self._put(cloud, news)

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        cloud.find(
            "events", "remove_permission", missing=_GONE, EventBusName=id,
            RemoveAllPermissions=True,
        )  # fmt: skip

    def _put(self, cloud: Cloud, inputs: Properties) -> None:
        cloud.call(
            "events", "put_permission", EventBusName=inputs["eventBusName"],
            Policy=inputs["policy"],
        )  # fmt: skip


_ARCHIVE: dict[str, Property] = {
    "description": text(high=512),
    "eventPattern": json_text("event_pattern"),
    "kmsKeyIdentifier": text(high=2048),
    "retentionDays": integer(default=0, low=0),
}


class EventArchive(Resource):
    """An archive; its id is its name."""

    type = "aws:cloudwatch/eventArchive:EventArchive"
    label = "EventBridge Archive"
    naming = Naming(longest=48, prefix=None)
    inputs = {
        **_ARCHIVE,
        "eventSourceArn": text(required=True, replaces=True),
        "name": text(low=1, high=48, pattern=r"[.\w-]+", computed=True, replaces=True),
        "region": text(computed=True, replaces=True),
    }
    outputs = ("arn",)

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        cloud.call(
            "events",
            "create_archive",
            ArchiveName=inputs["name"],
            EventSourceArn=inputs["eventSourceArn"],
            **to_api(_ARCHIVE, inputs),
        )
        return str(inputs["name"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        found = cloud.find("events", "describe_archive", missing=_GONE, ArchiveName=id)
        if found is None:
            return None
        return {
            **from_api(_ARCHIVE, found),
            "arn": found["ArchiveArn"],
            "eventSourceArn": found["EventSourceArn"],
            "name": found["ArchiveName"],
            "region": cloud.region,
            "retentionDays": found.get("RetentionDays", 0),
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        cloud.call("events", "update_archive", ArchiveName=id, **to_api(_ARCHIVE, news))

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        cloud.find("events", "delete_archive", missing=_GONE, ArchiveName=id)


def tags_of(cloud: Cloud, arn: str) -> dict[str, str]:
    return tags.as_map(cloud.call("events", "list_tags_for_resource", ResourceARN=arn)["Tags"])


def set_tags(cloud: Cloud, arn: str, wanted: dict[str, str]) -> None:
    if old := tags.removed(tags_of(cloud, arn), wanted):
        cloud.call("events", "untag_resource", ResourceARN=arn, TagKeys=old)
    if wanted:
        cloud.call("events", "tag_resource", ResourceARN=arn, Tags=tags.as_pairs(wanted))
