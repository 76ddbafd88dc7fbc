"""Start everything, say when it is ready, end everything."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Callable, Set
from pathlib import Path
from typing import IO

import psutil

from dashboard.supervisor import parts, ports
from dashboard.supervisor.parts import PYTHON, Layout
from dashboard.supervisor.processes import (
    Part,
    adopt_orphans,
    bury_orphans,
    cancel_operations,
    end,
    end_with_parent,
    kill_what_is_left,
)
from dashboard.supervisor.terminal import say

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """A part that everything needs could not be brought up; the text says which."""


class Supervisor:
    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.parts: list[Part] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.stop = asyncio.Event()
        self.asked = 0

    async def run(self) -> int:
        adopt_orphans()
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._asked_to_stop)
        self.tasks.append(asyncio.ensure_future(self._bury()))
        bring_up = asyncio.ensure_future(self._bring_up())
        stop = asyncio.ensure_future(self.stop.wait())
        await asyncio.wait({bring_up, stop}, return_when=asyncio.FIRST_COMPLETED)
        code = 0
        if bring_up.done() and (error := bring_up.exception()):
            say("skyclock", str(error))
            code = 1
        else:
            await self.stop.wait()
        bring_up.cancel()
        await self._end()
        return code

    def _asked_to_stop(self) -> None:
        self.asked += 1
        if self.asked > 1:
            say("skyclock", "stopping at once")
            kill_what_is_left()
        self.stop.set()

    def start(self, part: Part) -> Part:
        self.parts.append(part)
        self.tasks.append(asyncio.ensure_future(part.run()))
        return part

    async def _bring_up(self) -> None:
        layout = self.layout
        say("skyclock", f"starting on {layout.url}, everything it keeps is in {layout.data}")
        layout.worker_ready.unlink(missing_ok=True)
        layout.engine_state.unlink(missing_ok=True)
        redis_url = os.environ.get("REDIS_URL") or ""
        if not redis_url:
            redis, redis_url = parts.redis(layout)
            self.start(redis)
        env = parts.environment(layout, redis_url)
        self.start(parts.engine(layout))
        if layout.with_sandbox:
            self.start(parts.sandbox(layout))
        how_to_sign_in = await self._prepare(env)
        self.start(parts.web(layout, env))
        self.start(parts.worker(env))
        self.start(parts.beat(layout, env))
        if layout.with_sandbox:
            await self._until(lambda: _answers(f"{layout.control_url}/health"), "the sandbox", 60)
        await self._until(lambda: _answers(f"{layout.url}/healthz"), "the web server", 60)
        if not self._engine_ready():
            say("skyclock", f"pages are up at {layout.url}; deployments wait for the engine")
        await self._until(layout.worker_ready.exists, "the worker", 60)
        await self._until(self._engine_ready, "the Pulumi engine", 3600)
        say("skyclock", f"Skyclock is ready: {layout.url}")
        say("skyclock", how_to_sign_in)

    async def _prepare(self, env: dict[str, str]) -> str:
        """Migrate and seed in a process of its own; returns the sentence on how to sign in."""
        if password := os.environ.get(parts.ADMIN_PASSWORD):
            env = {**env, parts.ADMIN_PASSWORD: password}
        process = await asyncio.create_subprocess_exec(
            PYTHON, "manage.py", "prepare", env=env, stdout=asyncio.subprocess.PIPE,
            start_new_session=True, preexec_fn=end_with_parent,
        )  # fmt: skip
        output, _ = await process.communicate()
        if process.returncode:
            raise Stopped("The database could not be prepared; the lines above say why.")
        lines = output.decode().strip().splitlines()
        return lines[-1] if lines else ""

    async def _until(self, ready: Callable[[], bool], what: str, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not await asyncio.to_thread(ready):
            if loop.time() > deadline:
                raise Stopped(f"Gave up after {seconds:.0f} s of waiting for {what}.")
            await asyncio.sleep(0.1)

    def _engine_ready(self) -> bool:
        try:
            state = json.loads(self.layout.engine_state.read_text())
        except (FileNotFoundError, ValueError):
            return False
        if state["state"] == "failed":
            raise Stopped(f"There is no Pulumi engine: {state['message']}")
        return bool(state["state"] == "ready")

    async def _bury(self) -> None:
        ended: Set[psutil.Process] = frozenset()
        while True:
            await asyncio.sleep(5)
            ended = bury_orphans(ended)

    async def _end(self) -> None:
        say("skyclock", "stopping")
        cancel_operations()
        servers = [part for part in self.parts if part.name in ("web", "worker", "beat", "engine")]
        await end(servers, seconds=20)
        await end([part for part in self.parts if part not in servers], seconds=10)
        for task in self.tasks:
            task.cancel()
        kill_what_is_left()
        say("skyclock", "stopped")


def _answers(url: str) -> bool:
    # Proxies of the environment have no business with addresses on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def claim(data: Path) -> IO[str]:
    """Hold the data folder, or say in a sentence who does."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = (data / "run.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit(
            f"Skyclock runs already on the data folder {data}. "
            "Stop it first, or set SKYCLOCK_DATA to another folder."
        ) from None
    return lock


def check_port(host: str, port: int) -> None:
    if not ports.is_free(port, host):
        raise SystemExit(
            f"Port {port} on {host} is in use. Set PORT to another one: PORT={port + 1} make run"
        )
