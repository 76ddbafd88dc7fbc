"""Following a Deployment while it runs.

Writers say on a Redis channel that there is more; readers take it from the rows. One
subscription per web process wakes all who follow, because a subscription for each reader
collapses under many lines. Redis away: readers look every two seconds.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import TypeVar
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
from django.conf import settings
from django.db import close_old_connections
from redis.exceptions import RedisError

from dashboard import queries
from dashboard.models import Deployment, DeploymentLine

log = logging.getLogger(__name__)

CHANNEL = "deployment:"
LOOK_SECONDS = 2.0  # while Redis is away
BEAT_SECONDS = 10.0  # while it is there, in case a message was lost
GATHER_SECONDS = 0.05  # wait a moment for more lines to show at once
AWAY_SECONDS = 5.0
LINES = 1000
T = TypeVar("T")

# Reading rows must not take a thread and a database connection for each reader.
_readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live")


# ── Telling ─────────────────────────────────────────────────────────────────────────


def publish(deployment_id: int, *, last: int, status: str) -> None:
    """Tell followers that there is more. That Redis is away does not stop a Deployment."""
    _publisher().publish(deployment_id, json.dumps({"last": last, "status": status}))


class Publisher:
    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        self._away_until = 0.0

    def publish(self, deployment_id: int, message: str) -> None:
        if time.monotonic() < self._away_until:
            return
        try:
            self._redis.publish(f"{CHANNEL}{deployment_id}", message)
        except RedisError as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("Redis is away, followers look by themselves: %s", error)


@cache
def _publisher() -> Publisher:
    return Publisher(settings.REDIS_URL)


@dataclass(frozen=True)
class Moment:
    """The Deployment as it is now, and the lines that are new since the last Moment."""

    deployment: Deployment
    lines: list[DeploymentLine]
    last: int  # number of the last line that was handed out
    final: bool  # nothing will come after this one


# ── Hearing ─────────────────────────────────────────────────────────────────────────


class Hub:
    """The one subscription of this process, and who waits for which Deployment."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: dict[int, set[asyncio.Event]] = defaultdict(set)
        self._reading: dict[int, dict[int, asyncio.Task[Moment | None]]] = {}
        self._task: asyncio.Task[None] | None = None
        self.connected = False

    @contextmanager
    def listening(self, deployment_id: int) -> Iterator[asyncio.Event]:
        """An event that is set whenever there is more."""
        more = asyncio.Event()
        self._waiting[deployment_id].add(more)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())
        try:
            yield more
        finally:
            self._waiting[deployment_id].discard(more)
            if not self._waiting[deployment_id]:
                del self._waiting[deployment_id]
            if not self._waiting and self._task:
                self._task.cancel()
                self._task = None

    async def read(self, deployment_id: int, after: int) -> Moment | None:
        """The rows, read once for all who are at the same line.

        A message makes earlier reads stale: who comes after it begins a new one.
        """
        reading = self._reading.setdefault(deployment_id, {})
        if after not in reading:
            task = asyncio.create_task(_in_reader(lambda: _moment(deployment_id, after)))
            task.add_done_callback(lambda _: self._forget(deployment_id, after, task))
            reading[after] = task
        return await asyncio.shield(reading[after])

    def _forget(self, deployment_id: int, after: int, task: asyncio.Task[Moment | None]) -> None:
        reading = self._reading.get(deployment_id, {})
        if reading.get(after) is task:
            del reading[after]
        if not reading:
            self._reading.pop(deployment_id, None)

    async def _listen(self) -> None:
        while True:
            client = redis.asyncio.Redis.from_url(self._url, socket_connect_timeout=2)
            try:
                async with client.pubsub() as subscription:
                    await subscription.psubscribe(f"{CHANNEL}*")
                    self.connected = True
                    async for message in subscription.listen():
                        self._wake(message)
            except RedisError as error:
                log.warning("Redis is away, looking every %.0f s: %s", LOOK_SECONDS, error)
            finally:
                self.connected = False
                with suppress(RedisError):
                    await client.aclose()
            await asyncio.sleep(LOOK_SECONDS)

    def _wake(self, message: dict[str, object]) -> None:
        if message["type"] != "pmessage":
            return
        channel = message["channel"]
        id = channel.decode().removeprefix(CHANNEL) if isinstance(channel, bytes) else ""
        if id.isdigit():
            self._reading.pop(int(id), None)
            for more in self._waiting.get(int(id), ()):
                more.set()


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop; a web process has one."""
    loop = asyncio.get_running_loop()
    return _hubs.setdefault(loop, Hub(settings.REDIS_URL))


# ── Following ───────────────────────────────────────────────────────────────────────


async def follow(deployment_id: int, after: int) -> AsyncIterator[Moment]:
    """What there is from line `after` on, then what comes, until the end.

    Yields at once, then whenever something changed, at the latest every ten seconds, so
    that the connection to the browser is kept open.
    """
    with hub().listening(deployment_id) as more:
        while True:
            more.clear()
            moment = await hub().read(deployment_id, after)
            if moment is None:
                return  # it was deleted
            after = moment.last
            yield moment
            if moment.final:
                return
            if len(moment.lines) < LINES:
                await _pause(more)


async def _pause(more: asyncio.Event) -> None:
    patience = BEAT_SECONDS if hub().connected else LOOK_SECONDS
    with suppress(TimeoutError):
        await asyncio.wait_for(more.wait(), patience)
        await asyncio.sleep(GATHER_SECONDS)


def _moment(deployment_id: int, after: int) -> Moment | None:
    # The row before the lines: then all lines of a final row are there.
    row = Deployment.objects.filter(pk=deployment_id).first()
    if row is None:
        return None
    lines = queries.deployment_lines(deployment_id, after=after, limit=LINES)
    last = lines[-1].n if lines else after
    return Moment(row, lines, last, final=row.final and last >= row.last_line)


async def _in_reader(read: Callable[[], T]) -> T:
    def fresh() -> T:
        close_old_connections()
        try:
            return read()
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_readers, fresh)
