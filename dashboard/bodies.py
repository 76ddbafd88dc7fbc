"""No request's body may fill the disk.

Django writes a body to disk whole before it looks at anything, and only then at its length.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ANSWER = b"The body is larger than what is read here."


class Limited:
    """An ASGI application that hears at most so many bytes of a request."""

    def __init__(self, app: App, *, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _announced(scope) > self._most:
            await _refuse(send)
            return
        answered, left = False, self._most

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            # One that announced no length is cut off, as if its sender had gone.
            return message if left >= 0 else {"type": "http.disconnect"}

        def noted(message: Message) -> Awaitable[None]:
            nonlocal answered
            answered = True
            return send(message)

        await self._app(scope, counted, noted)
        if left < 0 and not answered:
            await _refuse(send)


def _announced(scope: Scope) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})
