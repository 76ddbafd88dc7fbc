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

# The engine has ended by then: its last events are in our own socket, or there are none.
QUIET_SECONDS = 1.0
NEVER_BEGAN_SECONDS = 0.3


class Listener:
    """Translates and passes on events, in order. Leaving waits for the last one."""

    def __init__(self, translator: Translator, emit: Callable[[Told], None]) -> None:
        self._translator = translator
        self._emit = emit
        self._queue: SimpleQueue[tuple[EngineEvent, datetime] | None] = SimpleQueue()
        self._fault: Exception | None = None
        self._heard = 0
        self._thread = Thread(target=self._listen, name="engine events", daemon=True)

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._await_last_event()
        self._queue.put(None)
        self._thread.join()
        if self._fault:
            raise self._fault

    def _await_last_event(self) -> None:
        """The engine's last event ends the thread. One that was killed sends none."""
        heard = -1
        while self._thread.is_alive() and heard != self._heard:
            heard = self._heard
            self._thread.join(QUIET_SECONDS if self._translator.began else NEVER_BEGAN_SECONDS)

    def hear(self, event: EngineEvent) -> None:
        """The SDK's callback: only queues."""
        self._heard += 1
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
