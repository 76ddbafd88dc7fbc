"""One lock for everything simulated: a request and an event never see half of each other."""

from __future__ import annotations

import threading
import time
from types import TracebackType


class WorldLock:
    """Reentrant. `let_others_in` makes room between two events of a long simulation."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._waiting = 0
        self._counting = threading.Lock()

    def __enter__(self) -> None:
        with self._counting:
            self._waiting += 1
        self._lock.acquire()
        with self._counting:
            self._waiting -= 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    def let_others_in(self) -> None:
        # Without a pause the releasing thread nearly always takes the lock again.
        if self._waiting:
            time.sleep(0.001)
