"""Looks at clouds beside the worker's own threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from dashboard import aside, tasks
from dashboard.services import history


def wait_for(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_work_is_taken_at_once_and_not_twice_while_it_waits_or_goes_on() -> None:
    looks, go, done = aside.Looks(1), threading.Event(), []

    def look(number: int) -> None:
        go.wait(30)
        done.append(number)

    for number in (1, 2, 1, 2, 2):
        looks.take(look, number)
    assert done == []
    go.set()
    wait_for(lambda: len(done) == 2)
    looks.take(look, 3)
    wait_for(lambda: 3 in done)
    assert done == [1, 2, 3]
    wait_for(lambda: not looks._taken)
    looks.take(look, 1)
    wait_for(lambda: done == [1, 2, 3, 1])
    looks.end()


def test_a_fault_ends_no_thread_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    looks, done = aside.Looks(1), threading.Event()

    def fault() -> None:
        raise RuntimeError("nobody expected this")

    looks.take(fault)
    looks.take(done.set)
    assert done.wait(30)
    assert "nobody expected this" in caplog.text
    looks.end()


def test_what_waits_is_not_begun_when_the_worker_ends() -> None:
    looks, go, done = aside.Looks(1), threading.Event(), []
    looks.take(lambda: go.wait(30))
    looks.take(done.append, 1)
    looks.end()
    looks.take(done.append, 2)
    go.set()
    looks._pool.shutdown(wait=True)
    assert done == []


def test_in_a_worker_a_pull_lets_go_of_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """`apply` runs the task as a worker does, and would not return before the end of it."""
    go, pulled = threading.Event(), []

    def pull(pipeline_id: int) -> None:
        go.wait(30)
        pulled.append(pipeline_id)

    monkeypatch.setattr(history, "sync_if_free", pull)
    monkeypatch.setattr(tasks.launch, "enqueue_due_starts", lambda: None)
    tasks.sync_history.apply((7,))
    assert pulled == []
    go.set()
    wait_for(lambda: pulled == [7])
