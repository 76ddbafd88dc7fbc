"""Looks at clouds, in threads beside the worker's own.

A cloud that does not answer holds whoever asks it for minutes. Were those the threads that take
deployments, one account that hangs would hold up the deployments of all others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any

from django.db import connections

log = logging.getLogger(__name__)

THREADS = 6


class Looks:
    """Work that waits for clouds: started in order, and none twice while it waits or goes on.

    What is lost with the process is no loss: rows say when to look next, and ticks read them.
    """

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="look")
        self._taken: set[tuple[Any, ...]] = set()
        self._ended = False
        self._lock = Lock()

    def take(self, work: Callable[..., None], *args: Any) -> None:
        """Return at once."""
        key = (work, *args)
        with self._lock:
            if self._ended or key in self._taken:
                return
            self._taken.add(key)
            self._pool.submit(self._do, key, partial(work, *args))

    def end(self) -> None:
        """Begin nothing more."""
        with self._lock:
            self._ended = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _do(self, key: tuple[Any, ...], work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # the outermost edge of this thread
            log.exception("A look at a cloud failed")
        finally:
            with self._lock:
                self._taken.discard(key)
            connections.close_all()  # threads have connections of their own


looks = Looks(THREADS)
