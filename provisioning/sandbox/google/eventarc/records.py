"""What Eventarc keeps. Times are seconds since the epoch."""

from __future__ import annotations

import base64
from typing import Any

from provisioning.sandbox.google.calls import part
from provisioning.sandbox.google.times import written
from provisioning.sandbox.records import Record

FINALIZED = "google.cloud.storage.object.v1.finalized"
PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"
# Pub/Sub, which carries events, keeps them for a day.
# https://cloud.google.com/eventarc/docs/retry-events
LONGEST_SECONDS = 86_400.0


class Event(Record):
    """A CloudEvent. `attributes` are extensions, such as the bucket."""

    id: str
    source: str
    type: str
    subject: str = ""
    time: float
    attributes: dict[str, str] = {}
    data: dict[str, Any]

    @property
    def key(self) -> str:
        return f"{self.source}#{self.id}"

    @property
    def called(self) -> str:
        """As people name it: "gs://bucket/x.csv", "topics/things#123"."""
        if self.type == FINALIZED:
            return f"gs://{self.attributes['bucket']}/{self.subject.removeprefix('objects/')}"
        return f"topics/{self.source.rpartition('/')[2]}#{self.id}"

    def headers(self) -> dict[str, str]:
        """In the binary mode of HTTP."""
        optional = {"ce-subject": self.subject} if self.subject else {}
        return {
            "ce-id": self.id,
            "ce-source": self.source,
            "ce-specversion": "1.0",
            "ce-type": self.type,
            "ce-time": written(self.time),
            **optional,
            **{f"ce-{name}": value for name, value in self.attributes.items()},
            "Content-Type": "application/json",
        }

    def structured(self) -> dict[str, Any]:
        """As a workflow gets it."""
        optional = {"subject": self.subject} if self.subject else {}
        return {
            "id": self.id,
            "source": self.source,
            "specversion": "1.0",
            "type": self.type,
            "time": written(self.time),
            "datacontenttype": "application/json",
            **optional,
            **self.attributes,
            "data": self.data,
        }


class Trigger(Record):
    name: str
    wish: dict[str, Any]
    topic: str
    subscription: str
    uid: str
    created: float
    updated: float
    changes: int = 0

    @property
    def key(self) -> str:
        return self.name

    @property
    def project(self) -> str:
        return part(self.name, "projects")

    @property
    def filters(self) -> dict[str, str]:
        return {one["attribute"]: one["value"] for one in self.wish["eventFilters"]}

    @property
    def account(self) -> str:
        return str(self.wish.get("serviceAccount", ""))

    @property
    def most_attempts(self) -> int | None:
        policy = self.wish.get("retryPolicy", {})
        return int(policy["maxAttempts"]) if policy.get("maxAttempts") else None

    def described(self) -> dict[str, Any]:
        etag = base64.b64encode(self.uid.encode()[:8] + self.changes.to_bytes(4)).decode()
        return {
            "name": self.name,
            "uid": self.uid,
            "createTime": written(self.created),
            "updateTime": written(self.updated),
            "eventDataContentType": "application/json",
            **self.wish,
            "transport": {"pubsub": {"topic": self.topic, "subscription": self.subscription}},
            "etag": etag,
        }


class Delivery(Record):
    """An event on its way to a trigger's destination."""

    id: str
    trigger: str
    uid: str  # of the trigger: another one of its name is another one
    event: Event
    begun: float
    attempts: int = 0
    due: float

    @property
    def key(self) -> str:
        return self.id
