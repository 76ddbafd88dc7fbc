"""Topics that programs publish to, and system topics of resources."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterator
from typing import Any

from provisioning.sandbox.azure.arm.calls import ArmCall
from provisioning.sandbox.azure.arm.collection import Collection
from provisioning.sandbox.azure.arm.identities import fill_identity
from provisioning.sandbox.azure.arm.kind import Kind
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.arm.resources import identifier
from provisioning.sandbox.azure.errors import bad_request, conflict
from provisioning.sandbox.rest import RestResponse, Route

TOPIC = "Microsoft.EventGrid/topics"
SYSTEM_TOPIC = "Microsoft.EventGrid/systemTopics"
_TOPIC_NAME = re.compile(r"[A-Za-z0-9-]{3,50}")
_SYSTEM_NAME = re.compile(r"[A-Za-z0-9-]{3,128}")
_SCHEMAS = ("EventGridSchema", "CloudEventSchemaV1_0", "CustomEventSchema")
_SOURCES = {"Microsoft.Storage.StorageAccounts": "Microsoft.Storage/storageAccounts"}
_OWN = ("provisioningState", "endpoint", "metricResourceId", "privateEndpointConnections")


class _EventGridKind(Kind):
    provider = "Microsoft.EventGrid"
    list_name = "ListByResourceGroup"
    envelope = ("location", "tags", "identity", "sku", "kind", "extendedLocation")
    located = True
    changeable = True
    created = 201
    updated = 201
    waits = "status"
    deleted = 202
    seconds = 1.0

    def _state(self, resource: Resource) -> str:
        return "Creating" if resource.ready > self.manager.now() else "Succeeded"


class Topics(_EventGridKind):
    template = "topics/{}"
    label = "Topics"

    def accept(self, call: ArmCall, draft: Resource, before: Resource | None) -> None:
        if not _TOPIC_NAME.fullmatch(draft.name):
            raise _invalid_name(draft.name, "3 and 50")
        fill_identity(draft)
        wished = {name: value for name, value in draft.properties.items() if name not in _OWN}
        schema = wished.setdefault("inputSchema", "EventGridSchema")
        if schema not in _SCHEMAS:
            message = f"Invalid input schema '{schema}'. It is one of {', '.join(_SCHEMAS)}."
            raise bad_request(message, code="InvalidRequest")
        if before is not None and before.properties["inputSchema"] != schema:
            message = "Input schema of an existing topic cannot be changed."
            raise bad_request(message, code="InvalidRequest")
        self._require_free(draft, before)
        draft.properties = {
            "publicNetworkAccess": "Enabled", "inboundIpRules": [], "disableLocalAuth": False,
            "dataResidencyBoundary": "WithinGeopair", **wished,
        }  # fmt: skip
        if before is None:
            draft.secrets = {name: _new_key() for name in ("key1", "key2")}

    def shown(self, call: ArmCall, resource: Resource) -> dict[str, Any]:
        return {
            **resource.properties,
            "endpoint": topic_url(call.request.root, resource),
            "metricResourceId": identifier("metrics", resource.id),
            "provisioningState": self._state(resource),
        }

    def at(self, host: str) -> Resource | None:
        """The topic whose events go to this name: `<topic>.<region>-1`."""
        found = self.manager.resources.of_type(TOPIC)
        return next((each for each in found if _host(each) == host.lower()), None)

    def _require_free(self, draft: Resource, before: Resource | None) -> None:
        """Names are unique in their region, because they are in the endpoint's."""
        if before is None and self.at(_host(draft)):
            message = (
                f"Topic name {draft.name} is already in use in the region {draft.location}. "
                "Choose another one."
            )
            raise conflict("ResourceNameInUse", message)


class SystemTopics(_EventGridKind):
    template = "systemTopics/{}"
    label = "SystemTopics"

    def accept(self, call: ArmCall, draft: Resource, before: Resource | None) -> None:
        if not _SYSTEM_NAME.fullmatch(draft.name):
            raise _invalid_name(draft.name, "3 and 128")
        fill_identity(draft)
        wished = {name: value for name, value in draft.properties.items() if name not in _OWN}
        source, kind = str(wished.get("source", "")), str(wished.get("topicType", ""))
        known = {name.lower(): type for name, type in _SOURCES.items()}
        if kind.lower() not in known:
            message = f"The topic type '{kind}' is not one that the sandbox simulates."
            raise bad_request(message, code="InvalidRequest")
        found = self.manager.resources.get(source)
        if found is None or found.type.lower() != known[kind.lower()].lower():
            message = f"The source '{source}' of the system topic was not found."
            raise bad_request(message, code="ResourceNotFound")
        self._require_alone(draft)
        draft.properties = wished

    def shown(self, call: ArmCall, resource: Resource) -> dict[str, Any]:
        return {
            **resource.properties,
            "metricResourceId": identifier("metrics", resource.id),
            "provisioningState": self._state(resource),
        }

    def _require_alone(self, draft: Resource) -> None:
        source = str(draft.properties["source"]).lower()
        for other in self.manager.resources.of_type(SYSTEM_TOPIC):
            if other.properties["source"].lower() == source and other.key != draft.key:
                message = f"Only one system topic is allowed per source. '{other.id}' exists."
                raise conflict("InvalidRequest", message)


class EventGrid:
    def __init__(self, topics: Topics, system_topics: SystemTopics) -> None:
        self._manager = topics.manager
        self._topics = Collection(self._manager, topics)
        self._system_topics = Collection(self._manager, system_topics)

    def routes(self) -> Iterator[Route]:
        yield from self._topics.routes()
        yield self._topics.action("listKeys", self._list_keys)
        yield self._topics.action("regenerateKey", self._regenerate_key)
        yield from self._system_topics.routes()

    def _list_keys(self, call: ArmCall, topic: Resource) -> RestResponse:
        return RestResponse(200, topic.secrets)

    def _regenerate_key(self, call: ArmCall, topic: Resource) -> RestResponse:
        name = call.json().get("keyName")
        if name not in topic.secrets:
            raise bad_request(f"The key name '{name}' is invalid.", code="InvalidRequest")
        topic.secrets[name] = _new_key()
        self._manager.resources.put(topic)
        return RestResponse(200, topic.secrets)


def topic_url(root: str, topic: Resource) -> str:
    return f"{root}/eventgrid/{_host(topic)}/api/events"


def _host(topic: Resource) -> str:
    return f"{topic.name}.{topic.location}-1".lower()


def _invalid_name(name: str, length: str) -> Exception:
    message = (
        f"The name '{name}' is invalid. It has to be between {length} characters of letters, "
        "digits and hyphens."
    )
    return bad_request(message, code="InvalidRequest")


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
