"""The sandbox's process: builds the parts, starts the listeners, waits for the end."""

from __future__ import annotations

import fcntl
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from socketserver import BaseServer
from typing import Any

from provisioning.sandbox.aws.allowed import NotAllowed
from provisioning.sandbox.aws.moto_state import OtherRelease
from provisioning.sandbox.aws.sandbox_aws import build_aws
from provisioning.sandbox.azure.sandbox_azure import build_azure
from provisioning.sandbox.clock import to_datetime
from provisioning.sandbox.control import make_control_server
from provisioning.sandbox.faults import Faults
from provisioning.sandbox.flow import Flow, load_clock
from provisioning.sandbox.google.sandbox_google import build_google
from provisioning.sandbox.identities import Identities
from provisioning.sandbox.journal import Journal
from provisioning.sandbox.listeners import make_wsgi_server, serve_in_thread
from provisioning.sandbox.provider import daemon
from provisioning.sandbox.records import BEGIN_ANEW, Unreadable
from provisioning.sandbox.simulation import Simulation
from provisioning.sandbox.store import Store
from provisioning.sandbox.world import World
from provisioning.sandbox.world_lock import WorldLock


class Occupied(Exception):
    """Another sandbox uses the folder."""


@dataclass(frozen=True)
class Ports:
    """Where each part listens on 127.0.0.1."""

    aws: int
    azure: int
    google: int
    provider: int
    control: int


class Sandbox:
    """The running whole; also what the control address controls."""

    def __init__(self, *, folder: Path, ports: Ports) -> None:
        self._claim = _claim(folder)
        lock = self._lock = WorldLock()
        self._store = Store(folder / "sandbox.db", lock=lock)
        self._clock = load_clock(self._store)
        simulation = Simulation(clock=self._clock, lock=lock)
        self._flow = Flow(clock=self._clock, store=self._store, simulation=simulation, lock=lock)
        self.journal = Journal(self._store, self._clock)
        self.faults = Faults(self._store, self._clock)
        self.identities = Identities()
        self._ports = ports
        world = World(
            lock=lock,
            clock=self._clock,
            store=self._store,
            simulation=simulation,
            journal=self.journal,
            faults=self.faults,
            folder=folder,
            control_url=f"http://127.0.0.1:{ports.control}",
        )
        clouds = {
            "aws": (ports.aws, build_aws(world, port=ports.aws)),
            "azure": (ports.azure, build_azure(world, port=ports.azure)),
            "google": (ports.google, build_google(world, port=ports.google)),
        }
        self._store.commit()
        gc.freeze()  # what was loaded stays: the collector need not look at it again
        self._servers: dict[str, BaseServer] = {
            **{name: make_wsgi_server(port=port, app=app) for name, (port, app) in clouds.items()},
            "control": make_control_server(port=ports.control, sandbox=self),
        }
        self._threads: dict[str, threading.Thread] = {}
        self._provider: Any = None
        self._simulation = simulation

    def start(self) -> None:
        self._flow.start()
        for name, server in self._servers.items():
            self._threads[name] = serve_in_thread(server, name=name)
            print(f"sandbox {name}: http://127.0.0.1:{getattr(self._ports, name)}", flush=True)
        self._provider = daemon.start(
            port=self._ports.provider,
            aws_url=f"http://127.0.0.1:{self._ports.aws}",
            azure_url=f"http://127.0.0.1:{self._ports.azure}",
            google_url=f"http://127.0.0.1:{self._ports.google}",
            identities=self.identities,
        )
        print(f"sandbox provider: 127.0.0.1:{self._ports.provider}", flush=True)

    def stop(self) -> None:
        if self._provider:
            self._provider.stop()
        for server in self._servers.values():
            server.shutdown()
            server.server_close()
        self._flow.stop()
        self._simulation.close()
        self._store.changed()
        self._store.commit()
        self._store.close()
        os.close(self._claim)

    def health(self) -> dict[str, bool]:
        parts = {name: thread.is_alive() for name, thread in self._threads.items()}
        parts["clock"] = self._flow.alive
        return {**parts, "provider": self._provider is not None}

    def now(self) -> datetime:
        return to_datetime(self._clock.read())

    def speed(self) -> float:
        return self._clock.speed

    def advance(self, delta: timedelta) -> datetime:
        return self._flow.advance(delta)

    def run_at(self, speed: float) -> None:
        self._flow.run_at(speed)

    @contextmanager
    def changing(self) -> Iterator[None]:
        with self._lock:
            yield
        self._store.commit()


def _claim(folder: Path) -> int:
    """Two processes on one folder would overwrite each other's state."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "sandbox.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Occupied(f"Another sandbox is running on {folder}.") from error
    return descriptor


def serve(*, folder: Path, ports: Ports) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        sandbox = Sandbox(folder=folder, ports=ports)
        sandbox.start()
    except NotAllowed as error:
        print(f"{error} Another release of Skyclock wrote it? {BEGIN_ANEW}", file=sys.stderr)
        return 1
    except (OtherRelease, Occupied, Unreadable) as error:
        print(str(error), file=sys.stderr)
        return 1
    except OSError as error:  # a port in use, a folder that cannot be written
        print(f"The sandbox cannot start: {error}", file=sys.stderr)
        return 1
    ended.wait()
    sandbox.stop()
    return 0
