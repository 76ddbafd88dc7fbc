from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider.check import Failure
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import boolean, from_api, text, to_api
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.resources.event_target_kinds import TARGET
from provisioning.sandbox.provider.resources.events import bus_property, on_bus
from provisioning.sandbox.provider.values import Properties, is_unknown

_GONE = ("ResourceNotFoundException",)
_ONE_OF = ("input", "inputPath", "inputTransformer")


class EventTarget(Resource):
    """A target of a rule; its id is made of the bus (if not the default one), the rule and the
    target's own id."""

    type = "aws:cloudwatch/eventTarget:EventTarget"
    label = "EventBridge Target"
    naming = Naming(property="targetId", prefix=None, longest=64)
    inputs = {
        **TARGET,
        "eventBusName": bus_property(),
        "forceDestroy": boolean(default=False, local=True),
        "region": text(computed=True, replaces=True),
        "rule": text(required=True, low=1, high=64, replaces=True),
        "targetId": text(low=1, high=64, pattern=r"[.\w-]+", computed=True, replaces=True),
    }

    def check(self, inputs: Properties) -> list[Failure]:
        given = [name for name in _ONE_OF if name in inputs and not is_unknown(inputs[name])]
        if len(given) > 1:
            return [Failure((given[1],), f'"{given[1]}": conflicts with {given[0]}')]
        return []

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        self._put(cloud, inputs)
        return self.kept_id("", inputs)

    def kept_id(self, id: str, live: Properties) -> str:
        name = f"{live['rule']}-{live['targetId']}"
        return on_bus(live["eventBusName"], name, between="-")

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        bus, rule, target = _where(id, known)
        found = cloud.find(
            "events", "list_targets_by_rule", missing=_GONE, Rule=rule, EventBusName=bus
        )
        targets = found["Targets"] if found else []
        own = next((one for one in targets if one["Id"] == target), None)
        if own is None:
            return None
        return {
            **from_api(TARGET, own),
            "eventBusName": bus,
            "region": cloud.region,
            "rule": rule,
            "targetId": target,
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        self._put(cloud, news)

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        bus, rule, target = _where(id, state)
        cloud.find(
            "events",
            "remove_targets",
            missing=_GONE,
            Rule=rule,
            EventBusName=bus,
            Ids=[target],
        )

    def _put(self, cloud: Cloud, inputs: Properties) -> None:
        wanted: dict[str, Any] = {"Id": inputs["targetId"], **to_api(TARGET, inputs)}
        cloud.call(
            "events",
            "put_targets",
            Rule=inputs["rule"],
            EventBusName=inputs["eventBusName"],
            Targets=[wanted],
        )


def _where(id: str, known: Properties) -> tuple[str, str, str]:
    """Bus, rule and target. An import names them with slashes between."""
    if known.get("rule"):
        return str(known["eventBusName"]), str(known["rule"]), str(known["targetId"])
    parts = id.split("/")
    bus = "/".join(parts[:-2]) or "default"
    return bus, parts[-2] if len(parts) > 1 else id, parts[-1]
