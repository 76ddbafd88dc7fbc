from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.check import Failure
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.documents import json_text
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import Property, boolean, from_api, text, to_api
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.resources.events import (
    DEFAULT,
    bus_property,
    on_bus,
    set_tags,
    tags_of,
)
from provisioning.sandbox.provider.values import Properties, is_unknown

_GONE = ("ResourceNotFoundException",)
_STATES = ("DISABLED", "ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
_RULE: dict[str, Property] = {
    "description": text(high=512),
    "eventBusName": bus_property(),
    "eventPattern": json_text("event_pattern"),
    "roleArn": text(low=1, high=1600),
    "scheduleExpression": text(high=256),
}


class EventRule(Resource):
    """A rule; its id is its name, after the bus's name and a slash where that is not the
    default one."""

    type = "aws:cloudwatch/eventRule:EventRule"
    label = "EventBridge Rule"
    naming = Naming(longest=64)
    inputs = {
        **_RULE,
        "forceDestroy": boolean(default=False, local=True),
        "isEnabled": boolean(computed=True),
        "name": text(low=1, high=64, pattern=r"[.\w-]+", computed=True, replaces=True),
        "namePrefix": text(low=1, high=38, local=True, replaces=True),
        "region": text(computed=True, replaces=True),
        "state": text(choices=_STATES, computed=True),
        "tags": tags.MAPPED,
    }
    outputs = ("arn", "tagsAll")

    def check(self, inputs: Properties) -> list[Failure]:
        if "eventPattern" not in inputs and "scheduleExpression" not in inputs:
            reason = "one of `event_pattern,schedule_expression` must be specified"
            return [Failure((), reason)]
        if all(name in inputs and not is_unknown(inputs[name]) for name in ("isEnabled", "state")):
            return [Failure(("state",), '"state": conflicts with is_enabled')]
        bus = inputs["eventBusName"]
        if "scheduleExpression" in inputs and not is_unknown(bus) and bus != DEFAULT:
            reason = "schedule_expression can only be set on the default event bus"
            return [Failure(("scheduleExpression",), reason)]
        return []

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        given = tags.as_pairs(tags.wanted(cloud, inputs))
        self._put(cloud, inputs["name"], inputs, **({"Tags": given} if given else {}))
        return on_bus(inputs["eventBusName"], inputs["name"], between="/")

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        bus, name = _parts(id)
        found = cloud.find("events", "describe_rule", missing=_GONE, Name=name, EventBusName=bus)
        if found is None:
            return None
        return {
            **from_api(_RULE, found),
            "arn": found["Arn"],
            "isEnabled": found["State"] != "DISABLED",
            "name": found["Name"],
            "region": cloud.region,
            "state": found["State"],
            **tags.shown(cloud, tags_of(cloud, found["Arn"])),
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        if changed - {"tags"}:
            enabled = "isEnabled" in changed and "state" not in changed
            wanted = {k: v for k, v in news.items() if k != "state"} if enabled else news
            self._put(cloud, _parts(id)[1], wanted)
        if "tags" in changed:
            set_tags(cloud, olds["arn"], tags.wanted(cloud, news))

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        bus, name = _parts(id)
        cloud.find("events", "delete_rule", missing=_GONE, Name=name, EventBusName=bus)

    def _put(self, cloud: Cloud, name: str, inputs: Properties, **more: Any) -> None:
        usual = "DISABLED" if inputs.get("isEnabled") is False else "ENABLED"
        cloud.call(
            "events",
            "put_rule",
            Name=name,
            State=inputs.get("state", usual),
            **to_api(_RULE, inputs),
            **more,
        )


def _parts(id: str) -> tuple[str, str]:
    """Bus and name. Names have no slash in them, those of buses may."""
    bus, _, name = id.rpartition("/")
    return bus or DEFAULT, name
