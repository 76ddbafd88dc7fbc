"""Lines that go to a browser while its stream's own task rests."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from dashboard import live
from dashboard.live import Moment
from dashboard.live.telling import Message
from dashboard.models import Deployment
from tests.dashboard.live.conftest import numbers, until, within

pytestmark = pytest.mark.django_db(transaction=True)


class Browser:
    """What one browser gets, by the way of its own task or by its outlet, in order."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Moment]] = []
        self.outlet = live.Outlet()
        self.outlet.open(self._send)
        self.ready = asyncio.Event()
        self.ready.set()

    async def _send(self, lines: bytes) -> None:
        await self.ready.wait()
        self.got.append(("outlet", Moment(lines, 0, 0)))

    async def watch(self, row: Deployment) -> None:
        async for moment in live.follow(row.pk, 0, self.outlet):
            await self.ready.wait()
            self.got.append(("task", moment))

    @property
    def numbers(self) -> list[int]:
        return numbers([moment for _, moment in self.got])

    def by(self, way: str) -> list[int]:
        return numbers([moment for name, moment in self.got if name == way])


async def at_rest(row: Deployment, *browsers: Browser) -> list[asyncio.Task[None]]:
    """They watch: each looks when it comes, and once more when Redis listens."""
    watching = [asyncio.create_task(each.watch(row)) for each in browsers]
    await until(lambda: live.hub().connected)
    await until(lambda: all(len(each.got) >= 2 for each in browsers))
    await asyncio.sleep(0.2)
    return watching


def test_lines_go_to_all_who_rest_without_waking_them(
    nobody_looks: None, row: Deployment, write: Any
) -> None:
    async def story() -> None:
        browsers = [Browser() for _ in range(20)]
        watching = await at_rest(row, *browsers)
        began = [len(each.got) for each in browsers]
        for turn in range(1, 6):
            await sync_to_async(write)(3)
            await until(lambda turn=turn: all(len(each.numbers) == 3 * turn for each in browsers))
        assert [len(each.got) - begun for each, begun in zip(browsers, began, strict=True)] == (
            [5] * 20
        )
        await sync_to_async(write)(1, status="succeeded")
        await asyncio.gather(*watching)
        for each in browsers:
            assert each.numbers == list(range(1, 17))
            assert set(range(1, 16)) <= set(each.by("outlet"))
            assert each.got[-1][1].status == "succeeded"

    within(60, story())


def test_a_browser_that_is_slow_holds_up_no_other_and_misses_nothing(
    nobody_looks: None, row: Deployment, write: Any
) -> None:
    async def story() -> None:
        slow, quick = Browser(), Browser()
        watching = await at_rest(row, slow, quick)
        slow.ready.clear()
        for turn in range(1, 101):  # more batches than are kept
            await sync_to_async(write)(2)
            await until(lambda turn=turn: len(quick.numbers) == 2 * turn)
        assert slow.numbers == []
        slow.ready.set()
        await until(lambda: slow.numbers == list(range(1, 201)))
        await asyncio.sleep(0.2)
        await sync_to_async(write)(2)
        await until(lambda: slow.by("outlet")[-2:] == [201, 202])  # it rests as before
        await sync_to_async(write)(1, status="succeeded")
        await asyncio.gather(*watching)
        assert slow.numbers == quick.numbers == list(range(1, 204))

    within(60, story())


def test_a_browser_that_leaves_while_it_is_slow_is_let_go(
    nobody_looks: None, row: Deployment, write: Any
) -> None:
    async def story() -> None:
        gone, there = Browser(), Browser()
        leaving, staying = await at_rest(row, gone, there)
        gone.ready.clear()
        await sync_to_async(write)(1)
        await until(lambda: there.numbers == [1])
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        gone.ready.set()
        await sync_to_async(write)(1, status="succeeded")
        await staying
        assert (gone.numbers, there.numbers) == ([], [1, 2])

    within(60, story())


def test_a_browser_that_just_left_is_sent_nothing(
    nobody_looks: None, row: Deployment, write: Any
) -> None:
    async def story() -> None:
        browser = Browser()
        (leaving,) = await at_rest(row, browser)
        leaving.cancel()
        message = Message(last=1, status="running", parts=False, first=1, lines=b"[]")
        live.hub()._feeds[row.pk].hear(message)  # before its task has had a turn
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert browser.numbers == []

    within(60, story())


def test_a_way_that_is_broken_ends_its_own_browser_only(
    nobody_looks: None, row: Deployment, write: Any
) -> None:
    async def broken(lines: bytes) -> None:
        raise ConnectionResetError("it is gone")

    async def story() -> None:
        bad, good = Browser(), Browser()
        failing, fine = await at_rest(row, bad, good)
        bad.outlet.open(broken)
        await sync_to_async(write)(2)
        with pytest.raises(ConnectionResetError):
            await failing
        await sync_to_async(write)(1, status="succeeded")
        await fine
        assert good.numbers == [1, 2, 3]

    within(60, story())


def test_parts_that_may_have_changed_wake_those_who_got_their_lines(
    nobody_looks: None, row: Deployment, write: Any
) -> None:
    async def story() -> None:
        browser = Browser()
        (watching,) = await at_rest(row, browser)
        parts = browser.got[-1][1].parts
        await sync_to_async(write)(2, parts=True)
        await until(lambda: browser.got[-1][1].parts > parts)
        assert [(way, moment.lines != b"") for way, moment in browser.got[-2:]] == [
            ("outlet", True), ("task", False),
        ]  # fmt: skip
        await sync_to_async(write)(1, status="succeeded")
        await watching
        assert browser.numbers == [1, 2, 3]

    within(60, story())


def test_lines_that_do_not_follow_on_what_it_has_do_not_go_to_the_outlet(
    nobody_looks: None, row: Deployment, write: Any, write_with_losses: Any
) -> None:
    async def story() -> None:
        browser = Browser()
        (watching,) = await at_rest(row, browser)
        await write_with_losses()
        await sync_to_async(write)(1, status="succeeded")
        await watching
        assert browser.numbers == list(range(1, 26))
        assert browser.by("outlet")

    within(60, story())
