"""The sandbox's process: builds the parts, starts the listeners, waits for the end."""

from __future__ import annotations

import importlib.util
import logging
import signal
import threading
from datetime import datetime, timedelta
from pathlib import Path
from socketserver import BaseServer
from typing import Any

from provisioning.sandbox.aws.gate import Gate
from provisioning.sandbox.aws.moto_app import MotoApp
from provisioning.sandbox.clock import Clock, to_datetime
from provisioning.sandbox.control import make_control_server
from provisioning.sandbox.listeners import make_wsgi_server, serve_in_thread

log = logging.getLogger(__name__)

_PROVIDER = "provisioning.sandbox.provider.daemon"


class Sandbox:
    """The running whole; also what the control address controls."""

    def __init__(
        self, *, folder: Path, aws_port: int, provider_port: int, control_port: int
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._clock = Clock()
        gate = Gate(port=aws_port, moto=MotoApp(self._clock), services={})
        self._ports = {"aws": aws_port, "provider": provider_port, "control": control_port}
        self._servers: dict[str, BaseServer] = {
            "aws": make_wsgi_server(port=aws_port, app=gate),
            "control": make_control_server(port=control_port, sandbox=self),
        }
        self._threads: dict[str, threading.Thread] = {}
        self._provider: Any = None

    def start(self) -> None:
        for name, server in self._servers.items():
            self._threads[name] = serve_in_thread(server, name=name)
            print(f"sandbox {name}: http://127.0.0.1:{self._ports[name]}", flush=True)
        self._provider = _start_provider(
            port=self._ports["provider"], aws_url=f"http://127.0.0.1:{self._ports['aws']}"
        )
        if self._provider:
            print(f"sandbox provider: 127.0.0.1:{self._ports['provider']}", flush=True)

    def stop(self) -> None:
        if self._provider:
            self._provider.stop()
        for server in self._servers.values():
            server.shutdown()
            server.server_close()

    def health(self) -> dict[str, bool]:
        parts = {name: thread.is_alive() for name, thread in self._threads.items()}
        return parts if self._provider is None else {**parts, "provider": True}

    def now(self) -> datetime:
        return to_datetime(self._clock.read())

    def advance(self, delta: timedelta) -> datetime:
        self._clock.advance_to(self._clock.read() + delta.total_seconds())
        return self.now()


def _start_provider(*, port: int, aws_url: str) -> Any:
    if importlib.util.find_spec(_PROVIDER) is None:
        log.warning("there is no %s yet", _PROVIDER)
        return None
    return importlib.import_module(_PROVIDER).start(port=port, aws_url=aws_url)


def serve(*, folder: Path, aws_port: int, provider_port: int, control_port: int) -> int:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    sandbox = Sandbox(
        folder=folder, aws_port=aws_port, provider_port=provider_port, control_port=control_port
    )
    sandbox.start()
    ended.wait()
    sandbox.stop()
    return 0
