"""Following a Deployment: rows first, then by Redis, and without Redis too."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from dashboard import launch, live
from dashboard.live import Moment, following, hearing
from dashboard.live.telling import Message
from dashboard.models import Deployment, DeploymentLine, Pipeline, User
from tests.redis_process import RedisProcess

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    process = RedisProcess(tmp_path_factory.mktemp("redis"))
    try:
        yield process.start()
    finally:
        process.end()


@pytest.fixture
def with_redis(surroundings: None, redis: RedisProcess, settings: Any) -> RedisProcess:
    settings.REDIS_URL = redis.url
    live._publisher.cache_clear()
    return redis


@pytest.fixture
def row(pipeline: Pipeline, new_deployment: Any) -> Deployment:
    return new_deployment(pipeline, status="running")


@pytest.fixture
def write(row: Deployment) -> Callable[..., None]:
    """Add lines as `deployment_log` does, and tell, with the lines or without."""

    def written(
        count: int = 1, *, status: str = "running", along: bool = True, parts: bool = False
    ) -> None:
        first = Deployment.objects.get(pk=row.pk).last_line
        numbers = range(first + 1, first + count + 1)
        lines = [
            DeploymentLine(deployment=row, n=n, time=timezone.now(), level="info", text=f"line {n}")
            for n in numbers
        ]
        DeploymentLine.objects.bulk_create(lines)
        Deployment.objects.filter(pk=row.pk).update(last_line=first + count, status=status)
        told = lines if along else []
        live.publish(row.pk, last=first + count, status=status, lines=told, parts=parts)

    return written


def within(seconds: float, story: Coroutine[Any, Any, Any]) -> Any:
    async def told() -> Any:
        async with asyncio.timeout(seconds):
            return await story

    return asyncio.run(told())


async def heard(row: Deployment, after: int = 0) -> list[Moment]:
    return [moment async for moment in live.follow(row.pk, after)]


def numbers(moments: list[Moment]) -> list[int]:
    """Of the lines in the events, each of which names its last line."""
    found = []
    for moment in moments:
        if moment.lines:
            name, id, data = moment.lines.decode().rstrip("\n").split("\n")
            lines = [line[0] for line in json.loads(data.removeprefix("data: "))]
            assert (name, id) == ("event: line", f"id: {lines[-1]}")
            found += lines
    return found


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.01)


def test_what_has_ended_is_told_at_once(row: Deployment, write: Any) -> None:
    write(2500, status="succeeded")
    moments = within(60, heard(row))
    assert numbers(moments) == list(range(1, 2501))
    assert [moment.final for moment in moments] == [False, False, True]


def test_a_reload_goes_on_after_the_last_line(row: Deployment, write: Any) -> None:
    write(10, status="failed")
    assert numbers(within(60, heard(row, after=7))) == [8, 9, 10]
    (end,) = within(60, heard(row, after=10))
    assert (end.status, end.last, end.lines) == ("failed", 10, b"")


def test_new_lines_come_when_they_are_told(
    with_redis: RedisProcess, row: Deployment, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "BEAT_SECONDS", 60.0)
    monkeypatch.setattr(hearing, "LOOK_SECONDS", 60.0)
    write(3)

    async def story() -> list[Moment]:
        following = asyncio.create_task(heard(row))
        await until(lambda: live.hub().connected)
        for _ in range(5):
            await sync_to_async(write)(2)
        await sync_to_async(write)(1, status="succeeded")
        return await following

    assert numbers(within(60, story())) == list(range(1, 15))


def test_who_looks_sees_at_once_that_somebody_cancelled_it(
    with_redis: RedisProcess, pipeline: Pipeline, new_deployment: Any, member: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(hearing, "BEAT_SECONDS", 60.0)
    monkeypatch.setattr(hearing, "LOOK_SECONDS", 60.0)
    row = new_deployment(pipeline, status="awaiting_approval")
    seen: list[str] = []

    async def follow() -> None:
        async for moment in live.follow(row.pk, 0):
            seen.append(moment.status)

    async def story() -> None:
        following = asyncio.create_task(follow())
        await until(lambda: live.hub().connected)
        await asyncio.sleep(1)  # it looks when it comes, and once more when Redis listens
        await sync_to_async(launch.request_cancel)(actor=member, deployment=row)
        await following

    within(20, story())
    assert seen[-1] == "cancelled"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lines after which the rows were read."""
    found: list[int] = []
    rows = following._rows

    def counted(id: int, after: int) -> following.Read | None:
        found.append(after)
        return rows(id, after)

    monkeypatch.setattr(following, "_rows", counted)
    return found


def test_many_readers_share_one_subscription_and_its_reads(
    with_redis: RedisProcess, row: Deployment, write: Any, reads: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(hearing, "BEAT_SECONDS", 60.0)
    monkeypatch.setattr(hearing, "LOOK_SECONDS", 60.0)

    async def story() -> list[list[Moment]]:
        following = [asyncio.create_task(heard(row)) for _ in range(20)]
        await until(lambda: live.hub().connected)
        assert with_redis.client().pubsub_numpat() == 1
        await sync_to_async(write)(4, status="cancelled")
        found = await asyncio.gather(*following)
        await until(lambda: with_redis.client().pubsub_numpat() == 0)
        return found

    for moments in within(60, story()):
        assert numbers(moments) == [1, 2, 3, 4]
    assert len(reads) <= 4  # not one for each reader


def test_lines_that_come_with_the_message_are_not_read_again(
    with_redis: RedisProcess, row: Deployment, write: Any, reads: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(hearing, "BEAT_SECONDS", 60.0)
    monkeypatch.setattr(hearing, "LOOK_SECONDS", 60.0)

    async def story() -> list[Moment]:
        following = asyncio.create_task(heard(row))
        await until(lambda: live.hub().connected)
        await asyncio.sleep(1)
        begun = len(reads)
        for _ in range(20):
            await sync_to_async(write)(3)
        await asyncio.sleep(0.3)
        assert len(reads) == begun
        await sync_to_async(write)(1, status="succeeded")
        return await following

    assert numbers(within(60, story())) == list(range(1, 62))


def test_whoever_waits_for_lines_goes_round_once_for_each_batch(
    with_redis: RedisProcess, row: Deployment, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "BEAT_SECONDS", 60.0)
    monkeypatch.setattr(hearing, "LOOK_SECONDS", 60.0)

    async def story() -> list[Moment]:
        following = asyncio.create_task(heard(row))
        await until(lambda: live.hub().connected)
        await asyncio.sleep(1)
        for _ in range(5):
            await sync_to_async(write)(3)
            await asyncio.sleep(0.2)
        await sync_to_async(write)(1, status="succeeded")
        return await following

    moments = within(60, story())
    first, last = (next(n for n, moment in enumerate(moments) if moment.last == line)
                   for line in (3, 15))  # fmt: skip
    assert [moment.last for moment in moments[first : last + 1]] == [3, 6, 9, 12, 15]


def test_a_message_that_was_lost_leaves_no_gap(
    with_redis: RedisProcess, row: Deployment, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "BEAT_SECONDS", 60.0)
    publish = live._publisher().publish

    async def story() -> list[Moment]:
        following = asyncio.create_task(heard(row))
        await until(lambda: live.hub().connected)
        for turn in range(12):
            lost = turn % 3 == 1
            monkeypatch.setattr(
                live._publisher(), "publish", (lambda *_: None) if lost else publish
            )
            await sync_to_async(write)(2, along=turn % 4 != 0)
        await sync_to_async(write)(1, status="succeeded")
        return await following

    assert numbers(within(60, story())) == list(range(1, 26))


def test_more_lines_than_a_message_may_have_come_from_the_rows(
    with_redis: RedisProcess, row: Deployment, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.live.telling.MOST_BYTES", 2000)

    async def story() -> list[Moment]:
        following = asyncio.create_task(heard(row))
        await until(lambda: live.hub().connected)
        await sync_to_async(write)(2500)
        await sync_to_async(write)(2)
        await sync_to_async(write)(1, status="succeeded")
        return await following

    assert numbers(within(60, story())) == list(range(1, 2504))


def test_without_redis_it_looks_from_time_to_time(
    row: Deployment, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "LOOK_SECONDS", 0.1)

    async def story() -> list[Moment]:
        following = asyncio.create_task(heard(row))
        await asyncio.sleep(0.3)
        await sync_to_async(write)(2)
        await asyncio.sleep(0.3)
        await sync_to_async(write)(1, status="interrupted")
        return await following

    assert numbers(within(60, story())) == [1, 2, 3]


def test_redis_may_come_and_go(
    with_redis: RedisProcess, row: Deployment, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "LOOK_SECONDS", 0.1)

    async def story() -> list[Moment]:
        following = asyncio.create_task(heard(row))
        await until(lambda: live.hub().connected)
        with_redis.client().client_kill_filter(_type="pubsub")
        await asyncio.sleep(0.3)
        await sync_to_async(write)(1)
        await until(lambda: live.hub().connected)
        await sync_to_async(write)(1, status="succeeded")
        return await following

    assert numbers(within(60, story())) == [1, 2]


def test_a_deployment_that_is_deleted_ends_the_story(row: Deployment) -> None:
    row.delete()
    assert within(60, heard(Deployment(pk=4711))) == []


def test_telling_does_not_fail_without_redis(row: Deployment) -> None:
    started = time.monotonic()
    for _ in range(100):
        live.publish(row.pk, last=1, status="running")
    assert time.monotonic() - started < 30


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


@pytest.fixture
def nobody_looks(with_redis: RedisProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "BEAT_SECONDS", 60.0)
    monkeypatch.setattr(hearing, "LOOK_SECONDS", 60.0)


async def at_rest(*browsers: Browser) -> None:
    """Each looks when it comes, and once more when Redis listens."""
    await until(lambda: live.hub().connected)
    await until(lambda: all(len(each.got) >= 2 for each in browsers))
    await asyncio.sleep(0.2)


def test_lines_go_to_all_who_rest_without_waking_them(
    nobody_looks: None, row: Deployment, write: Any
) -> None:
    async def story() -> None:
        browsers = [Browser() for _ in range(20)]
        watching = [asyncio.create_task(each.watch(row)) for each in browsers]
        await at_rest(*browsers)
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
        watching = [asyncio.create_task(each.watch(row)) for each in (slow, quick)]
        await at_rest(slow, quick)
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
        leaving, staying = (asyncio.create_task(each.watch(row)) for each in (gone, there))
        await at_rest(gone, there)
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
        leaving = asyncio.create_task(browser.watch(row))
        await at_rest(browser)
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
        failing, fine = (asyncio.create_task(each.watch(row)) for each in (bad, good))
        await at_rest(bad, good)
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
        watching = asyncio.create_task(browser.watch(row))
        await at_rest(browser)
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
    nobody_looks: None, row: Deployment, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = live._publisher().publish

    async def story() -> None:
        browser = Browser()
        watching = asyncio.create_task(browser.watch(row))
        await at_rest(browser)
        for turn in range(12):
            lost = turn % 3 == 1
            monkeypatch.setattr(
                live._publisher(), "publish", (lambda *_: None) if lost else publish
            )
            await sync_to_async(write)(2, along=turn % 4 != 0)
            await asyncio.sleep(0.05)
        await sync_to_async(write)(1, status="succeeded")
        await watching
        assert browser.numbers == list(range(1, 26))
        assert browser.by("outlet")

    within(60, story())
