"""Replays: events of an archive come to the bus once more, in the order of their time."""

from __future__ import annotations

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.events.archives import REPLAY_NAME
from provisioning.sandbox.aws.events.buses import Buses
from provisioning.sandbox.aws.events.records import ArchivedEvent, Replay, named_key
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.records import Table

FINAL = ("COMPLETED", "CANCELLED", "FAILED")
# Seconds of sandbox time: until it begins, and between two steps of it.
_BEGINS, _PAUSE = 1.5, 0.5
_AT_ONCE = 10  # events in one step


class Replays:
    def __init__(self, world: World, buses: Buses) -> None:
        self.table = Table(world.store, kind="event_replay", record=Replay)
        self._clock = world.clock
        self._simulation = world.simulation
        self._buses = buses
        self._simulation.handle("event_replay", self._go_on)
        for replay in self.table:
            self._announce(replay)

    def find(self, place: Place, name: str) -> Replay:
        replay = self.table.get(named_key(place, name))
        if replay is None:
            raise AwsError("ResourceNotFoundException", f"Replay {name} does not exist.")
        return replay

    def begin(self, replay: Replay) -> None:
        self._keep(replay, _BEGINS)

    def cancel(self, replay: Replay) -> None:
        if replay.state not in ("STARTING", "RUNNING"):
            raise AwsError(
                "IllegalStatusException",
                f"Replay {replay.name} is not in a valid state for this operation.",
            )
        replay.state = "CANCELLING"
        self._keep(replay, _PAUSE)

    def _keep(self, replay: Replay, pause: float | None) -> None:
        replay.due = None if pause is None else self._clock.now() + pause
        self.table.put(replay)
        self._announce(replay)

    def _announce(self, replay: Replay) -> None:
        if replay.due is not None:
            self._simulation.announce(at=replay.due, kind="event_replay", key=replay.key)

    def _go_on(self, key: str, time: float) -> None:
        replay = self.table.get(key)
        if replay is None or replay.due != time:
            return
        if replay.state == "CANCELLING":
            self._end(replay, "CANCELLED", time)
        elif replay.state == "STARTING":
            replay.state = "RUNNING"
            self._keep(replay, _PAUSE)
        else:
            self._deliver(replay, time)

    def _deliver(self, replay: Replay, time: float) -> None:
        try:
            left = self._events(replay)[replay.position :]
            for event in left[:_AT_ONCE]:
                self._once_more(replay, event)
        except AwsError as error:  # the archive or the bus was deleted meanwhile
            self._end(replay, "FAILED", time, reason=error.message)
            return
        if left[_AT_ONCE:]:
            self._keep(replay, _PAUSE)
        else:
            self._end(replay, "COMPLETED", time)

    def _events(self, replay: Replay) -> list[ArchivedEvent]:
        archive = self._buses.archives.find(replay.place, replay.source.rpartition("/")[2])
        found = self._buses.archives.events(archive)
        return [each for each in found if replay.since <= each.time < replay.until]

    def _once_more(self, replay: Replay, event: ArchivedEvent) -> None:
        bus = self._buses.find(replay.place, replay.destination["Arn"])
        rules = replay.destination.get("FilterArns") or None
        self._buses.meet(bus, {**event.event, REPLAY_NAME: replay.name}, only=rules)
        replay.position += 1
        replay.last_replayed = event.time

    def _end(self, replay: Replay, state: str, time: float, *, reason: str | None = None) -> None:
        replay.state, replay.ended, replay.reason = state, time, reason
        self._keep(replay, None)
