"""What the supervisor does about processes that ended, its own and those that it adopted."""

from __future__ import annotations

import subprocess
import time

import psutil

from dashboard.supervisor.processes import bury_orphans


def ended(*argv: str) -> subprocess.Popen[bytes]:
    """A child that has ended, and for whose code nobody has asked yet."""
    process = subprocess.Popen(argv)
    deadline = time.monotonic() + 30
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process


def test_a_code_that_somebody_waits_for_is_not_taken() -> None:
    """Under load, who waits may be later than the look."""
    process = ended("false")
    seen = bury_orphans(frozenset())
    assert process.pid in {each.pid for each in seen}
    assert process.wait() == 1


def test_what_nobody_asks_for_is_gone_by_the_second_look() -> None:
    process = ended("true")
    assert bury_orphans(bury_orphans(frozenset())) == frozenset()
    assert not psutil.pid_exists(process.pid)
    process.returncode = 0  # else subprocess asks for it at the end
