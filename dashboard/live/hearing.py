"""Hearing what is new: the one subscription of this process, shared by all who follow."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from dashboard.live.outlet import Begun, Outlet
from dashboard.live.telling import CHANNEL, Message
from dashboard.live.wire import lines_event
from dashboard.models import Deployment

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0  # while Redis is away
BEAT_SECONDS = 10.0  # while it is there, in case a message was lost
KEPT = 64  # batches of lines, for who was busy when they came


@dataclass(frozen=True)
class Moment:
    """What is new since the last Moment: lines as an event of the stream, and whether the
    page's parts may have changed. One serves all who follow: each has little to do for it."""

    lines: bytes  # empty where none is new
    last: int  # number of the last line that was handed out
    parts: int  # a count, which is higher when the parts may have changed
    status: str = ""  # the last word; nothing comes after it

    @property
    def final(self) -> bool:
        return bool(self.status)


@dataclass(eq=False)
class Resting:
    """One who follows and has had everything up to line `after`."""

    after: int
    outlet: Outlet
    woken: asyncio.Future[None]
    sending: Begun | None = None  # what has to end first

    def takes(self, moment: Moment, *, after: int) -> bool:
        """Whether it could be given the lines that come after that one, and rests on."""
        if self.outlet.closed or self.after != after or self.woken.done():
            return False
        self.after = moment.last
        try:
            self.sending = self.outlet.send(moment.lines)
        except Exception as error:
            self.woken.set_exception(error)
        return self.sending is None and not self.woken.done()

    def wake(self) -> None:
        if not self.woken.done():  # it may have left
            self.woken.set_result(None)


class Feed:
    """What is heard of one Deployment. Counters, so that each follower sees what is new to it."""

    def __init__(self) -> None:
        self.followers = 0
        self.looks = 0  # times at which there was reason to look into the rows
        self.parts = 0  # times at which the page's parts may have changed
        self.told = 0  # number of the last line that came with a message
        self.reading: dict[tuple[int, int, int], asyncio.Task[Any]] = {}
        self._face: object = None
        self._moments: dict[int, Moment] = {}  # by the number of the line before
        self._resting: list[Resting] = []

    async def changed(self, after: int, outlet: Outlet) -> int:
        """Rest until there is reason to go round; the number of the last line by then, which
        is higher than `after` where lines went to the outlet."""
        rest = Resting(after, outlet, asyncio.get_running_loop().create_future())
        self._resting.append(rest)
        await rest.woken
        if rest.sending:
            await rest.sending
        return rest.after

    def wake(self) -> None:
        resting, self._resting = self._resting, []
        for each in resting:
            each.wake()

    def look(self) -> None:
        self.looks += 1
        self.wake()

    def saw(self, face: object) -> None:
        """What the rows show beside lines; None where that hangs on other rows as well."""
        if face is None or face != self._face:
            self.parts += 1
        self._face = face

    def hear(self, message: Message) -> None:
        self.parts += message.parts
        if message.first:
            self._hand_out(self._keep(message), after=message.first - 1)
        unseen = not message.first or message.status in Deployment.FINAL
        self.looks += unseen
        if unseen or message.parts:
            self.wake()

    def _keep(self, message: Message) -> Moment:
        event = lines_event(message.lines, last=message.last)
        moment = Moment(event, message.last, self.parts)
        self._moments[message.first - 1] = moment
        self.told = message.last
        if len(self._moments) > KEPT:
            del self._moments[next(iter(self._moments))]
        return moment

    def _hand_out(self, moment: Moment, *, after: int) -> None:
        """To all who rest; who cannot be given it is woken."""
        resting, self._resting = self._resting, []
        for each in resting:
            if each.takes(moment, after=after):
                self._resting.append(each)
            else:
                each.wake()

    def after(self, number: int) -> Moment | None:
        """The lines that go on where this one ends, if they were heard of."""
        return self._moments.get(number)


class Hub:
    def __init__(self, url: str) -> None:
        self._url = url
        self._feeds: dict[int, Feed] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.connected = False

    @contextmanager
    def listening(self, deployment_id: int) -> Iterator[Feed]:
        feed = self._feeds.setdefault(deployment_id, Feed())
        feed.followers += 1
        self._start()
        try:
            yield feed
        finally:
            feed.followers -= 1
            if not feed.followers:
                del self._feeds[deployment_id]
            if not self._feeds:
                self._stop()

    def wake(self, deployment_id: int) -> None:
        if feed := self._feeds.get(deployment_id):
            feed.wake()

    def _start(self) -> None:
        if any(task.done() for task in self._tasks):
            self._stop()
        if not self._tasks:
            self._tasks = [asyncio.create_task(each) for each in (self._listen(), self._beat())]

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    async def _listen(self) -> None:
        while True:
            client = redis.asyncio.Redis.from_url(self._url, socket_connect_timeout=2)
            try:
                async with client.pubsub() as subscription:
                    await subscription.psubscribe(f"{CHANNEL}*")
                    async for message in subscription.listen():
                        self._hear(message)
            except RedisError as error:
                log.warning("Redis is away, looking every %.0f s: %s", LOOK_SECONDS, error)
            finally:
                self.connected = False
                with suppress(RedisError):
                    await client.aclose()
            await asyncio.sleep(LOOK_SECONDS)

    def _hear(self, message: dict[str, object]) -> None:
        if message["type"] == "psubscribe":
            self.connected = True
            self._look()  # what was said until now was said to nobody
        channel, data = message["channel"], message["data"]
        if not isinstance(channel, bytes) or not isinstance(data, bytes):
            return
        id = channel.decode().removeprefix(CHANNEL)
        if id.isdigit() and (feed := self._feeds.get(int(id))):
            feed.hear(Message.unpack(data))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS if self.connected else LOOK_SECONDS)
            self._look()

    def _look(self) -> None:
        for feed in self._feeds.values():
            feed.look()


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop; a web process has one."""
    loop = asyncio.get_running_loop()
    return _hubs.setdefault(loop, Hub(settings.REDIS_URL))


def wake(deployment_id: int) -> None:
    """Let who follows it here go round once more, with nothing new in the rows."""
    hub().wake(deployment_id)
