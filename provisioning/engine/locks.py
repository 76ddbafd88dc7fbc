"""The locks of engines that are gone."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from provisioning.engine.backend import Backend
from provisioning.errors import StackLocked

HALF_WRITTEN_SECONDS = 10.0  # an engine writes its lock in milliseconds


@dataclass(frozen=True)
class StackLock:
    """The file by which an engine says that it works on a stack."""

    path: Path
    pid: int
    host: str
    since: datetime

    @property
    def owner_is_dead(self) -> bool:
        """True only where that is certain: same host, and no such `pulumi` of that time."""
        if self.host != socket.gethostname():
            return False
        try:
            process = psutil.Process(self.pid)
            other = "pulumi" not in process.name()
            younger = process.create_time() > self.since.timestamp() + 1
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:
            return False
        # Process ids are given out again, in containers after every restart.
        return other or younger or process.status() == psutil.STATUS_ZOMBIE

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since:%Y-%m-%d %H:%M:%S} UTC"


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


def release_dead_locks(backend: Backend) -> tuple[str, ...]:
    """Remove the locks of engines that are provably gone; returns a sentence for each.

    `pulumi cancel` would remove all locks, also those of an engine that works.
    Raises StackLocked while an engine holds the stack, or may hold it on another host.
    """
    said = []
    for lock in stack_locks(backend):
        if not lock.owner_is_dead:
            raise StackLocked(
                f"Another Pulumi process works on this stack: {lock}. Wait for its end. If that "
                "host is gone for good, remove the stack's lock with `pulumi cancel`."
            )
        lock.path.unlink(missing_ok=True)
        said.append(f"Removed the stack's lock: its owner is gone ({lock}).")
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
