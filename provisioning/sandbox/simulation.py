"""Carries out what is due, in the order of its time: a discrete-event simulation.

An event is a time, a kind and a key; what happens is found in the record behind the key
when the time has come. So nothing is lost at a restart: each simulator announces again
what its records have due. A record that no longer has anything due at that time is left
alone, which makes announcing twice harmless.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from provisioning.sandbox.clock import Clock
from provisioning.sandbox.world_lock import WorldLock

log = logging.getLogger(__name__)

Handler = Callable[[str, float], None]


@dataclass(order=True, frozen=True)
class Event:
    time: float
    number: int  # the order of announcing decides between events at the same time
    kind: str = field(compare=False)
    key: str = field(compare=False)


class Simulation:
    def __init__(self, *, clock: Clock, lock: WorldLock) -> None:
        self._clock = clock
        self._lock = lock
        self._heap: list[Event] = []
        self._numbers = itertools.count()
        self._handlers: dict[str, Handler] = {}

    def handle(self, kind: str, handler: Handler) -> None:
        self._handlers[kind] = handler

    def announce(self, *, at: float, kind: str, key: str) -> None:
        heapq.heappush(self._heap, Event(at, next(self._numbers), kind, key))

    def next_due(self) -> float | None:
        return self._heap[0].time if self._heap else None

    def run(self, *, until: float, seconds: float | None = None) -> bool:
        """Carry out what is due by `until`; True when nothing of it is left.

        `seconds` bounds the real time spent. Requests are let in between two events.
        """
        stop = None if seconds is None else time.monotonic() + seconds
        while self._step(until):
            if stop is not None and time.monotonic() > stop:
                return False
            self._lock.let_others_in()
        return True

    def _step(self, until: float) -> bool:
        with self._lock:
            if not self._heap or self._heap[0].time > until:
                return False
            event = heapq.heappop(self._heap)
            # A clock that is being advanced shows at least the time of what has happened.
            self._clock.advance_to(event.time)
            with self._clock.at(event.time):
                self._carry_out(event)
            return True

    def _carry_out(self, event: Event) -> None:
        try:
            self._handlers[event.kind](event.key, event.time)
        except Exception:  # the outermost edge: one bad record must not stop the clock
            log.exception("%s %s failed at %s", event.kind, event.key, event.time)
