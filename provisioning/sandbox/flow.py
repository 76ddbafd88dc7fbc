"""Lets sandbox time flow: carries out what is due, and remembers how far it has come."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from provisioning.sandbox.clock import Clock, to_datetime
from provisioning.sandbox.simulation import Simulation
from provisioning.sandbox.store import Store
from provisioning.sandbox.world_lock import WorldLock

log = logging.getLogger(__name__)

TICK_SECONDS = 0.25
# How much may be lost of a time that nobody was told, and how long a commit may gather.
_REMEMBER_SECONDS = 10.0
_BATCH_SECONDS = 2.0


def load_clock(store: Store, *, real: Callable[[], float] = time.time) -> Clock:
    """The clock as it was last remembered."""
    row = store.get("clock", "sandbox")
    remembered = json.loads(row) if row else {}
    return Clock(
        offset=remembered.get("offset", 0.0),
        last=remembered.get("last", 0.0),
        speed=remembered.get("speed", 1.0),
        real=real,
    )


class Flow:
    """The thread that ticks, and the one way to advance."""

    def __init__(
        self, *, clock: Clock, store: Store, simulation: Simulation, lock: WorldLock
    ) -> None:
        self._clock = clock
        self._store = store
        self._simulation = simulation
        self._lock = lock
        self._ended = threading.Event()
        self._advancing = threading.Lock()
        self._remembered = time.monotonic()
        self._thread = threading.Thread(target=self._tick, name="clock", daemon=True)
        store.before_commit(self._remember)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(timeout=10)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def advance(self, delta: timedelta) -> datetime:
        """Return when everything due until then has happened and is on disk."""
        with self._advancing:
            target = self._clock.read() + delta.total_seconds()
            while not self._simulation.run(until=target, seconds=_BATCH_SECONDS):
                self._store.commit()
            self._clock.advance_to(target)
            self._store.changed()
            self._store.commit()
        return to_datetime(self._clock.read())

    def run_at(self, speed: float) -> None:
        self._clock.run_at(speed)
        self._store.changed()
        self._store.commit()

    def _tick(self) -> None:
        while not self._ended.wait(TICK_SECONDS):
            try:
                self._carry_on()
            except Exception:  # the outermost edge: time must go on
                log.exception("a tick of the sandbox's clock failed")

    def _carry_on(self) -> None:
        """What is due now; after a time in which the sandbox was down, all of that time."""
        while not self._ended.is_set():
            done = self._simulation.run(until=self._clock.read(), seconds=_BATCH_SECONDS)
            if time.monotonic() - self._remembered > _REMEMBER_SECONDS:
                self._store.changed()
            self._store.commit()
            if done:
                return

    def _remember(self) -> None:
        clock = self._clock
        remembered = {"offset": clock.offset, "last": clock.read(), "speed": clock.speed}
        self._store.put("clock", "sandbox", json.dumps(remembered).encode())
        self._remembered = time.monotonic()
