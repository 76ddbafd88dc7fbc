"""Following a Deployment: rows first, then by Redis, and without Redis too."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from dashboard import launch, live
from dashboard.live import Moment, following, hearing
from dashboard.models import Deployment, Pipeline, User
from tests.dashboard.live.conftest import numbers, until, within
from tests.redis_process import RedisProcess

pytestmark = pytest.mark.django_db(transaction=True)


async def heard(row: Deployment, after: int = 0) -> list[Moment]:
    return [moment async for moment in live.follow(row.pk, after)]


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


def test_new_lines_come_when_they_are_told(nobody_looks: None, row: Deployment, write: Any) -> None:
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
    nobody_looks: None, pipeline: Pipeline, new_deployment: Any, member: User
) -> None:
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
    with_redis: RedisProcess, nobody_looks: None, row: Deployment, write: Any, reads: list[int]
) -> None:
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
    nobody_looks: None, row: Deployment, write: Any, reads: list[int]
) -> None:
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
    nobody_looks: None, row: Deployment, write: Any
) -> None:
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
    with_redis: RedisProcess, row: Deployment, write: Any, write_with_losses: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(hearing, "BEAT_SECONDS", 60.0)

    async def story() -> list[Moment]:
        following = asyncio.create_task(heard(row))
        await until(lambda: live.hub().connected)
        await write_with_losses()
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
