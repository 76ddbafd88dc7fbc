"""The guard and the fence: who has a stack, and what becomes of one that lost it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from provisioning.contracts.hosts import here
from provisioning.engine import guard
from provisioning.engine.backend import Backend
from provisioning.engine.guard import Holder, held
from provisioning.engine.locks import Evidence, release_dead_locks
from provisioning.errors import StackLocked

ROOT = Path(__file__).resolve().parents[3]
HOLD = """
import socket, subprocess, sys, time
from pathlib import Path
from provisioning.engine.backend import Backend
from provisioning.engine.guard import held
folder = Path(sys.argv[1])
backend = Backend(folder / "state", folder / "work", project="p", stack="s", passphrase="")
with held(backend, int(sys.argv[2]), lost=lambda: None, say=print) as mine:
    # An engine, which inherits the guard, and its lock, as it writes it.
    engine = subprocess.Popen([sys.argv[3], "60"], pass_fds=(mine.file,))
    backend.locks.mkdir(parents=True, exist_ok=True)
    import json, datetime
    (backend.locks / "0f.json").write_text(json.dumps({
        "pid": engine.pid, "username": "u", "hostname": socket.gethostname(),
        "timestamp": datetime.datetime.now(datetime.timezone.utc).isoformat(),
    }))
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    return Backend(
        tmp_path / "state", tmp_path / "work", project="p", stack="s", passphrase="words"
    )


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    program = tmp_path / "pulumi"
    program.symlink_to("/bin/sleep")
    return program


@pytest.fixture
def elsewhere(tmp_path: Path, engine: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """An operation in another space of process ids with another name, as in a container."""
    made: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        code = [sys.executable, "-c", HOLD, str(tmp_path), "1", str(engine)]
        shell = [*apart, "--kill-child", "sh", "-c"]
        argv = [*shell, 'hostname c0ffee && exec "$@"', "sh", *code]
        process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        made.append(process)
        assert process.stdout and process.stdout.readline() == "held\n"
        return process

    if sys.platform != "linux":
        pytest.skip("only Linux has spaces of process ids")
    apart = ["unshare", "--pid", "--fork", "--uts"]
    if os.geteuid() != 0:
        apart += ["--user", "--map-root-user"]
    subprocess.run([*apart, "true"], check=True)
    yield start
    for each in made:
        each.kill()
        each.wait()


def test_one_at_a_time_has_the_guard_and_others_wait(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(guard, "WAIT_SECONDS", 0.3)
    assert guard.is_held(backend) is False
    with held(backend, 1, lost=lambda: None, say=said.append):
        assert guard.is_held(backend) is True
        with (
            pytest.raises(StackLocked, match="still works on this stack"),
            held(backend, 2, lost=lambda: None, say=said.append),
        ):
            pass
    assert said == [guard.WAITING]
    assert guard.is_held(backend) is False
    with held(backend, 2, lost=lambda: None, say=said.append) as mine:
        assert [one.fence for one in mine.before] == [1]


def test_an_engine_holds_the_guard_longer_than_its_operation(
    backend: Backend, engine: Path
) -> None:
    with held(backend, 1, lost=lambda: None, say=print) as mine:
        assert mine.file is not None
        process = subprocess.Popen([str(engine), "60"], pass_fds=(mine.file,))
    try:
        assert guard.is_held(backend) is True
    finally:
        process.kill()
        process.wait()
    assert guard.is_held(backend) is False


def test_an_operation_that_is_taken_over_is_told_at_once(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "LOOK_SECONDS", 0.02)
    lost = Event()
    with held(backend, 3, lost=lost.set, say=print):
        guard.raise_fence(backend, 2)
        assert not lost.wait(0.2), "a lower number is an older one"
        guard.raise_fence(backend, 4)
        assert lost.wait(60)
    with (
        pytest.raises(StackLocked, match="later operation"),
        held(backend, 3, lost=lost.set, say=print),
    ):
        pass


def test_the_lock_of_a_container_that_is_gone_is_released(
    backend: Backend, elsewhere: Callable[[], subprocess.Popen[str]]
) -> None:
    process = elsewhere()
    assert guard.is_held(backend) is True
    (left,) = backend.locks.glob("*")
    assert json.loads(left.read_text())["hostname"] == "c0ffee"
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 60
    while guard.is_held(backend):
        assert time.monotonic() < deadline, "the kernel does not give the guard back"
        time.sleep(0.05)
    with held(backend, 2, lost=lambda: None, say=print) as mine:
        (said,) = release_dead_locks(backend, Evidence(holders=mine.before, guarded=True))
    assert "c0ffee" in said and "the kernel has given back" in said
    assert not left.exists()


def test_a_lock_of_another_machine_goes_when_that_is_not_heard_of_any_more(
    backend: Backend,
) -> None:
    then = datetime.now(UTC) - timedelta(minutes=5)
    host = here().model_copy(update={"name": "w1", "boot": "another"})
    holder = Holder(fence=1, host=host, pid=7, since=then)
    backend.locks.mkdir(parents=True)
    lock = {"pid": 8, "username": "u", "hostname": "w1", "timestamp": then.isoformat()}
    (backend.locks / "0f.json").write_text(json.dumps(lock))
    with pytest.raises(StackLocked, match="w1"):
        release_dead_locks(backend, Evidence(holders=(holder,), guarded=True))
    with pytest.raises(StackLocked, match="w1"):
        other = str(host.model_copy(update={"boot": "a third"}))
        release_dead_locks(backend, Evidence(holders=(holder,), guarded=True, gone=(other,)))
    (said,) = release_dead_locks(backend, Evidence(holders=(holder,), gone=(str(host),)))
    assert "not been heard of" in said


def test_a_crash_in_between_forgets_no_holder(backend: Backend) -> None:
    for fence in (1, 2):
        with held(backend, fence, lost=lambda: None, say=print):
            pass  # it dies before it has cleared the locks of those before
    with held(backend, 3, lost=lambda: None, say=print) as mine:
        assert [one.fence for one in mine.before] == [1, 2]
        mine.cleared()
    assert [one.fence for one in guard.holders(backend)] == [3]


def test_its_files_are_for_us_only(backend: Backend) -> None:
    with held(backend, 1, lost=lambda: None, say=print):
        for path in (backend.state_dir, backend.guard.parent, backend.guard, backend.fence):
            assert path.stat().st_mode & 0o077 == 0, path
