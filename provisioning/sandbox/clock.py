"""The sandbox's one clock: real time plus an offset that only ever grows, at times faster.

It never goes back, even when the machine's own clock does, and it survives a restart,
because the offset and the last reading are stored. Only what the simulated clouds show
uses it; files, logs and leases use real time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch, as the simulated clouds see them."""

    def __init__(
        self,
        *,
        offset: float = 0.0,
        last: float = 0.0,
        speed: float = 1.0,
        real: Callable[[], float] = time.time,
    ) -> None:
        self._real = real
        self._offset = offset
        self._last = last
        self._speed = speed
        self._held = 0
        self._counted = real()  # what ran faster until here is in the offset
        self._lock = threading.Lock()
        self._frozen = threading.local()

    @property
    def offset(self) -> float:
        with self._lock:
            self._count()
            return self._offset

    @property
    def speed(self) -> float:
        return self._speed

    def run_at(self, speed: float) -> None:
        """From now on; 1 is the speed of real time, less is not possible."""
        with self._lock:
            self._count()
            self._speed = max(1.0, speed)

    def hold(self) -> None:
        """Go no faster than real time until as many `let_go`: real work is under way."""
        with self._lock:
            self._count()
            self._held += 1

    def let_go(self) -> None:
        with self._lock:
            self._count()
            self._held -= 1

    def _count(self) -> None:
        """Take what ran faster since the last time into the offset."""
        real = self._real()
        if not self._held:
            self._offset += max(0.0, real - self._counted) * (self._speed - 1.0)
        self._counted = real

    def read(self) -> float:
        """The time that flows."""
        with self._lock:
            self._count()
            reading = self._counted + self._offset
            if reading < self._last:
                # The machine's clock was set back: the offset takes up the difference.
                self._offset += self._last - reading
                reading = self._last
            self._last = reading
            return reading

    def now(self) -> float:
        """The time to write on things: an event's own time while it is carried out."""
        frozen: float | None = getattr(self._frozen, "time", None)
        return self.read() if frozen is None else frozen

    def advance_to(self, target: float) -> None:
        """Move forward to `target`; a target in the past changes nothing."""
        self.read()
        with self._lock:
            if target > self._last:
                self._offset += target - self._last
                self._last = target

    @contextmanager
    def at(self, moment: float) -> Iterator[None]:
        """Within it, `now` is `moment` for this thread."""
        before = getattr(self._frozen, "time", None)
        self._frozen.time = moment
        try:
            yield
        finally:
            self._frozen.time = before


def to_datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds, 3), UTC)
