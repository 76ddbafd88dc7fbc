"""The locks of engines that are gone.

What proves that an engine is gone: on its own host, the table of processes; on another host of
the same kernel, such as a container that was made again, that we hold the stack's guard; on
another kernel, that its host has not been heard of for longer than any lease, while the fence has
told it to end itself. The process id in a lock proves nothing by itself.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from provisioning.engine.backend import Backend
from provisioning.engine.guard import Holder
from provisioning.errors import StackLocked

HALF_WRITTEN_SECONDS = 10.0  # an engine writes its lock in milliseconds
CLOCKS_DIFFER = timedelta(seconds=5)


@dataclass(frozen=True)
class StackLock:
    """The file by which an engine says that it works on a stack."""

    path: Path
    pid: int
    host: str
    since: datetime

    @property
    def owner_is_dead(self) -> bool:
        """Of an engine on this host: no such `pulumi` of that time is in the table."""
        try:
            process = psutil.Process(self.pid)
            other = "pulumi" not in process.name()
            younger = process.create_time() > self.since.timestamp() + 1
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:
            return False
        # Process ids are given out again, in containers after every restart.
        return bool(other or younger or process.status() == psutil.STATUS_ZOMBIE)

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since:%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True)
class Evidence:
    """What is known about those who had the stack before. `holders` are their operations,
    `guarded` that we hold the guard now, `gone` the hosts that nobody hears of any more."""

    holders: Sequence[Holder] = ()
    guarded: bool = False
    gone: Collection[str] = ()

    def against(self, lock: StackLock) -> str | None:
        """Why its engine is provably dead; None where that is not proven."""
        holder = self._holder(lock)
        if holder is None or holder.host.is_here:
            here = lock.host == socket.gethostname()
            return "no such process runs here" if here and lock.owner_is_dead else None
        if holder.host.shares_kernel and self.guarded:
            return "the kernel has given back what it held"
        if str(holder.host) in self.gone:
            return "its host has not been heard of any more"
        return None

    def _holder(self, lock: StackLock) -> Holder | None:
        """The last operation on that host that may have started this engine."""
        able = [
            one
            for one in self.holders
            if one.host.name == lock.host and one.since <= lock.since + CLOCKS_DIFFER
        ]
        return max(able, key=lambda one: one.fence, default=None)


def stack_locks(backend: Backend) -> tuple[StackLock, ...]:
    """All locks. The engine stumbles over any file here, also over half of a lock."""
    locks = []
    for path in sorted(backend.locks.glob("*")):
        lock = _read(path)
        if lock:
            locks.append(lock)
        elif _age(path) > HALF_WRITTEN_SECONDS:
            path.unlink(missing_ok=True)
    return tuple(locks)


def release_dead_locks(backend: Backend, evidence: Evidence | None = None) -> tuple[str, ...]:
    """Remove the locks of engines that are provably gone; returns a sentence for each.

    `pulumi cancel` would remove all locks, also those of an engine that works.
    Raises StackLocked while an engine holds the stack, or may hold it on another host.
    """
    said = []
    for lock in stack_locks(backend):
        proof = (evidence or Evidence()).against(lock)
        if proof is None:
            raise StackLocked(
                f"Another Pulumi process works on this stack: {lock}. Wait for its end. If that "
                "host is gone for good, remove the stack's lock with `pulumi cancel`."
            )
        lock.path.unlink(missing_ok=True)
        said.append(f"Removed the stack's lock: its owner is gone ({lock}): {proof}.")
    return tuple(said)


def _read(path: Path) -> StackLock | None:
    try:
        lock = json.loads(path.read_text())
        return StackLock(
            path=path,
            pid=int(lock["pid"]),
            host=lock["hostname"],
            since=datetime.fromisoformat(lock["timestamp"]).astimezone(UTC),
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # gone since, or not written whole


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
