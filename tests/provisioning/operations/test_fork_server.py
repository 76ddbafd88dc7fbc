"""The process that operations are forked from: what it promises, whatever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from threading import Timer

import psutil
import pytest

from provisioning.contracts import Changes, OutcomeEvent
from provisioning.operations import forking
from provisioning.operations import running as running_
from tests.provisioning.operations.tiny_stack import (
    ACCESS_KEY_ID,
    PASSPHRASE,
    SECRET_KEY,
    TinyStack,
    engine_of,
    wait_for,
)
from tests.provisioning.operations.workers import worker_of

pytestmark = pytest.mark.engine

ONE = {"one": {"value": "1"}}
SLOW = {"slow": {"value": "2", "sleep": 120}, "never": {"value": "3"}}
SECRETS = (SECRET_KEY, ACCESS_KEY_ID, PASSPHRASE)
LOADED = """
import os, threading
from provisioning.blueprints import registry
from provisioning.operations.warming import warm
for kind in registry.BLUEPRINTS:
    warm(kind)
print(threading.active_count(), len(os.listdir("/proc/self/task")))
"""
UNDERSTOOD = """
from provisioning.operations.warming import warm
warm("aws_sagemaker_pipeline")
import pulumi_aws as aws
from pulumi import _types
before = _types._raw_return_hints.cache_info().misses
_types.resource_types(aws.iam.Role)
_types.input_type_types(aws.iam.role.RoleArgs)
_types.output_type_types(aws.cloudwatch.outputs.EventTargetRetryPolicy)
print(before > 0, _types._raw_return_hints.cache_info().misses - before)
"""


def server_of(pid: int) -> psutil.Process:
    """The process that this operation was forked from."""
    parent = psutil.Process(pid).parent()
    assert parent and "--serve" in parent.cmdline(), parent
    return parent


def looked_into(process: psutil.Process) -> str:
    return "\n".join([*process.cmdline(), *process.environ().values()])


def beside(stack: TinyStack) -> TinyStack:
    """Another stack of the same worker."""
    folder = stack.folder / "beside"
    folder.mkdir()
    return replace(stack, folder=folder, number=0)


def ended(stack: TinyStack, number: int) -> OutcomeEvent | None:
    stack.number = number
    last = stack.events()[-1:]
    return last[0] if last and isinstance(last[0], OutcomeEvent) else None


@pytest.fixture(autouse=True)
def own_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has one of its own to mistreat."""
    monkeypatch.setattr(forking, "_server", None)


def test_operations_come_from_one_process_and_give_their_memory_back(stack: TinyStack) -> None:
    first = stack.start("preview", ONE)
    server = server_of(first.pid)
    stack.end(first)
    before = server.memory_info().rss
    for _ in range(2):
        running = stack.start("preview", ONE)
        assert server_of(running.pid) == server
        assert stack.end(running).outcome.status == "succeeded"
        assert running.pid != first.pid
    assert server.memory_info().rss - before < 2**21, "what an operation needs ends with it"
    stack.running.clear()
    del first, running  # as a worker lets go of them
    wait_for(lambda: server.children() == [], 10)


def test_no_secret_is_in_the_server_and_none_in_what_is_seen_of_its_children(
    stack: TinyStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYCLOCK_SECRET_KEY", "ours, and no business of theirs")
    running = stack.start("up", SLOW)
    wait_for(lambda: stack.has_said("slow creating"))
    server, operation = server_of(running.pid), psutil.Process(running.pid)
    for process in (server, operation):
        seen = looked_into(process)
        assert not [secret for secret in (*SECRETS, "business of theirs") if secret in seen]
    held = memory_of(server.pid)
    assert b"provisioning.operations" in held, "the memory was read"
    assert not [secret for secret in SECRETS if secret.encode() in held]
    assert " --deployment 1" in " ".join(operation.cmdline())
    running.cancel()
    stack.end(running)


def memory_of(pid: int) -> bytes:
    """All that the process can write to."""
    held = []
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            begin, end = (int(each, 16) for each in span.split("-"))
            if rights.startswith("rw"):
                memory.seek(begin)
                held.append(memory.read(end - begin))
    return b"\n".join(held)


def test_a_server_has_one_thread_whatever_it_has_loaded() -> None:
    """Only so may it fork."""
    said = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True)
    assert said.stdout.split() == ["1", "1"], said.stderr


def test_what_a_program_uses_is_understood_before_the_fork() -> None:
    said = subprocess.run([sys.executable, "-c", UNDERSTOOD], capture_output=True, text=True)
    assert said.stdout.split() == ["True", "0"], said.stderr


def test_an_operation_goes_on_without_its_server_and_the_next_has_another(
    stack: TinyStack,
) -> None:
    running = stack.start("up", {"slow": {"value": "2", "sleep": 2}})
    server = server_of(running.pid)
    wait_for(lambda: stack.has_said("slow creating"))
    server.kill()
    went_on = stack.end(running)
    assert went_on.outcome.status == "succeeded"
    assert went_on.outcome.changes == Changes(create=1)
    again = stack.start("preview", ONE)
    assert server_of(again.pid) != server
    assert stack.end(again).code == 0


def test_an_operation_that_dies_after_its_server_is_not_waited_for(stack: TinyStack) -> None:
    running = stack.start("up", SLOW)
    wait_for(lambda: stack.has_said("slow creating"))
    server_of(running.pid).kill()
    running.kill()
    assert stack.end(running).code != 0


def test_a_server_that_hangs_holds_nobody(
    stack: TinyStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = stack.start("up", {"slow": {"value": "2", "sleep": 5}})
    server = server_of(running.pid)
    wait_for(lambda: stack.has_said("slow creating"))
    monkeypatch.setattr(forking, "START_SECONDS", 2.0)
    monkeypatch.setattr(forking, "HANGING_SECONDS", 0.0)
    server.send_signal(signal.SIGSTOP)
    other = beside(stack).run("preview", ONE).outcome
    assert other.status == "succeeded", other.error
    assert stack.end(running).outcome.status == "succeeded"
    assert not server.is_running()


def test_a_server_that_is_late_is_waited_for_once(
    stack: TinyStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stack.start("preview", ONE)
    server = server_of(first.pid)
    stack.end(first)
    monkeypatch.setattr(forking, "START_SECONDS", 2.0)
    server.send_signal(signal.SIGSTOP)
    without = stack.start("preview", ONE)
    assert psutil.Process(without.pid).ppid() == os.getpid()
    assert stack.end(without).outcome.status == "succeeded"
    server.send_signal(signal.SIGCONT)
    assert stack.run("preview", ONE).outcome.status == "succeeded"
    wait_for(lambda: server_of_next(stack) == server)


def server_of_next(stack: TinyStack) -> psutil.Process | None:
    running = stack.start("preview", ONE)
    parent = psutil.Process(running.pid).parent()
    stack.end(running)
    return parent


def test_a_dead_child_of_a_server_that_hangs_is_found_dead(stack: TinyStack) -> None:
    running = stack.start("up", SLOW)
    server = server_of(running.pid)
    wait_for(lambda: stack.has_said("slow creating"))
    server.send_signal(signal.SIGSTOP)
    running.kill()
    try:
        assert stack.end(running).code != 0
    finally:
        server.send_signal(signal.SIGCONT)


def test_two_at_once_do_not_hear_of_each_other(stack: TinyStack) -> None:
    first = stack.start("up", SLOW)
    wait_for(lambda: stack.has_said("slow creating"))
    other = beside(stack)
    second = other.start("preview", ONE)
    assert first.pid != second.pid and server_of(first.pid) == server_of(second.pid)
    first.kill()
    wait_for(lambda: first.poll() is not None)
    assert first.poll() == -signal.SIGKILL
    assert other.end(second).outcome.status == "succeeded"


def test_whoever_rests_wakes_when_the_operation_ends(stack: TinyStack) -> None:
    running = stack.start("up", SLOW)
    began = time.monotonic()
    running.rest(0.2)
    assert running.poll() is None and time.monotonic() - began >= 0.2
    Timer(0.2, running.kill).start()
    running.rest(60)
    assert running.poll() == -signal.SIGKILL and time.monotonic() - began < 30
    running.rest(60)
    assert time.monotonic() - began < 30, "it has ended"


def test_a_kill_reaches_the_engine_and_not_the_server(stack: TinyStack) -> None:
    running = stack.start("up", SLOW)
    server, engine = server_of(running.pid), engine_of(running)
    assert os.getpgid(running.pid) == os.getsid(running.pid) == running.pid
    running.kill()
    wait_for(lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE)
    assert server.is_running()


def test_a_cancel_at_once_is_heard(stack: TinyStack) -> None:
    running = stack.start("up", SLOW)
    running.cancel()
    assert stack.end(running).outcome.status == "cancelled"


def test_a_worker_that_is_killed_takes_its_server_along_after_its_operations(
    stack: TinyStack, tmp_path: Path
) -> None:
    worker = worker_of(stack.request("up", SLOW), tmp_path)
    try:
        wait_for(lambda: stack.has_said("slow creating"))
        (server,) = psutil.Process(worker.pid).children()
        (operation,) = server.children()
        os.kill(operation.pid, signal.SIGSTOP)
    finally:
        worker.kill()
        worker.wait()
    time.sleep(0.5)
    assert server.is_running(), "an operation is still there"
    os.kill(operation.pid, signal.SIGCONT)
    wait_for(lambda: ended(stack, 1))
    outcome = ended(stack, 1)
    assert outcome and outcome.status == "cancelled"
    gone, left = psutil.wait_procs([server, operation], timeout=60)
    assert len(gone) == 2 and left == []


def test_an_operation_that_finds_no_server_has_a_process_without_one(
    stack: TinyStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_, "MODULE", "tests.provisioning.operations.serverless_process")
    running = stack.start("preview", ONE)
    assert "--serve" not in psutil.Process(running.pid).cmdline()
    assert psutil.Process(running.pid).ppid() == os.getpid()
    assert stack.end(running).outcome.status == "succeeded"
