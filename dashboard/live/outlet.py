"""The way to one browser that others can use, for what goes to many browsers alike.

Waking a task for each of two hundred viewers costs several times what sending them a line
costs. So while a stream's own task rests, whoever hears of the line sends it to all of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any


class Begun:
    """A sending that has to wait, for its browser is slow: await it to have it done."""

    def __init__(self, sending: Generator[Any, Any, None], waits_for: object) -> None:
        self._sending = sending
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self._waits_for
        while True:
            try:
                said = yield waits_for
            except BaseException as error:
                step: Callable[[], object] = partial(self._sending.throw, error)
            else:
                step = partial(self._sending.send, said)
            try:
                waits_for = step()
            except StopIteration:
                return


class Outlet:
    """Closed until the server has begun to answer, and for good where there is no server."""

    def __init__(self) -> None:
        self._send: Callable[[bytes], Awaitable[None]] | None = None

    def open(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        self._send = send

    @property
    def closed(self) -> bool:
        return self._send is None

    def send(self, data: bytes) -> Begun | None:
        """Send at once. Where that takes longer, what is returned has to be awaited before
        anything else is sent. The stream's own task must not be sending."""
        assert self._send
        sending = self._send(data).__await__()
        try:
            return Begun(sending, next(sending))
        except StopIteration:
            return None
