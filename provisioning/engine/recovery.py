"""What a crash leaves in the file backend, and how the next operation goes on."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from provisioning.engine.backend import Backend
from provisioning.errors import StackLocked


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
    found = (_read(path) for path in sorted(backend.locks.glob("*.json")))
    return tuple(lock for lock in found if lock)


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
        lock.path.with_name(f"{lock.path.name}.attrs").unlink(missing_ok=True)
        said.append(f"Removed the stack's lock: its owner is gone ({lock}).")
    return tuple(said)


def interrupted_creates(backend: Backend) -> tuple[str, ...]:
    """URNs of resources whose creation had begun when the engine died."""
    try:
        state = json.loads(backend.checkpoint.read_text())
    except FileNotFoundError:
        return ()
    latest: dict[str, Any] = state.get("checkpoint", {}).get("latest") or {}
    pending = latest.get("pending_operations") or ()
    return tuple(each["resource"]["urn"] for each in pending if each["type"] == "creating")


def _read(path: Path) -> StackLock | None:
    try:
        lock = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None  # gone since, or not yet written whole
    return StackLock(
        path=path,
        pid=int(lock["pid"]),
        host=lock["hostname"],
        since=datetime.fromisoformat(lock["timestamp"]),
    )
