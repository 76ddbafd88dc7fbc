"""Lists in pages, as Google's APIs give them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from provisioning.sandbox.google.calls import Call
from provisioning.sandbox.google.dialect import refusal

T = TypeVar("T")


def page(
    call: Call,
    items: Iterable[T],
    field: str,
    show: Callable[[T], Mapping[str, Any]],
    *,
    usual: int = 50,
    most: int = 1000,
) -> dict[str, Any]:
    """One page of items that come in a lasting order."""
    size = call.number("pageSize", 0)
    if size < 0:
        raise refusal("INVALID_ARGUMENT", "The page size must not be negative.")
    found, token = cut(items, size=min(size or usual, most), token=call["pageToken"])
    answer: dict[str, Any] = {field: [show(item) for item in found]} if found else {}
    return {**answer, "nextPageToken": token} if token else answer


def cut(items: Iterable[T], *, size: int, token: str) -> tuple[list[T], str]:
    """The page that the token begins, and the token of the one after it."""
    rows = list(items)
    start = _read(token) if token else 0
    end = start + size
    return rows[start:end], _written(end) if end < len(rows) else ""


def _written(offset: int) -> str:
    return base64.urlsafe_b64encode(f"page-{offset}".encode()).decode()


def _read(token: str) -> int:
    try:
        word, _, offset = base64.urlsafe_b64decode(token).decode().partition("-")
        if word == "page":
            return int(offset)
    except ValueError:
        pass
    raise refusal("INVALID_ARGUMENT", "The page token is not valid.")
