"""Who may change a stack: a lock that the kernel keeps, and a number that only grows.

The engine's own lock is a file with a process id and a host's name. It outlives a crash, and
from another container nobody can tell whether that process still works. So each operation holds
a *guard* as well: a lock on a file beside the state, which its engine inherits. The kernel gives
it back when the last of them is gone, whatever they died of; whoever has it then knows, on the
same kernel, that nobody else works on the stack.

Between kernels, and on file systems that know no such locks, there is the *fence*: every
operation has a higher number than the ones before, and the highest is written beside the state.
An operation that reads a higher one than its own has been taken over. It ends its engine and
itself at once, before it changes anything more. Whoever cannot reach that file cannot reach the
state either.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from provisioning.contracts.hosts import Host, here
from provisioning.engine.backend import Backend
from provisioning.errors import StackLocked

WAIT_SECONDS = 60.0  # an engine that lost its operation saves what it has begun
LOOK_SECONDS = 1.0
WAITING = "What an earlier operation started is still at work on this stack. Waiting for its end."
TAKEN_OVER = "A later operation has taken this stack over."


@dataclass(frozen=True)
class Holder:
    """An operation that had the guard, and whose engine's lock may still lie there."""

    fence: int
    host: Host
    pid: int
    since: datetime

    @property
    def works(self) -> bool:
        """Certainly: its process is on this host, so nothing is to be waited for."""
        if not self.host.is_here or self.pid == os.getpid():
            return False
        try:
            process = psutil.Process(self.pid)
            born, dead = process.create_time(), process.status() == psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False
        return bool(born <= self.since.timestamp() + 1) and not dead

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host.name}"


@dataclass(frozen=True)
class Guard:
    """`file` is inherited by the engine; None where the file system knows no locks. `before`
    are the holders whose locks nobody has cleared away yet."""

    file: int | None
    before: tuple[Holder, ...]
    path: Path

    def cleared(self) -> None:
        """The locks of those before are gone."""
        fence, holders = _read(self.path)
        _write(self.path, fence, holders[-1:])


@contextmanager
def held(
    backend: Backend, fence: int, *, lost: Callable[[], None], say: Callable[[str], None]
) -> Iterator[Guard]:
    """Hold the stack's guard. `lost` is called once, from a thread, when a later operation has
    taken the stack over. Raises StackLocked where somebody else has it and keeps it."""
    _make_folder(backend)
    file = os.open(backend.guard, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    done = threading.Event()
    try:
        kept = _locked(file, backend.fence, say)
        before = _enter(backend.fence, fence)
        watch = threading.Thread(
            target=_watch, args=(backend.fence, fence, done, lost), name="fence", daemon=True
        )
        watch.start()
        yield Guard(file if kept else None, before, backend.fence)
    finally:
        done.set()
        os.close(file)


def is_held(backend: Backend) -> bool | None:
    """Whether somebody on this kernel works on the stack; None where that cannot be told."""
    try:
        file = os.open(backend.guard, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _take(file)
    except OSError:
        return None
    finally:
        os.close(file)


def holders(backend: Backend) -> tuple[Holder, ...]:
    """Those whose locks may still lie there."""
    return _read(backend.fence)[1]


def raise_fence(backend: Backend, fence: int) -> None:
    """Have every operation with a lower number end itself, should one be alive after all."""
    _make_folder(backend)
    highest, holders = _read(backend.fence)
    if fence > highest:
        _write(backend.fence, fence, holders)


def _make_folder(backend: Backend) -> None:
    guards = backend.guard.parent
    for folder in (backend.state_dir, guards.parent, guards):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _locked(file: int, fence: Path, say: Callable[[str], None]) -> bool:
    deadline = time.monotonic() + WAIT_SECONDS
    told = False
    while True:
        try:
            if _take(file):
                return True
        except OSError:
            return False
        for holder in _read(fence)[1][-1:]:
            if holder.works:
                raise StackLocked(f"Another operation works on this stack: {holder}.")
        if time.monotonic() > deadline:
            raise StackLocked(
                "What an earlier operation started still works on this stack. Wait for its end, "
                "or end that process."
            )
        if not told:
            say(WAITING)
            told = True
        time.sleep(LOOK_SECONDS / 5)


def _take(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _enter(path: Path, fence: int) -> tuple[Holder, ...]:
    highest, before = _read(path)
    if highest > fence:
        raise StackLocked(TAKEN_OVER)
    mine = Holder(fence=fence, host=here(), pid=os.getpid(), since=datetime.now(UTC))
    _write(path, fence, (*before, mine))
    return before


def _watch(path: Path, fence: int, done: threading.Event, lost: Callable[[], None]) -> None:
    while not done.wait(LOOK_SECONDS):
        # Who cannot read this cannot write the state; when it is back, so is the number.
        with suppress(OSError):
            if _read(path)[0] > fence:
                lost()
                return


# ── The file ────────────────────────────────────────────────────────────────────────


def _read(path: Path) -> tuple[int, tuple[Holder, ...]]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
        return int(found["fence"]), tuple(map(_holder, found["holders"]))
    except FileNotFoundError:
        return 0, ()


def _holder(values: dict[str, Any]) -> Holder:
    return Holder(
        fence=int(values["fence"]),
        host=Host.model_validate(values["host"]),
        pid=int(values["pid"]),
        since=datetime.fromisoformat(values["since"]),
    )


def _write(path: Path, fence: int, holders: tuple[Holder, ...]) -> None:
    """In one step, so that no crash leaves half of it."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    values = [
        {"fence": one.fence, "host": one.host.model_dump(), "pid": one.pid,
         "since": one.since.isoformat()}
        for one in holders
    ]  # fmt: skip
    draft.touch(mode=0o600)
    with draft.open("w") as file:
        json.dump({"fence": fence, "holders": values}, file)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileNotFoundError):
        draft.replace(path)
