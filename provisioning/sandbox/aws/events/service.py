"""EventBridge: all of its operations."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.events.api import BusesApi
from provisioning.sandbox.aws.events.archives_api import ArchivesApi, ReplaysApi
from provisioning.sandbox.aws.events.buses import Buses
from provisioning.sandbox.aws.events.records import Bus, Rule
from provisioning.sandbox.aws.events.replays import Replays
from provisioning.sandbox.aws.events.rules_api import RulesApi
from provisioning.sandbox.aws.moto_app import not_simulated
from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse, Later
from provisioning.sandbox.aws.services import Call, JsonService, Place
from provisioning.sandbox.aws.targets.room import Targets
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.clock import to_datetime


class EventBridge(JsonService):
    def __init__(self, world: World, targets: Targets) -> None:
        self._clock = world.clock
        self.buses = Buses(world, targets)
        replays = Replays(world, self.buses)
        super().__init__(
            "events",
            {
                **BusesApi(world, self.buses).operations(),
                **RulesApi(world, self.buses, targets).operations(),
                **ArchivesApi(world, self.buses).operations(),
                **ReplaysApi(world, self.buses, replays).operations(),
                "TagResource": self._tag,
                "UntagResource": self._untag,
                "ListTagsForResource": self._list_tags,
            },
        )

    def answer(self, request: AwsRequest, caller: Caller) -> AwsResponse | Later | None:
        response = super().answer(request, caller)
        if response is None:
            raise not_simulated(f"events {request.operation}")
        return response

    def listens(self, place: Place) -> bool:
        """Whether anybody would hear an event of a service there."""
        bus = self.buses.find(place, None)
        archived = any(archive.source == bus.arn for archive in self.buses.archives.table)
        return archived or any(rule.pattern for rule in self.buses.rules_of(bus))

    def say(
        self, place: Place, *, source: str, kind: str, resources: list[str], detail: dict[str, Any]
    ) -> None:
        """An event of a service of AWS itself, on the default bus."""
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": kind,
            "source": source,
            "account": place.account,
            "time": to_datetime(self._clock.now()).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": place.region,
            "resources": resources,
            "detail": detail,
        }
        self.buses.publish(place, event)

    def take_outcome(self, arn: str, record: dict[str, Any]) -> None:
        """A destination of a Lambda function: what became of an invocation, as an event."""
        _, _, _, region, account, resource = arn.split(":", 5)
        place = Place(account=account, region=region)
        how = "Success" if record["requestContext"]["condition"] == "Success" else "Failure"
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": f"Lambda Function Invocation Result - {how}",
            "source": "lambda",
            "account": account,
            "time": to_datetime(self._clock.now()).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": region,
            "resources": [arn, record["requestContext"]["functionArn"]],
            "detail": json.loads(json.dumps(record)),
        }
        self.buses.publish(place, event, bus=resource)

    # ── Tags: buses and rules carry them ────────────────────────────────────────────

    def _tag(self, call: Call) -> None:
        given = {tag["Key"] for tag in call["Tags"]}
        found = self._tagged(call)
        self._keep(found, [*(t for t in found.tags if t["Key"] not in given), *call["Tags"]])

    def _untag(self, call: Call) -> None:
        found = self._tagged(call)
        self._keep(found, [tag for tag in found.tags if tag["Key"] not in call["TagKeys"]])

    def _list_tags(self, call: Call) -> Mapping[str, Any]:
        return {"Tags": self._tagged(call).tags}

    def _keep(self, found: Bus | Rule, tags: list[dict[str, str]]) -> None:
        found.tags = tags
        if isinstance(found, Bus):
            self.buses.table.put(found)
        else:
            self.buses.rules.put(found)

    def _tagged(self, call: Call) -> Bus | Rule:
        arn = call["ResourceARN"]
        if ":event-bus/" in arn:
            return self.buses.find(call.place, arn)
        for rule in self.buses.rules:
            if rule.arn == arn and rule.place == call.place:
                return rule
        raise AwsError("ResourceNotFoundException", f"Resource {arn} does not exist.")
