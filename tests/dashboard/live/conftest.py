"""A running Deployment, somebody who writes its lines, and the Redis that tells of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from dashboard import live
from dashboard.live import Moment, hearing
from dashboard.models import Deployment, DeploymentLine, Pipeline
from tests.redis_process import RedisProcess


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


@pytest.fixture
def write_with_losses(write: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Twelve times two lines; of the messages each third is lost, each fourth has no lines."""

    async def written() -> None:
        publish = live._publisher().publish
        for turn in range(12):
            told = publish if turn % 3 != 1 else lambda *_: None
            monkeypatch.setattr(live._publisher(), "publish", told)
            await sync_to_async(write)(2, along=turn % 4 != 0)
            await asyncio.sleep(0.05)

    return written


@pytest.fixture
def nobody_looks(with_redis: RedisProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "BEAT_SECONDS", 60.0)
    monkeypatch.setattr(hearing, "LOOK_SECONDS", 60.0)


def within(seconds: float, story: Coroutine[Any, Any, Any]) -> Any:
    async def told() -> Any:
        async with asyncio.timeout(seconds):
            return await story

    return asyncio.run(told())


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
