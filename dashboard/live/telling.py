"""Telling followers what is new."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import redis
from django.conf import settings
from redis.exceptions import RedisError

from dashboard.live.wire import lines_json
from dashboard.models import DeploymentLine

log = logging.getLogger(__name__)

CHANNEL = "deployment:"
AWAY_SECONDS = 5.0
MOST_BYTES = 256 * 1024  # of lines in one message; who follows finds more in the rows


@dataclass(frozen=True)
class Message:
    """`parts` is False where nothing but lines is new. `first` is the number of the first of
    the lines that come along, 0 where none do."""

    last: int
    status: str
    parts: bool
    first: int
    lines: bytes

    def pack(self) -> bytes:
        head = {"last": self.last, "status": self.status, "parts": self.parts}
        return json.dumps({**head, "first": self.first}).encode() + b"\n" + self.lines

    @classmethod
    def unpack(cls, data: bytes) -> Message:
        head, _, lines = data.partition(b"\n")
        return cls(lines=lines, **json.loads(head))


def publish(
    deployment_id: int,
    *,
    last: int,
    status: str,
    lines: Sequence[DeploymentLine] = (),
    parts: bool = True,
) -> None:
    """Tell followers, after the commit. That Redis is away does not stop a Deployment."""
    _publisher().publish(deployment_id, lambda: _message(last, status, lines, parts))


def _message(last: int, status: str, lines: Sequence[DeploymentLine], parts: bool) -> Message:
    along = lines_json(lines) if lines else b""
    fits = 0 < len(along) <= MOST_BYTES
    return Message(
        last=last,
        status=str(status),
        parts=parts,
        first=lines[0].n if fits else 0,
        lines=along if fits else b"",
    )


class Publisher:
    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        self._away_until = 0.0

    def publish(self, deployment_id: int, message: Callable[[], Message]) -> None:
        if time.monotonic() < self._away_until:
            return
        try:
            self._redis.publish(f"{CHANNEL}{deployment_id}", message().pack())
        except RedisError as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("Redis is away, followers look by themselves: %s", error)


@cache
def _publisher() -> Publisher:
    return Publisher(settings.REDIS_URL)
