"""Locks that a crash left in the file backend, and the backend's own folders."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from provisioning.engine.backend import Backend
from provisioning.engine.locks import release_dead_locks
from provisioning.errors import StackLocked


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    return Backend(
        state_dir=tmp_path / "state", work_dir=tmp_path / "work", project="p", stack="s",
        passphrase="very secret words",
    )  # fmt: skip


def lock(backend: Backend, **fields: Any) -> Path:
    backend.locks.mkdir(parents=True, exist_ok=True)
    path = backend.locks / "0f.json"
    values = {"pid": 1, "username": "u", "hostname": socket.gethostname()}
    values["timestamp"] = datetime.now(UTC).isoformat()
    path.write_text(json.dumps(values | fields))
    return path


@pytest.fixture
def dead_pid() -> int:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


@pytest.fixture
def pulumi_pid(tmp_path: Path) -> Iterator[int]:
    program = tmp_path / "pulumi"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "60"]) as process:
        yield process.pid
        process.kill()


def test_the_lock_of_a_dead_engine_is_removed_and_told(backend: Backend, dead_pid: int) -> None:
    path = lock(backend, pid=dead_pid)
    (said,) = release_dead_locks(backend)
    assert str(dead_pid) in said
    assert list(path.parent.iterdir()) == []


def test_the_lock_of_a_living_engine_stays(backend: Backend, pulumi_pid: int) -> None:
    path = lock(backend, pid=pulumi_pid, timestamp="2099-01-01T00:00:00.123456789Z")
    with pytest.raises(StackLocked, match=str(pulumi_pid)):
        release_dead_locks(backend)
    assert path.exists()


def test_a_process_id_given_out_again_is_not_the_engine(backend: Backend, pulumi_pid: int) -> None:
    lock(backend, pid=os.getpid())
    assert release_dead_locks(backend), "another program has this id now"
    before = datetime.now(UTC) - timedelta(hours=1)
    lock(backend, pid=pulumi_pid, timestamp=before.isoformat())
    assert release_dead_locks(backend), "this engine was started after the lock"


def test_the_lock_of_another_host_is_nobody_elses_to_remove(
    backend: Backend, dead_pid: int
) -> None:
    path = lock(backend, pid=dead_pid, hostname="elsewhere")
    with pytest.raises(StackLocked, match="elsewhere"):
        release_dead_locks(backend)
    assert path.exists()


def test_half_a_lock_is_waited_for_and_then_removed(backend: Backend) -> None:
    path = lock(backend).with_name("0f.json.18b.tmp")
    path.with_name("0f.json").unlink()
    path.write_text("{")
    assert release_dead_locks(backend) == ()
    assert path.exists(), "its engine may be writing it"
    os.utime(path, (0, 0))
    assert release_dead_locks(backend) == ()
    assert not path.exists(), "the engine would refuse every operation because of it"


def test_folders_are_for_us_only_and_old_logs_go(backend: Backend) -> None:
    backend.prepare()
    assert backend.state_dir.stat().st_mode & 0o777 == 0o700
    logs = backend.home / "logs"
    logs.mkdir()
    for name, age in (("old", timedelta(days=9)), ("new", timedelta(hours=1))):
        (logs / name).write_text("x")
        then = (datetime.now(UTC) - age).timestamp()
        os.utime(logs / name, (then, then))
    backend.prepare()
    assert [path.name for path in logs.iterdir()] == ["new"]
    assert "very secret words" not in repr(backend)
