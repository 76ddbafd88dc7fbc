from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from dashboard.bodies import Limited


async def reading(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body as Django does, and answers with how it ended and its length."""
    length = 0
    while (message := await receive())["type"] == "http.request":
        length += len(message["body"])
        if not message["more_body"]:
            break
    if message["type"] == "http.request":
        await send({"type": "told", "length": length})


def ask(*parts: bytes, announced: int | None = None) -> list[dict[str, Any]]:
    headers = [] if announced is None else [(b"content-length", str(announced).encode())]
    messages: Iterator[dict[str, Any]] = iter(
        {"type": "http.request", "body": part, "more_body": n < len(parts)}
        for n, part in enumerate(parts, start=1)
    )
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": headers}
    asyncio.run(Limited(reading, most=10)(scope, receive, send))
    return sent


def test_a_body_of_usual_length_is_read_whole() -> None:
    assert ask(b"12345", b"67890") == [{"type": "told", "length": 10}]
    assert ask(b"12345", announced=5)[0]["length"] == 5


def test_one_that_says_it_is_too_long_is_not_read() -> None:
    assert [refused(ask(b"never read", announced=11)), refused(ask(announced=11))] == [True, True]


def test_one_that_does_not_say_is_cut_off() -> None:
    assert refused(ask(b"12345", b"67890", b"1", b"2"))


def refused(sent: list[dict[str, Any]]) -> bool:
    body = b"The body is larger than what is read here."
    return (sent[0]["status"], sent[1]["body"]) == (413, body)
