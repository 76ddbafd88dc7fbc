"""Processes under the supervisor: started, read line by line, started again, ended."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from dashboard.supervisor.terminal import say

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
OPERATION = "provisioning.operations"


@dataclass
class Part:
    """One process. `again`: start it anew, with growing delay, when it ends by itself."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    again: bool = True
    process: asyncio.subprocess.Process | None = None
    stopping: bool = False
    code: int | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        delay = 1.0
        while not self.stopping:
            began = asyncio.get_running_loop().time()
            self.code = await self._once()
            if self.stopping or not self.again:
                break
            if asyncio.get_running_loop().time() - began > 60:
                delay = 1.0
            say(self.name, f"ended with code {self.code}; starting it again in {delay:.0f} s")
            await asyncio.sleep(delay)
            delay = min(delay * 2, 30)
        self.ended.set()

    async def _once(self) -> int:
        # A session of its own: Ctrl-C reaches the supervisor alone, which ends parts in order.
        self.process = await asyncio.create_subprocess_exec(
            *self.argv,
            env=dict(self.env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent,
            limit=2**20,
        )
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            say(self.name, line.decode(errors="replace").rstrip())
        return await self.process.wait()

    def signal(self, number: int) -> None:
        self.stopping = True
        if self.process and self.process.returncode is None:
            self.process.send_signal(number)


def adopt_orphans() -> None:
    """Make processes that lose their parent ours, so that none is left behind (Linux only)."""
    if LIBC:
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with_parent() -> None:
    """Called in a new process, before its program: when the supervisor is killed, so is this
    (Linux only).

    Else the next start would find the ports taken. Every part can be killed without harm, and
    operations notice by themselves that their worker is gone.
    """
    if LIBC:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def descendants() -> list[psutil.Process]:
    children: list[psutil.Process] = psutil.Process().children(recursive=True)
    return children


def cancel_operations() -> None:
    """Ask every operation of the engine to end cleanly: what was created stays in its state."""
    for process in descendants():
        try:
            if OPERATION in process.cmdline():
                process.send_signal(signal.SIGTERM)
        except psutil.Error:
            continue


async def end(parts: Iterable[Part], *, seconds: float) -> None:
    """SIGTERM, then SIGKILL to what is still there after `seconds`."""
    parts = [part for part in parts if part.process]
    for part in parts:
        part.signal(signal.SIGTERM)
    waits = [asyncio.ensure_future(part.ended.wait()) for part in parts]
    if waits:
        await asyncio.wait(waits, timeout=seconds)
    for part in parts:
        part.signal(signal.SIGKILL)
    for wait in waits:
        wait.cancel()


def bury_orphans(seen: Set[psutil.Process]) -> Set[psutil.Process]:
    """Take the exit codes of adopted processes that ended, and return those that have to wait
    for the next look.

    Only what had ended by the look before is taken: the code of a process of our own is fetched
    by who waits for it, at once, and must not be gone by then.
    """
    ended = set(filter(_has_ended, psutil.Process().children()))
    for process in ended & seen:
        with suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)
    return ended - seen


def _has_ended(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def kill_what_is_left() -> None:
    for process in descendants():
        try:
            process.kill()
        except psutil.Error:
            continue
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                break
        except ChildProcessError:
            break
