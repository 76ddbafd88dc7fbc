"""Streams as a web server sees them: what goes out by the outlet, and in what order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from django.http import HttpRequest
from django.urls import path

from dashboard import live
from dashboard.asgi import application
from dashboard.streams import Stream


class Pages:
    """One page, whose stream has a first and a last part."""

    def __init__(self) -> None:
        self.outlet = live.Outlet()
        self.over = asyncio.Event()

    async def page(self, request: HttpRequest) -> Stream:
        return Stream(self._parts(), outlet=self.outlet)

    async def _parts(self) -> AsyncIterator[bytes]:
        yield b"closed " if self.outlet.closed else b"first "
        await self.over.wait()
        yield b"last"


class Server:
    """Calls the application as a web server does, and keeps what it sends."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.ready = asyncio.Event()
        self.ready.set()
        self._asked = False

    async def receive(self) -> dict[str, Any]:
        if self._asked:
            await asyncio.Event().wait()  # the browser stays
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Any) -> None:
        await self.ready.wait()
        self.sent.append(message.get("body", b"") if "status" not in message else b"start ")

    def task(self) -> asyncio.Task[None]:
        scope = {
            "type": "http", "method": "GET", "path": "/stream", "query_string": b"",
            "headers": [(b"host", b"localhost")],
        }  # fmt: skip
        return asyncio.create_task(application(scope, self.receive, self.send))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


async def begun(settings: Any) -> tuple[Pages, Server, asyncio.Task[None]]:
    pages, server = Pages(), Server()
    settings.ROOT_URLCONF = (path("stream", pages.page),)
    task = server.task()
    await until(lambda: len(server.sent) == 2)
    return pages, server, task


def test_what_goes_to_the_outlet_comes_between_the_parts(settings: Any) -> None:
    async def story() -> list[bytes]:
        pages, server, task = await begun(settings)
        assert pages.outlet.send(b"second ") is None
        assert server.sent[-1] == b"second "  # it is there without a turn of the event loop
        pages.over.set()
        await task
        return server.sent

    assert asyncio.run(story()) == [b"start ", b"first ", b"second ", b"last", b""]


def test_what_a_slow_server_does_not_take_yet_is_awaited(settings: Any) -> None:
    async def story() -> list[bytes]:
        pages, server, task = await begun(settings)
        server.ready.clear()
        sending = pages.outlet.send(b"second ")
        assert sending is not None
        waiting = asyncio.create_task(end_of(sending))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        server.ready.set()
        await waiting
        pages.over.set()
        await task
        return server.sent

    assert asyncio.run(story()) == [b"start ", b"first ", b"second ", b"last", b""]


@pytest.mark.parametrize("just_ready", [False, True])
def test_waiting_for_a_slow_server_may_be_given_up(settings: Any, just_ready: bool) -> None:
    async def story() -> list[bytes]:
        pages, server, task = await begun(settings)
        server.ready.clear()
        sending = pages.outlet.send(b"second ")
        assert sending is not None
        waiting = asyncio.create_task(end_of(sending))
        await asyncio.sleep(0.05)
        if just_ready:
            server.ready.set()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        server.ready.set()
        pages.over.set()
        await task
        return server.sent

    assert asyncio.run(story()) == [b"start ", b"first ", b"last", b""]


async def end_of(sending: live.Begun) -> None:
    await sending
