"""Topics, and what is published to them.
https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from provisioning.sandbox.google.calls import Call, Operations, part, short
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.iam_methods import IamMethods
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.lists import page
from provisioning.sandbox.google.masks import masked, patched
from provisioning.sandbox.google.times import written
from provisioning.sandbox.records import Record, Table
from provisioning.sandbox.rest import RestError
from provisioning.sandbox.world import World

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9._~+%-]{2,254}")
_LARGEST = 10 * 1024 * 1024
_WRITABLE = frozenset({"labels", "messageRetentionDuration"})
# They would do something to messages, and nothing here would.
_WITHOUT_EFFECT = ("ingestionDataSourceSettings", "kmsKeyName", "messageStoragePolicy",
                   "messageTransforms", "schemaSettings")  # fmt: skip


class Topic(Record):
    name: str
    wish: dict[str, Any] = {}
    messages: int = 0  # published so far

    @property
    def key(self) -> str:
        return self.name

    @property
    def project(self) -> str:
        return part(self.name, "projects")

    def described(self) -> dict[str, Any]:
        return {"name": self.name, **self.wish, "state": "ACTIVE"}


Listener = Callable[[Topic, dict[str, Any]], None]


class Topics:
    """`on_published` hears of each message as a push subscription would bring it."""

    def __init__(self, world: World, identity: Identity) -> None:
        self.table = Table(world.store, kind="google topic", record=Topic)
        self.on_published: Listener = lambda topic, message: None
        self._clock = world.clock
        self._policies = identity.policies
        self._iam = IamMethods(identity, lambda call: self._find(call).name)

    def operations(self) -> Operations:
        return {
            **self._iam.operations("projects.topics"),
            "projects.topics.create": self._create,
            "projects.topics.get": self._get,
            "projects.topics.list": self._list,
            "projects.topics.patch": self._patch,
            "projects.topics.delete": self._delete,
            "projects.topics.publish": self._publish,
        }

    def _create(self, call: Call) -> dict[str, Any]:
        name, id = call["name"], short(call["name"])
        if not _NAME.fullmatch(id) or id.startswith("goog"):
            raise _invalid(f"Invalid resource name given (name={name}).")
        if self.table.get(name):
            message = f"Resource already exists in the project (resource={id})."
            raise refusal("ALREADY_EXISTS", message)
        topic = Topic(name=name, wish=_checked(call.body))
        self.table.put(topic)
        return topic.described()

    def _get(self, call: Call) -> dict[str, Any]:
        return self._find(call).described()

    def _list(self, call: Call) -> dict[str, Any]:
        mine = [one for one in self.table if one.project == call.project]
        mine.sort(key=lambda one: one.name)
        return page(call, mine, "topics", Topic.described)

    def _patch(self, call: Call) -> dict[str, Any]:
        topic, wish = self._find(call), call.body.get("topic", {})
        mask = {**call.parameters, "updateMask": call.body.get("updateMask", "")}
        paths = masked(Call(**{**vars(call), "parameters": mask, "body": wish}))
        topic.wish = patched(topic.wish, _checked(wish), [p for p in paths if p in _WRITABLE])
        self.table.put(topic)
        return topic.described()

    def _delete(self, call: Call) -> dict[str, Any]:
        topic = self._find(call)
        self.table.delete(topic.key)
        self._policies.forget(topic.name)
        return {}

    def _publish(self, call: Call) -> dict[str, Any]:
        topic, messages = self._find(call), call.body.get("messages", [])
        if not messages:
            raise _invalid("The value for message_count is too small. You passed 0.")
        if sum(len(str(one)) for one in messages) > _LARGEST:
            raise _invalid("The request is larger than 10485760 bytes.")
        for message in messages:
            _require_message(message)
        return {"messageIds": [self._take(topic, message) for message in messages]}

    def _take(self, topic: Topic, message: dict[str, Any]) -> str:
        topic.messages += 1
        self.table.put(topic)
        now = self._clock.now()
        id = str(int(now * 1000) * 1000 + topic.messages % 1000)
        published = {**message, "messageId": id, "publishTime": written(now)}
        self.on_published(topic, published)
        return id

    def _find(self, call: Call) -> Topic:
        topic = self.table.get(call.resource)
        if topic is None:
            message = f"Resource not found (resource={short(call.resource)})."
            raise refusal("NOT_FOUND", message)
        return topic


def _checked(wish: dict[str, Any]) -> dict[str, Any]:
    for name in _WITHOUT_EFFECT:
        if wish.get(name):
            raise refusal("UNIMPLEMENTED", f"The sandbox does not simulate {name} of topics.")
    return {name: wish[name] for name in _WRITABLE & set(wish) if wish[name]}


def _require_message(message: dict[str, Any]) -> None:
    try:
        base64.b64decode(message.get("data", ""), validate=True)
    except binascii.Error as error:
        raise _invalid("Invalid value at 'messages.data' (TYPE_BYTES), Base64 decoding failed") \
            from error  # fmt: skip
    if not message.get("data") and not message.get("attributes"):
        raise _invalid(
            "One or more messages in the publish request is empty. Each message must contain "
            "either non-empty data, or at least one attribute."
        )


def _invalid(message: str) -> RestError:
    return refusal("INVALID_ARGUMENT", message)
