"""Where programs publish events: the endpoint of a topic."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import parse_qs, unquote

from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.authorization.access import Access
from provisioning.sandbox.azure.entra.audiences import EVENT_GRID
from provisioning.sandbox.azure.entra.callers import Caller, Callers, WrongAudience
from provisioning.sandbox.azure.entra.tokens import BadToken, ExpiredToken
from provisioning.sandbox.azure.eventgrid.bus import Bus, Event
from provisioning.sandbox.azure.eventgrid.topics import Topics
from provisioning.sandbox.azure.times import seconds_of, written
from provisioning.sandbox.rest import Dialect, RestError, RestRequest, RestResponse, Route

PREFIX = "/eventgrid"
_LARGEST = 1024 * 1024
_SEND = "Microsoft.EventGrid/events/send/action"


class EventGridDialect(Dialect):
    """Errors as a topic's endpoint words them."""

    cloud: Literal["azure", "google"] = "azure"

    def error(self, error: RestError) -> RestResponse:
        details = [{"code": error.code, "message": error.message}]
        body = {"error": {"code": error.code, "message": error.message, "details": details}}
        return RestResponse(error.status, body)

    def require_caller(self, request: RestRequest) -> None:
        """Whether a key fits depends on the topic: looked at there."""

    def not_found(self, request: RestRequest) -> RestError:
        message = f"The sandbox does not simulate {request.method} {request.path}."
        return RestError(404, "NotFound", message)

    def throttled(self) -> RestError:
        return RestError(429, "TooManyRequests", "The publish rate of the topic is exceeded.")

    def refused(self, code: str, message: str) -> RestError:
        return RestError(403, code or "Forbidden", message)

    def failed(self) -> RestError:
        return RestError(500, "InternalServerError", "The sandbox failed; its log says why.")


class Publishing:
    def __init__(self, topics: Topics, bus: Bus, callers: Callers, access: Access) -> None:
        self._topics = topics
        self._bus = bus
        self._callers = callers
        self._access = access

    def routes(self) -> Iterator[Route]:
        rule = f"{PREFIX}/<host>/api/events"
        yield Route("POST", rule, "Events.Publish", self._publish)

    def _publish(self, request: RestRequest) -> RestResponse:
        host = request.arguments["host"]
        topic = self._topics.at(host)
        if topic is None:
            raise RestError(404, "NotFound", f"There is no topic at {host}.")
        self._require_access(request, topic)
        for event in self._events(request, topic):
            self._bus.publish(event)
        return RestResponse(200)

    def _require_access(self, request: RestRequest, topic: Resource) -> None:
        """A key, what was signed with one, or a token; clients that send no token over plain
        http send it in the place of a key."""
        key, signed = request.headers.get("aeg-sas-key"), request.headers.get("aeg-sas-token")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme == "SharedAccessSignature":
            signed = token
        keys = [] if topic.properties.get("disableLocalAuth") else list(topic.secrets.values())
        if key and any(hmac.compare_digest(key, each) for each in keys):
            return
        if signed and any(_is_signed(signed, each) for each in keys):
            return
        caller = self._caller(token if scheme == "Bearer" else key or "")
        if not self._access.permits(caller, _SEND, topic.id, data=True):
            message = (
                f"The principal associated with access token presented with incoming request does "
                f"not have permission to send data to {topic.id}."
            )
            raise RestError(403, "Forbidden", message)

    def _caller(self, token: str) -> Caller:
        try:
            return self._callers.of(token, EVENT_GRID)
        except (BadToken, ExpiredToken, WrongAudience) as error:
            message = (
                "Request must contain one of the following authorization signature: "
                "aeg-sas-token, aeg-sas-key. The one given does not fit."
            )
            raise RestError(401, "Unauthorized", message) from error

    def _events(self, request: RestRequest, topic: Resource) -> list[Event]:
        """All or none: raises RestError for the first that is not as the topic wants it."""
        if len(request.body) > _LARGEST:
            raise RestError(413, "PayloadTooLarge", "The maximum size of a request is 1 MB.")
        schema = topic.properties["inputSchema"]
        try:
            found = json.loads(request.body)
        except ValueError as error:
            raise _not_as_wanted(schema, str(error)) from error
        listed = found if isinstance(found, list) else [found]
        read = _cloud_event if schema == "CloudEventSchemaV1_0" else _grid_event
        now = written(self._topics.manager.now())
        try:
            return [read(each, topic, now) for each in listed]
        except (KeyError, TypeError, ValueError) as error:
            raise _not_as_wanted(schema, f"{type(error).__name__} {error}") from error


def _grid_event(found: dict[str, Any], topic: Resource, now: str) -> Event:
    if found.get("topic") and str(found["topic"]).lower() != topic.key:
        raise ValueError("topic is filled in by Event Grid")
    seconds_of(str(found["eventTime"]))
    return Event(
        source=topic.id,
        id=str(found["id"]),
        type=str(found["eventType"]),
        subject=str(found["subject"]),
        time=str(found["eventTime"]),
        data=found.get("data"),
        data_version=str(found.get("dataVersion") or ""),
    )


def _cloud_event(found: dict[str, Any], topic: Resource, now: str) -> Event:
    if found["specversion"] != "1.0":
        raise ValueError("specversion has to be 1.0")
    return Event(
        source=topic.id,
        id=str(found["id"]),
        type=str(found["type"]),
        subject=str(found.get("subject") or found["source"]),
        time=str(found.get("time") or now),
        data=found.get("data"),
    )


def _is_signed(token: str, key: str) -> bool:
    unsigned, _, signature = token.partition("&s=")
    digest = hmac.new(base64.b64decode(key), unsigned.encode(), hashlib.sha256).digest()
    expected = base64.b64encode(digest).decode()
    return "r" in parse_qs(unsigned) and hmac.compare_digest(unquote(signature), expected)


def _not_as_wanted(schema: str, why: str) -> RestError:
    wanted = "CloudEventV10" if schema == "CloudEventSchemaV1_0" else "EventGridEvent"
    message = (
        f"This resource is configured to receive event in '{wanted}' schema. The JSON received "
        f"does not conform to the expected schema: {why}."
    )
    return RestError(400, "BadRequest", message)
