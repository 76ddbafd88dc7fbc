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


class Story:
    """The page is answered; it is over when it has had its last part."""

    def __init__(self, settings: Any) -> None:
        self._pages, self.server = Pages(), Server()
        settings.ROOT_URLCONF = (path("stream", self._pages.page),)
        self.outlet = self._pages.outlet

    async def begin(self) -> None:
        self._task = self.server.task()
        await until(lambda: len(self.server.sent) == 2)

    async def send_to_slow_server(self) -> asyncio.Future[None]:
        self.server.ready.clear()
        sending = self.outlet.send(b"second ")
        assert sending is not None
        waiting = asyncio.ensure_future(sending)
        await asyncio.sleep(0.05)
        assert not waiting.done()
        return waiting

    async def end(self) -> list[bytes]:
        self.server.ready.set()
        self._pages.over.set()
        await self._task
        return self.server.sent


@pytest.fixture
def story(settings: Any) -> Story:
    return Story(settings)


def test_what_goes_to_the_outlet_comes_between_the_parts(story: Story) -> None:
    async def told() -> list[bytes]:
        await story.begin()
        assert story.outlet.send(b"second ") is None
        assert story.server.sent[-1] == b"second "  # without a turn of the event loop
        return await story.end()

    assert asyncio.run(told()) == [b"start ", b"first ", b"second ", b"last", b""]


def test_what_a_slow_server_does_not_take_yet_is_awaited(story: Story) -> None:
    async def told() -> list[bytes]:
        await story.begin()
        waiting = await story.send_to_slow_server()
        story.server.ready.set()
        await waiting
        return await story.end()

    assert asyncio.run(told()) == [b"start ", b"first ", b"second ", b"last", b""]


@pytest.mark.parametrize("just_ready", [False, True])
def test_waiting_for_a_slow_server_may_be_given_up(story: Story, just_ready: bool) -> None:
    async def told() -> list[bytes]:
        await story.begin()
        waiting = await story.send_to_slow_server()
        if just_ready:
            story.server.ready.set()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return await story.end()

    assert asyncio.run(told()) == [b"start ", b"first ", b"last", b""]
