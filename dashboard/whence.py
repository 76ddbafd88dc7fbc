"""From where a person's request comes, for the audit log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware

from dashboard.audit import SOURCE, WORKER


@sync_and_async_middleware
def whence(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """While a request is answered, entries of the audit log are from its address."""
    if iscoroutinefunction(get_response):

        async def answer(request: HttpRequest) -> Any:
            token = SOURCE.set(_address(request))
            try:
                later: Awaitable[Any] = get_response(request)
                return await later
            finally:
                SOURCE.reset(token)

        return answer

    def answer_now(request: HttpRequest) -> Any:
        token = SOURCE.set(_address(request))
        try:
            return get_response(request)
        finally:
            SOURCE.reset(token)

    return answer_now


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR") or WORKER)[:45]
