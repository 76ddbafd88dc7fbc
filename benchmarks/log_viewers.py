"""Viewers of a log, in a process of their own, and the bare fan-out that they are held against."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dashboard.supervisor.ports import free

PATIENCE = 60.0


class Viewer(asyncio.Protocol):
    """Notes what comes and when; what it means is found out after the round."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self.pieces: list[tuple[float, bytes]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if self._request:
            transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.pieces.append((time.monotonic(), data))


def watch(
    pipe: Any, viewers: int, port: int, path: str, cookies: list[str], floor: int
) -> None:  # fmt: skip
    """Connect all; then answer the name of a kind with what its viewers received since."""
    asyncio.run(_watch(pipe, viewers, port, path, cookies, floor))


async def _watch(
    pipe: Any, viewers: int, port: int, path: str, cookies: list[str], floor: int
) -> None:
    loop = asyncio.get_running_loop()
    found: dict[str, list[Viewer]] = {"product": [], "bare": []}
    for number in range(viewers):
        cookie = cookies[number % len(cookies)]
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={cookie}\r\n\r\n"
        for name, to, said in (("product", port, request), ("bare", floor, "")):
            viewer = Viewer(said.encode())
            await loop.create_connection(lambda viewer=viewer: viewer, "127.0.0.1", to)
            found[name].append(viewer)
    deadline = time.monotonic() + PATIENCE
    while not all(b"event: resource" in joined(each.pieces) for each in found["product"]):
        assert time.monotonic() < deadline, "not every viewer was answered"
        await asyncio.sleep(0.1)
    await asyncio.sleep(1.0)
    pipe.send("watching")
    while (name := await loop.run_in_executor(None, pipe.recv)) != "end":
        received = [viewer.pieces for viewer in found[name]]
        for viewer in found[name]:
            viewer.pieces = []
        pipe.send(received)


def joined(pieces: list[tuple[float, bytes]]) -> bytes:
    return b"".join(data for _, data in pieces)


# ── The bare fan-out ────────────────────────────────────────────────────────────────


@dataclass
class FanOut:
    viewers: int  # port
    producer: socket.socket


@contextmanager
def fan_out() -> Iterator[FanOut]:
    viewers, producer = free(2)
    argv = [sys.executable, "-m", "benchmarks.log_viewers", str(viewers), str(producer)]
    process = subprocess.Popen(argv, env=os.environ)
    try:
        await_port(viewers)
        with socket.create_connection(("127.0.0.1", producer)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield FanOut(viewers, connection)
    finally:
        process.terminate()
        process.wait(10)


def await_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, f"nobody listens on {port}"
            time.sleep(0.1)


async def serve(viewers: int, producer: int) -> None:
    everybody: set[asyncio.StreamWriter] = set()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        everybody.add(writer)
        await reader.read()
        everybody.discard(writer)

    async def give(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 20):
            for writer in everybody:
                writer.write(data)

    await asyncio.start_server(take, "127.0.0.1", viewers)
    await asyncio.start_server(give, "127.0.0.1", producer)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
