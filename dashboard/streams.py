"""Answers that go on, and that others than their own task may add to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.handlers.asgi import ASGIHandler
from django.http import HttpResponseBase, StreamingHttpResponse

if TYPE_CHECKING:
    from dashboard.live import Outlet

Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Stream(StreamingHttpResponse):
    """`outlet` opens once the server sends `parts`. What goes there passes by no middleware, so
    none may change what a stream sends, as one that compresses would."""

    def __init__(self, parts: AsyncIterator[bytes], *, outlet: Outlet, **more: Any) -> None:
        super().__init__(parts, **more)
        self.outlet = outlet


def _write(send: Send, data: bytes) -> Awaitable[None]:
    return send({"type": "http.response.body", "body": data, "more_body": True})


class Handler(ASGIHandler):
    """Django's, which alone knows the way to the browser."""

    async def send_response(self, response: HttpResponseBase, send: Send) -> None:
        if isinstance(response, Stream):
            response.outlet.open(partial(_write, send))
        await super().send_response(response, send)
