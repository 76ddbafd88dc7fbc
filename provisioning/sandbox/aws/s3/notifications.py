"""Tells of a change of an object: to functions, queues and the event bus.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.lambdas.service import Lambda
from provisioning.sandbox.aws.messages import send_message
from provisioning.sandbox.aws.s3.hooks import DELETED, Actor, Change
from provisioning.sandbox.aws.s3.notification_checks import may_deliver
from provisioning.sandbox.aws.s3.records import Configuration, Rule
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.records import Table

# A bus, by its account and region, and an event as it comes to it.
Publish = Callable[[Place, dict[str, Any]], None]

_DETAIL_TYPES = {
    "ObjectCreated": "Object Created",
    "ObjectRemoved": "Object Deleted",
    "ObjectRestore:Post": "Object Restore Initiated",
    "ObjectRestore:Completed": "Object Restore Completed",
    "ObjectRestore:Delete": "Object Restore Expired",
    "ObjectTagging:Put": "Object Tags Added",
    "ObjectTagging:Delete": "Object Tags Deleted",
    "ObjectAcl": "Object ACL Updated",
}
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}


class Notifications:
    def __init__(self, world: World, functions: Lambda) -> None:
        self.table = Table(world.store, kind="s3_notification", record=Configuration)
        self.publish: Publish = lambda place, event: None
        self._world = world
        self._lambda = functions
        self._count = itertools.count()

    def tell(self, change: Change, actor: Actor) -> None:
        """Called for every change of an object, with the world locked."""
        configuration = self.table.get(change.bucket)
        if configuration is None:
            return
        fact = Fact(change, actor, now=self._world.clock.now(), number=next(self._count))
        for rule in configuration.rules:
            self._look(rule, fact)
        if configuration.to_event_bridge and (event := event_bridge_event(fact)):
            self._note(fact, "delivered", "the default event bus")
            self.publish(Place(change.account, change.region), event)

    def _look(self, rule: Rule, fact: Fact) -> None:
        change, target = fact.change, rule.arn
        reason = rule.why_not(change.event, change.key)
        if reason:
            self._note(fact, "ignored", target, reason)
            return
        names = (rule.id, change.bucket, f"{change.bucket}/{change.key}")
        if fault := self._world.faults.take("drop_firing", "aws", *names):
            self._note(fact, "dropped", target, fault.why_dropped)
            return
        if not may_deliver(rule, change.bucket, change.account, self._lambda.functions):
            reason = "It is gone, or its policy does not let s3.amazonaws.com use it."
            self._note(fact, "refused", target, reason)
            return
        fault = self._world.faults.take("delay", "aws", *names)
        self._deliver(rule, fact, delay=fault.seconds if fault else 0.0)

    def _deliver(self, rule: Rule, fact: Fact, *, delay: float) -> None:
        record = json.dumps({"Records": [notification_record(fact, rule.id)]})
        try:
            if rule.kind == "sqs":
                send_message(self._world.moto, rule.arn, record)
            elif function := self._lambda.functions.by_arn(rule.arn):
                self._lambda.invocations.accept(function, record, source=fact.uri, delay=delay)
        except AwsError as error:
            self._note(fact, "refused", rule.arn, error.message)
        else:
            self._note(fact, "delivered", rule.arn)

    def _note(self, fact: Fact, outcome: Any, target: str, reason: str = "") -> None:
        self._world.journal.note("aws", fact.uri, outcome, target=target, reason=reason)


class Fact:
    """A change, and when it happened. Sequencers of one key grow."""

    def __init__(self, change: Change, actor: Actor, *, now: float, number: int) -> None:
        self.change = change
        self.actor = actor
        self.uri = f"s3://{change.bucket}/{change.key}"
        self.request_id = uuid.uuid4().hex[:16].upper()
        self.time = datetime.fromtimestamp(now, UTC)
        self.sequencer = f"{int(now * 1e6):014X}{number % 0x10000:04X}"

    @property
    def kind(self) -> str:
        return self.change.event.removeprefix("s3:")


def notification_record(fact: Fact, configuration: str) -> dict[str, Any]:
    change = fact.change
    sized = {"size": change.size, "eTag": change.etag} if change.event != DELETED else {}
    thing = {
        "key": _quoted(change.key),
        **sized,
        "versionId": change.version,
        "sequencer": fact.sequencer,
    }
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": change.region,
        "eventTime": fact.time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "eventName": fact.kind,
        "userIdentity": {"principalId": fact.actor.principal_id},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {
            "x-amz-request-id": fact.request_id,
            "x-amz-id-2": fact.request_id * 4,
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {
                "name": change.bucket,
                "ownerIdentity": {"principalId": f"A{change.account}"},
                "arn": f"arn:aws:s3:::{change.bucket}",
            },
            "object": {name: value for name, value in thing.items() if value is not None},
        },
    }


def _quoted(key: str) -> str:
    """As a form's value, but for slashes: what S3 does to the keys in its notifications."""
    return quote_plus(key, safe="/*").replace("~", "%7E")


def event_bridge_event(fact: Fact) -> dict[str, Any] | None:
    """The event for the bus; None for changes that S3 does not report there."""
    change, family = fact.change, fact.kind.partition(":")[0]
    detail_type = _DETAIL_TYPES.get(fact.kind) or _DETAIL_TYPES.get(family)
    if detail_type is None:
        return None
    thing = {
        "key": change.key,
        "size": change.size,
        "etag": change.etag,
        "version-id": change.version,
        "sequencer": fact.sequencer,
    }
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": change.bucket},
        "object": {name: value for name, value in thing.items() if value is not None},
        "request-id": fact.request_id,
        "requester": fact.actor.account or change.account,
        "source-ip-address": "127.0.0.1",
    }
    if fact.kind in _REASONS:
        detail["reason"] = _REASONS[fact.kind]
    if family == "ObjectRemoved":
        gone = change.event == DELETED
        detail["deletion-type"] = "Permanently Deleted" if gone else "Delete Marker Created"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": "aws.s3",
        "account": change.account,
        "time": fact.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": change.region,
        "resources": [f"arn:aws:s3:::{change.bucket}"],
        "detail": detail,
    }
