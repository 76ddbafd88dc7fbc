"""The operations on buses and on events."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError, validation
from provisioning.sandbox.aws.events.buses import Buses
from provisioning.sandbox.aws.events.patterns import parse_pattern, why_not
from provisioning.sandbox.aws.events.records import DEFAULT, Bus, bus_key
from provisioning.sandbox.aws.paging import page
from provisioning.sandbox.aws.services import Call, Operation
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.clock import to_datetime

Answer = Mapping[str, Any]
_LARGEST = 1_048_576  # all entries of a request together
_SETTINGS = ("DeadLetterConfig", "Description", "KmsKeyIdentifier", "LogConfig")
_EVENT_MEMBERS = ("id", "account", "source", "time", "region", "resources", "detail-type")


class BusesApi:
    def __init__(self, world: World, buses: Buses) -> None:
        self._clock = world.clock
        self._journal = world.journal
        self._buses = buses

    def operations(self) -> dict[str, Operation]:
        return {
            "CreateEventBus": self.create,
            "DescribeEventBus": self.describe,
            "UpdateEventBus": self.update,
            "DeleteEventBus": self.delete,
            "ListEventBuses": self.list,
            "PutPermission": self.permit,
            "RemovePermission": self.forbid,
            "PutEvents": self.put_events,
            "TestEventPattern": self.test_pattern,
        }

    # ── Buses ───────────────────────────────────────────────────────────────────────

    def create(self, call: Call) -> Answer:
        name = call["Name"]
        if name == DEFAULT or self._buses.table.get(bus_key(call.place, name)):
            raise AwsError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")
        if "/" in name:
            raise validation("Event bus name must not contain '/'.")
        now = self._clock.now()
        bus = Bus(
            account=call.place.account,
            region=call.place.region,
            name=name,
            settings=_settings(call),
            created=now,
            modified=now,
            tags=call.get("Tags", []),
        )
        self._buses.table.put(bus)
        return {"EventBusArn": bus.arn, **bus.settings}

    def describe(self, call: Call) -> Answer:
        return _described(self._buses.find(call.place, call.get("Name")))

    def update(self, call: Call) -> Answer:
        bus = self._buses.find(call.place, call.get("Name"))
        bus.settings = _settings(call)
        self._keep(bus)
        return {"Arn": bus.arn, "Name": bus.name, **bus.settings}

    def delete(self, call: Call) -> None:
        name = call["Name"].rpartition("/")[2]
        if name == DEFAULT:
            raise validation("Cannot delete event bus default.")
        bus = self._buses.table.get(bus_key(call.place, name))
        if bus is None:  # as on AWS, that is success
            return
        if self._buses.rules_of(bus):
            raise validation(
                f"Cannot delete event bus {name}: remove the rules that are on it first."
            )
        self._buses.table.delete(bus.key)

    def list(self, call: Call) -> Answer:
        own = [bus for bus in self._buses.table if bus.place == call.place and bus.name != DEFAULT]
        every = [self._buses.find(call.place, DEFAULT), *own]
        found = [
            _described(bus)
            for bus in sorted(every, key=lambda bus: bus.name)
            if bus.name.startswith(call.get("NamePrefix", ""))
        ]
        return page(call, found, result="EventBuses", default=100, limit="Limit")

    def permit(self, call: Call) -> None:
        bus = self._buses.find(call.place, call.get("EventBusName"))
        if call.get("Policy"):
            bus.statements = _statements(call["Policy"])
        else:
            statement = _statement(call, bus)
            bus.statements = [
                *(each for each in bus.statements if each.get("Sid") != statement["Sid"]),
                statement,
            ]
        self._keep(bus)

    def forbid(self, call: Call) -> None:
        bus = self._buses.find(call.place, call.get("EventBusName"))
        if call.get("RemoveAllPermissions"):
            bus.statements = []
        else:
            wanted = call.get("StatementId")
            rest = [each for each in bus.statements if each.get("Sid") != wanted]
            if len(rest) == len(bus.statements):
                raise AwsError(
                    "ResourceNotFoundException", "Statement with the provided id does not exist."
                )
            bus.statements = rest
        self._keep(bus)

    def _keep(self, bus: Bus) -> None:
        bus.modified = self._clock.now()
        self._buses.table.put(bus)

    # ── Events ──────────────────────────────────────────────────────────────────────

    def put_events(self, call: Call) -> Answer:
        entries = call["Entries"]
        if sum(len(json.dumps(entry)) for entry in entries) > _LARGEST:
            raise validation("Total size of the entries in the request is over the limit.")
        answers = [self._put(call, entry) for entry in entries]
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedEntryCount": failed, "Entries": answers}

    def _put(self, call: Call, entry: Mapping[str, Any]) -> dict[str, Any]:
        if problem := _entry_problem(entry):
            return problem
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": call.place.account,
            "time": _written(entry.get("Time") or self._clock.now()),
            "region": call.place.region,
            "resources": entry.get("Resources") or [],
            "detail": json.loads(entry["Detail"]),
        }
        bus = str(entry.get("EventBusName") or DEFAULT)
        try:
            self._buses.publish(call.place, event, bus=bus)
        except AwsError as error:
            # AWS takes events for a bus that is not there, and nobody sees them again.
            name = f"{event['source']} {event['detail-type']}"
            self._journal.note("aws", name, "refused", target=bus, reason=error.message)
        return {"EventId": event["id"]}

    def test_pattern(self, call: Call) -> Answer:
        pattern = parse_pattern(call["EventPattern"])
        try:
            event = json.loads(call["Event"])
        except ValueError as error:
            raise validation("Parameter Event is not valid. Reason: it is not JSON.") from error
        for name in _EVENT_MEMBERS:
            if not isinstance(event, dict) or name not in event:
                raise validation(f"Parameter Event is not valid. Reason: {name} is missing.")
        return {"Result": why_not(pattern, event) is None}


def _settings(call: Call) -> dict[str, Any]:
    return {name: call[name] for name in _SETTINGS if call.get(name) is not None}


def _described(bus: Bus) -> dict[str, Any]:
    document = {"Version": "2012-10-17", "Statement": bus.statements}
    return {
        "Arn": bus.arn,
        "Name": bus.name,
        **bus.settings,
        "Policy": json.dumps(document) if bus.statements else None,
        "CreationTime": bus.created or None,
        "LastModifiedTime": bus.modified or None,
    }


def _statements(policy: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(policy)["Statement"]
    except (ValueError, KeyError, TypeError) as error:
        raise AwsError("ValidationException", "This policy contains invalid Json") from error
    return found if isinstance(found, list) else [found]


def _statement(call: Call, bus: Bus) -> dict[str, Any]:
    for name in ("StatementId", "Principal", "Action"):
        if not call.get(name):
            raise validation(f"Parameter {name} must be specified.")
    principal = call["Principal"]
    condition = call.get("Condition")
    return {
        "Sid": call["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": call["Action"],
        "Resource": bus.arn,
        **(
            {"Condition": {condition["Type"]: {condition["Key"]: condition["Value"]}}}
            if condition
            else {}
        ),
    }


def _entry_problem(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            message = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
    if str(entry["Source"]).startswith("aws."):
        return {
            "ErrorCode": "NotAuthorizedForSourceException",
            "ErrorMessage": "Not authorized for the source.",
        }
    try:
        well = isinstance(json.loads(entry["Detail"]), dict)
    except ValueError:
        well = False
    if not well:
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    return None


def _written(time: float) -> str:
    return to_datetime(time).strftime("%Y-%m-%dT%H:%M:%SZ")
