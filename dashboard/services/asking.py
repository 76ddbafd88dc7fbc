"""Asking a cloud here and now, because a person wants to see it: only so long, and not for each
look anew."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from typing import TypeVar

from django.core.cache import cache

from provisioning.contracts import Value
from provisioning.errors import CloudAway

SECONDS = 20.0
AT_ONCE = 16

V = TypeVar("V", bound=Value)
T = TypeVar("T")
_pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="asking")


def within(ask: Callable[[], T], *, seconds: float = SECONDS) -> T:
    """The answer, or CloudAway. `ask` may use no database: it runs in another thread, where a
    cloud that takes its time ends by the time limits of its SDK."""
    answer = _pool.submit(ask)
    try:
        return answer.result(seconds)
    except TookTooLong:
        answer.cancel()  # where it had to wait for others, it need not begin any more
        raise CloudAway(f"The cloud did not answer within {seconds:.0f} seconds.") from None


def remembered(key: str, kind: type[V], ask: Callable[[], V], *, seconds: float) -> V:
    """The answer of a moment ago, where there is one in this process."""
    known = cache.get(key)
    if known is not None:
        return kind.model_validate_json(known)
    answer = ask()
    cache.set(key, answer.model_dump_json(), seconds)
    return answer
