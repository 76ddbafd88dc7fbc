"""Hear the engine's events in a thread of our own.

The SDK calls back from a thread of its own, hands its exceptions to nobody, and returns
from an operation without waiting for the last events.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Thread

from pulumi.automation import EngineEvent

from provisioning.engine.events import Told, Translator

LAST_EVENT_SECONDS = 5.0
NO_EVENT_SECONDS = 0.3  # the engine refused to begin


class Listener:
    """Translates and passes on events, in order. Leaving waits for the last one."""

    def __init__(self, translator: Translator, emit: Callable[[Told], None]) -> None:
        self._translator = translator
        self._emit = emit
        self._queue: SimpleQueue[tuple[EngineEvent, datetime] | None] = SimpleQueue()
        self._fault: Exception | None = None
        self._thread = Thread(target=self._listen, name="engine events", daemon=True)

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # The engine's last event ends the thread; it may still be on its way.
        self._thread.join(LAST_EVENT_SECONDS if self._translator.began else NO_EVENT_SECONDS)
        self._queue.put(None)
        self._thread.join()
        if self._fault:
            raise self._fault

    def hear(self, event: EngineEvent) -> None:
        """The SDK's callback: only queues."""
        self._queue.put((event, datetime.now(UTC)))

    def _listen(self) -> None:
        while (heard := self._queue.get()) is not None:
            event, now = heard
            try:
                for told in self._translator.translate(event, now):
                    self._emit(told)
            except Exception as fault:  # outermost edge of this thread; raised by __exit__
                self._fault = self._fault or fault
            if self._translator.ended:
                return
