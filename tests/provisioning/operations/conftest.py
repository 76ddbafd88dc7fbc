from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from provisioning.contracts import EngineCommand
from provisioning.operations import running
from tests.provisioning.engine.tiny_provider import TinyProvider, tiny_provider
from tests.provisioning.operations.tiny_stack import TinyStack


@pytest.fixture
def provider() -> Iterator[tuple[TinyProvider, str]]:
    with tiny_provider() as served:
        yield served


class Clock(BaseHTTPRequestHandler):
    """The one address of the sandbox's control that an operation asks."""

    def do_GET(self) -> None:
        body = json.dumps({"now": datetime.now(UTC).isoformat()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def clock() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Clock)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def things(provider: tuple[TinyProvider, str]) -> dict[str, dict[str, object]]:
    """What exists in the tiny cloud."""
    return provider[0].things


@pytest.fixture
def stack(
    tmp_path: Path,
    engine: EngineCommand,
    provider: tuple[TinyProvider, str],
    clock: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[TinyStack]:
    monkeypatch.setattr(running, "MODULE", "tests.provisioning.operations.tiny_process")
    folder = tmp_path / "odd # 100%25 name?"
    folder.mkdir()
    tiny = TinyStack(folder=folder, engine=engine, provider=provider[1], clock=clock)
    yield tiny
    for operation in tiny.running:
        if operation.poll() is None:
            operation.kill()
