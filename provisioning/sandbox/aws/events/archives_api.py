"""The operations on archives and replays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError, validation
from provisioning.sandbox.aws.events.buses import Buses
from provisioning.sandbox.aws.events.patterns import parse_pattern
from provisioning.sandbox.aws.events.records import Archive, Replay, named_key
from provisioning.sandbox.aws.events.replays import Replays
from provisioning.sandbox.aws.paging import page
from provisioning.sandbox.aws.services import Call, Operation
from provisioning.sandbox.aws.world import World

Answer = Mapping[str, Any]


class ArchivesApi:
    def __init__(self, world: World, buses: Buses) -> None:
        self._clock = world.clock
        self._buses = buses
        self._archives = buses.archives

    def operations(self) -> dict[str, Operation]:
        return {
            "CreateArchive": self.create,
            "DescribeArchive": self.describe,
            "UpdateArchive": self.update,
            "DeleteArchive": self.delete,
            "ListArchives": self.list,
        }

    def create(self, call: Call) -> Answer:
        name = call["ArchiveName"]
        if self._archives.table.get(named_key(call.place, name)):
            raise AwsError("ResourceAlreadyExistsException", f"Archive {name} already exists.")
        bus = self._buses.find(call.place, call["EventSourceArn"])
        pattern = call.get("EventPattern")
        if pattern:
            parse_pattern(pattern)
        archive = Archive(
            account=call.place.account,
            region=call.place.region,
            name=name,
            source=bus.arn,
            description=call.get("Description"),
            pattern=pattern,
            retention_days=call.get("RetentionDays", 0),
            created=self._clock.now(),
        )
        self._archives.table.put(archive)
        return _made(archive)

    def describe(self, call: Call) -> Answer:
        archive = self._archives.find(call.place, call["ArchiveName"])
        return {
            **self._summary(archive),
            "ArchiveArn": archive.arn,
            "Description": archive.description,
            "EventPattern": archive.pattern,
        }

    def update(self, call: Call) -> Answer:
        archive = self._archives.find(call.place, call["ArchiveName"])
        if call.get("EventPattern"):
            parse_pattern(call["EventPattern"])
        archive.pattern = call.get("EventPattern", archive.pattern)
        archive.description = call.get("Description", archive.description)
        archive.retention_days = call.get("RetentionDays", archive.retention_days)
        self._archives.table.put(archive)
        return _made(archive)

    def delete(self, call: Call) -> None:
        self._archives.delete(self._archives.find(call.place, call["ArchiveName"]))

    def list(self, call: Call) -> Answer:
        _check_filters(call)
        own = (each for each in self._archives.table if each.place == call.place)
        found = [
            self._summary(archive)
            for archive in _filtered(call, own)
            if call.get("State") in (None, "ENABLED")
        ]
        return page(call, found, result="Archives", default=100, limit="Limit")

    def _summary(self, archive: Archive) -> dict[str, Any]:
        events = self._archives.events(archive)
        return {
            "ArchiveName": archive.name,
            "EventSourceArn": archive.source,
            "State": "ENABLED",
            "RetentionDays": archive.retention_days,
            "SizeBytes": sum(event.size for event in events),
            "EventCount": len(events),
            "CreationTime": archive.created,
        }


class ReplaysApi:
    def __init__(self, world: World, buses: Buses, replays: Replays) -> None:
        self._clock = world.clock
        self._buses = buses
        self._replays = replays

    def operations(self) -> dict[str, Operation]:
        return {
            "StartReplay": self.start,
            "DescribeReplay": self.describe,
            "CancelReplay": self.cancel,
            "ListReplays": self.list,
        }

    def start(self, call: Call) -> Answer:
        name, destination = call["ReplayName"], call["Destination"]
        if self._replays.table.get(named_key(call.place, name)):
            raise AwsError("ResourceAlreadyExistsException", f"Replay {name} already exists.")
        archive = self._archive(call)
        bus = self._buses.find(call.place, destination["Arn"])
        if bus.arn != archive.source:
            raise validation(
                "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not "
                "permitted."
            )
        if call["EventEndTime"] <= call["EventStartTime"]:
            raise validation(
                "Parameter EventEndTime is not valid. Reason: EventStartTime must be before "
                "EventEndTime."
            )
        replay = Replay(
            account=call.place.account,
            region=call.place.region,
            name=name,
            description=call.get("Description"),
            source=archive.arn,
            destination=destination,
            since=call["EventStartTime"],
            until=call["EventEndTime"],
            started=self._clock.now(),
        )
        self._replays.begin(replay)
        return {"ReplayArn": replay.arn, "State": replay.state, "ReplayStartTime": replay.started}

    def describe(self, call: Call) -> Answer:
        replay = self._replays.find(call.place, call["ReplayName"])
        return {
            **_replay_summary(replay),
            "ReplayArn": replay.arn,
            "Description": replay.description,
            "Destination": replay.destination,
        }

    def cancel(self, call: Call) -> Answer:
        replay = self._replays.find(call.place, call["ReplayName"])
        self._replays.cancel(replay)
        return {"ReplayArn": replay.arn, "State": replay.state}

    def list(self, call: Call) -> Answer:
        _check_filters(call)
        own = (each for each in self._replays.table if each.place == call.place)
        found = [
            _replay_summary(replay)
            for replay in _filtered(call, own)
            if call.get("State") in (None, replay.state)
        ]
        return page(call, found, result="Replays", default=100, limit="Limit")

    def _archive(self, call: Call) -> Archive:
        arn = call["EventSourceArn"]
        if ":archive/" not in arn:
            raise validation(
                "Parameter EventSourceArn is not valid. Reason: Must contain an archive ARN."
            )
        return self._buses.archives.find(call.place, arn.rpartition("/")[2])


def _check_filters(call: Call) -> None:
    given = [name for name in ("NamePrefix", "EventSourceArn", "State") if call.get(name)]
    if len(given) > 1:
        raise validation(
            "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, "
            "or NamePrefix.".replace("ListArchives", call.operation)
        )


def _filtered(call: Call, own: Iterable[Any]) -> list[Any]:
    return sorted(
        (
            each
            for each in own
            if each.name.startswith(call.get("NamePrefix", ""))
            and call.get("EventSourceArn") in (None, each.source)
        ),
        key=lambda each: each.name,
    )


def _made(archive: Archive) -> dict[str, Any]:
    return {"ArchiveArn": archive.arn, "State": "ENABLED", "CreationTime": archive.created}


def _replay_summary(replay: Replay) -> dict[str, Any]:
    return {
        "ReplayName": replay.name,
        "EventSourceArn": replay.source,
        "State": replay.state,
        "StateReason": replay.reason,
        "EventStartTime": replay.since,
        "EventEndTime": replay.until,
        "EventLastReplayedTime": replay.last_replayed,
        "ReplayStartTime": replay.started,
        "ReplayEndTime": replay.ended,
    }
