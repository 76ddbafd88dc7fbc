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
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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
        self._outside = Outside(clock)
        self._at_close: list[Callable[[], None]] = []

    def outside(self, work: Callable[[], None]) -> None:
        """Have work done on a thread of its own, such as a call of code that calls back in.

        It takes real time, during which a clock that is being advanced stands still, and one
        that runs fast goes at the speed of real time; it must
        end by itself, and whoever hands it in does so again after a restart.
        """
        self._outside.begin(work)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """The same for work on the caller's own thread."""
        with self._outside.counted():
            yield

    def at_close(self, end: Callable[[], None]) -> None:
        """Have something ended with the sandbox, such as a process that it started."""
        self._at_close.append(end)

    def close(self) -> None:
        self._outside.close()
        for end in self._at_close:
            end()

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
        while True:
            if self._leaps(until) and not self._outside.wait(stop):
                return False
            if not self._step(until):
                return not (self._leaps(until) and self._outside.busy)
            if stop is not None and time.monotonic() > stop:
                return False
            self._lock.let_others_in()

    def _leaps(self, until: float) -> bool:
        """Whether the next step goes ahead of the time that flows."""
        coming = self.next_due()
        return min(until, until if coming is None else coming) > self._clock.read()

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


class Outside:
    """Work under way outside of the world's lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pool = ThreadPoolExecutor(max_workers=32, thread_name_prefix="outside")
        self._changed = threading.Condition()
        self._count = 0

    @property
    def busy(self) -> bool:
        return self._count > 0

    def begin(self, work: Callable[[], None]) -> None:
        self._began()
        self._pool.submit(self._do, work)

    @contextmanager
    def counted(self) -> Iterator[None]:
        self._began()
        try:
            yield
        finally:
            self._ended()

    def wait(self, until: float | None) -> bool:
        """True when there is none left; False at `until`, by the monotonic clock."""
        with self._changed:
            left = None if until is None else max(0.0, until - time.monotonic())
            return self._changed.wait_for(lambda: self._count == 0, timeout=left)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # the outermost edge of a thread
            log.exception("work outside of the world failed")
        finally:
            self._ended()

    def _began(self) -> None:
        with self._changed:
            self._count += 1
        self._clock.hold()

    def _ended(self) -> None:
        self._clock.let_go()
        with self._changed:
            self._count -= 1
            self._changed.notify_all()
