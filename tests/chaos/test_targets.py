"""What is to be killed is found among the product's processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chaos import strikes
from tests.chaos.report import Results, markdown
from tests.chaos.strikes import Target
from tests.redis_process import RedisProcess


def found(target: Target) -> set[int]:
    """Among what this process started, as a supervisor does."""
    parts = strikes.processes(target, supervisor=os.getpid(), operation=None)
    return {each.pid for each in parts}


@contextmanager
def part(*argv: str) -> Iterator[int]:
    """A process that has this in its command line, and does nothing."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", *argv])
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def test_redis_is_found_though_it_writes_over_its_command_line(tmp_path: Path) -> None:
    server = RedisProcess(tmp_path).start()
    try:
        assert server.process and found(Target.REDIS) == {server.process.pid}
    finally:
        server.end()


@pytest.mark.parametrize(
    ("target", "argv"),
    [
        (Target.WORKER, ("celery", "worker")),
        (Target.FORK_SERVER, ("provisioning.operations", "--serve", "9", "--worker", "7")),
        (Target.SANDBOX, ("provisioning.sandbox", "--data", "x")),
    ],
)
def test_parts_are_found_by_their_command_lines(target: Target, argv: tuple[str, ...]) -> None:
    with part(*argv) as pid, part("provisioning.operations", "--deployment", "9"):
        assert found(target) == {pid}


def test_what_was_never_killed_stands_in_the_figures() -> None:
    assert "| redis | 0 | 0 | 0 | 0 | 0.0 |" in markdown([Results(seed=1, lease=6)])
