"""Archives: what came to a bus, kept for replays."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.events.patterns import parse_pattern, why_not
from provisioning.sandbox.aws.events.records import Archive, ArchivedEvent, Bus, named_key
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.records import Table

REPLAY_NAME = "replay-name"


class Archives:
    def __init__(self, world: World) -> None:
        self.table = Table(world.store, kind="event_archive", record=Archive)
        self._clock = world.clock
        self._events = Table(world.store, kind="archived_event", record=ArchivedEvent)
        self._of_archive: dict[str, dict[str, ArchivedEvent]] = {}
        for event in self._events:
            self._of_archive.setdefault(event.archive, {})[event.key] = event

    def find(self, place: Place, name: str) -> Archive:
        archive = self.table.get(named_key(place, name))
        if archive is None:
            raise AwsError("ResourceNotFoundException", f"Archive {name} does not exist.")
        return archive

    def take(self, bus: Bus, event: dict[str, Any]) -> None:
        """Keep an event in every archive of the bus that wants it; replayed ones are in there."""
        if REPLAY_NAME in event:
            return
        for archive in self.table:
            wants = archive.pattern is None or not why_not(parse_pattern(archive.pattern), event)
            if archive.source == bus.arn and wants:
                self._keep(archive, event)

    def events(self, archive: Archive) -> list[ArchivedEvent]:
        """By their time; what is older than the archive keeps is gone."""
        self._forget_old(archive)
        found = self._of_archive.get(archive.key, {}).values()
        return sorted(found, key=lambda event: (event.time, event.number))

    def delete(self, archive: Archive) -> None:
        for event in self._of_archive.pop(archive.key, {}).values():
            self._events.delete(event.key)
        self.table.delete(archive.key)

    def _keep(self, archive: Archive, event: dict[str, Any]) -> None:
        self._forget_old(archive)
        kept = ArchivedEvent(
            archive=archive.key,
            number=archive.next_number,
            time=event_time(event),
            size=len(json.dumps(event)),
            event=event,
        )
        archive.next_number += 1
        self.table.put(archive)
        self._events.put(kept)
        self._of_archive.setdefault(archive.key, {})[kept.key] = kept

    def _forget_old(self, archive: Archive) -> None:
        if not archive.retention_days:
            return
        oldest = self._clock.now() - 86_400 * archive.retention_days
        own = self._of_archive.get(archive.key, {})
        for event in [each for each in own.values() if each.time < oldest]:
            self._events.delete(event.key)
            del own[event.key]


def event_time(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()
