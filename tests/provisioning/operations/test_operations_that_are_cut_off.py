"""Cancelled, killed, orphaned: what is left, and how the next operation goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any

import psutil
import pytest

from provisioning.contracts import Changes, OutcomeEvent
from provisioning.operations import StackFiles
from provisioning.operations.execute import FENCED_OUT
from provisioning.operations.forking import ROOT
from tests.provisioning.engine.tiny_provider import TinyProvider
from tests.provisioning.operations.tiny_stack import TinyStack, engine_of, wait_for
from tests.provisioning.operations.workers import worker_of

pytestmark = pytest.mark.engine

Things = dict[str, dict[str, Any]]
SLOW: Things = {"one": {"value": "1"}, "slow": {"value": "2", "sleep": 30}, "never": {"value": "3"}}


def test_a_cancel_keeps_what_was_made_and_leaves_no_lock(stack: TinyStack, things: Things) -> None:
    running = stack.start("up", SLOW)
    wait_for(lambda: stack.has_said("slow creating"))
    running.cancel()
    ended = stack.end(running)
    assert ended.code == 0
    assert ended.outcome.status == "cancelled"
    assert ended.outcome.changes == Changes(create=2), "the step that ran was finished"
    assert len(things) == 2
    assert any(line.startswith("Cancelling") for line in ended.lines)
    assert stack.diary[1] == "after up undo failed"
    again = stack.run("up", {name: {"value": "x"} for name in ("one", "slow", "never")})
    assert again.outcome.changes == Changes(create=1, update=2)
    assert not any("lock" in line for line in again.lines)


LINGERING: Things = {"one": {"value": "1"}, "slow": {"linger": 30}, "gone": {"value": "3"}}


def test_a_destroy_that_was_cancelled_with_things_left_did_not_succeed(
    stack: TinyStack, things: Things
) -> None:
    stack.run("up", LINGERING)
    running = stack.start("destroy", LINGERING)
    wait_for(lambda: stack.has_said("slow deleting"))
    running.cancel()
    ended = stack.end(running)
    assert [each["value"] for each in things.values()] == ["1"], "what ran was finished"
    assert (ended.outcome.status, ended.outcome.error) == ("cancelled", None)
    assert ended.outcome.changes == Changes(delete=2)
    assert stack.diary[-2] == "after destroy undo failed"
    again = stack.run("destroy")
    assert (again.outcome.status, again.outcome.changes) == ("succeeded", Changes(delete=1))
    assert things == {}


def test_an_up_that_was_cancelled_before_it_deleted_all_did_not_succeed(
    stack: TinyStack, things: Things
) -> None:
    stack.run("up", {"kept": {"value": "0"}, **LINGERING})
    running = stack.start("up", {"kept": {"value": "0"}})
    wait_for(lambda: stack.has_said("slow deleting"))
    running.cancel()
    ended = stack.end(running)
    assert len(things) == 2
    assert (ended.outcome.status, ended.outcome.error) == ("cancelled", None)
    again = stack.run("up", {"kept": {"value": "0"}})
    assert (again.outcome.status, again.outcome.changes) == ("succeeded", Changes(same=1, delete=1))


def test_an_up_that_was_cancelled_before_the_old_one_went_did_not_succeed(
    stack: TinyStack, things: Things
) -> None:
    stack.run("up", {"one": {"kind": "a"}, "slow": {"kind": "a", "linger": 30}})
    both: Things = {"one": {"kind": "b"}, "slow": {"kind": "b"}}
    running = stack.start("up", both)
    wait_for(lambda: len(things) == 4)
    time.sleep(0.5)  # the old one of `slow` is being deleted, that of `one` comes after it
    running.cancel()
    ended = stack.end(running)
    assert (ended.outcome.status, len(things)) == ("cancelled", 3)
    again = stack.run("up", both)
    assert (again.outcome.status, len(things)) == ("succeeded", 2)


def test_a_cancel_that_came_too_late_undoes_no_destroy(stack: TinyStack, things: Things) -> None:
    last: Things = {"slow": {"linger": 30}}
    stack.run("up", last)
    running = stack.start("destroy", last)
    wait_for(lambda: stack.has_said("slow deleting"))
    running.cancel()
    assert (stack.end(running).outcome.status, things) == ("succeeded", {})


def test_a_cancel_before_the_engine_starts_nothing(stack: TinyStack, things: Things) -> None:
    running = stack.start("up", SLOW)
    wait_for(lambda: psutil.Process(running.pid).num_threads() > 1 or stack.events())
    running.cancel()
    ended = stack.end(running)
    assert ended.outcome.status == "cancelled"
    assert things == {}


def test_an_engine_that_somebody_killed_is_called_so(stack: TinyStack, things: Things) -> None:
    running = stack.start("up", SLOW)
    wait_for(lambda: stack.has_said("slow creating"))
    engine_of(running).kill()
    ended = stack.end(running)
    assert ended.outcome.status == "interrupted"
    assert ended.outcome.error is not None
    assert ended.outcome.error.summary.startswith("The Pulumi engine was killed")
    assert "Deploy again" in str(ended.outcome.error.hint)


def test_stopping_at_once_does_not_wait(stack: TinyStack, provider: Any) -> None:
    provider[0].deaf = True
    running = stack.start("up", SLOW)
    wait_for(lambda: stack.has_said("slow creating"))
    running.cancel()
    wait_for(lambda: stack.has_said("Cancelling"))
    running.cancel()  # once more is the same wish
    time.sleep(1)
    assert running.poll() is None
    began = time.monotonic()
    running.stop_at_once()
    ended = stack.end(running)
    assert time.monotonic() - began < 25
    assert ended.outcome.status == "cancelled"
    assert any(line.startswith("Stopped at once") for line in ended.lines)
    assert stack.diary[1] == "after up undo failed", "what was put aside is put back"


def test_a_killed_process_leaves_lines_that_parse_and_an_engine_that_saves(
    stack: TinyStack, things: Things
) -> None:
    running = stack.start("up", {**SLOW, "slow": {"value": "2", "sleep": 2}})
    wait_for(lambda: stack.has_said("slow creating"))
    engine = engine_of(running)
    os.kill(running.pid, signal.SIGKILL)
    wait_for(lambda: running.poll() is not None)
    assert running.poll() == -signal.SIGKILL
    assert stack.events(), "every line parses"
    assert not isinstance(stack.events()[-1], OutcomeEvent)
    wait_for(lambda: not engine.is_running())
    again = stack.run("up", {name: {"value": "x"} for name in ("one", "slow", "never")})
    assert again.outcome.status == "succeeded", again.outcome.error
    assert again.outcome.changes == Changes(create=1, update=2), "nothing was made twice"
    assert len(things) == 3


def test_after_all_was_killed_the_next_operation_clears_up_and_says_so(
    stack: TinyStack, things: Things
) -> None:
    running = stack.start("up", SLOW)
    wait_for(lambda: stack.has_said("slow creating"))
    running.kill()
    wait_for(lambda: running.poll() is not None)
    again = stack.run("up", {"one": {"value": "1"}, "slow": {"value": "2"}})
    assert again.outcome.status == "succeeded", again.outcome.error
    assert any("Removed the stack's lock" in line for line in again.lines)
    assert any("cut off while it changed" in line for line in again.lines)
    assert "aws:tiny/thing:Thing slow was not found; it has to be created anew." in again.lines
    assert again.outcome.changes == Changes(create=1, same=1)
    once_more = stack.run("up", {"one": {"value": "1"}, "slow": {"value": "2"}})
    assert not any("cut off" in line for line in once_more.lines)


def test_what_was_made_after_the_engine_died_is_taken_over(
    stack: TinyStack, things: Things, provider: tuple[TinyProvider, str]
) -> None:
    both: Things = {"one": {"value": "1"}, "slow": {"value": "2", "sleep": 1}}
    running = stack.start("up", both)
    wait_for(lambda: stack.has_said("slow creating") and provider[0].begun == 2)
    running.kill()
    wait_for(lambda: len(things) == 2)
    again = stack.run("up", both, found={"2": "thing-2"})
    assert again.outcome.status == "succeeded", again.outcome.error
    assert any("as thing-2; it is taken over" in line for line in again.lines)
    assert again.outcome.changes == Changes(same=2)
    assert len(things) == 2, "nothing was made twice"
    assert stack.run("destroy").outcome.changes == Changes(delete=2)
    assert things == {}


def test_a_repair_that_was_cut_off_while_it_read_is_done_again(
    stack: TinyStack, things: Things, provider: tuple[TinyProvider, str]
) -> None:
    tiny = provider[0]
    both: Things = {"one": {"value": "1"}, "slow": {"value": "2", "sleep": 1}}
    running = stack.start("up", both)
    wait_for(lambda: stack.has_said("slow creating") and tiny.begun == 2)
    running.kill()
    wait_for(lambda: len(things) == 2)
    tiny.read_seconds = 30
    repairing = stack.start("up", both, found={"2": "thing-2"})
    wait_for(lambda: tiny.reading)
    repairing.kill()
    wait_for(lambda: repairing.poll() is not None)
    assert not stack.standing.is_clean and stack.standing.unread
    tiny.read_seconds = 0
    again = stack.run("up", both)
    assert again.outcome.status == "succeeded", again.outcome.error
    assert again.outcome.changes == Changes(same=2)
    assert [each["outputs"].get("read") for each in stack.resources] == [True, True]
    assert stack.standing.is_clean


def test_a_second_operation_on_a_stack_is_refused_while_one_works(stack: TinyStack) -> None:
    first = stack.start("up", SLOW)
    wait_for(lambda: stack.has_said("slow creating"))
    second = stack.run("up", SLOW)
    assert second.outcome.status == "failed"
    assert second.outcome.error is not None
    assert "Another operation works on this stack" in second.outcome.error.summary
    first.kill()


def test_an_operation_whose_worker_died_cancels_itself(stack: TinyStack, things: Things) -> None:
    worker = worker_of(stack.request("up", SLOW), stack.folder)
    try:
        wait_for(lambda: stack.has_said("slow creating"))
    finally:
        worker.kill()
        worker.wait()
    wait_for(lambda: stack.events() and isinstance(stack.events()[-1], OutcomeEvent))
    outcome = stack.events()[-1]
    assert isinstance(outcome, OutcomeEvent)
    assert outcome.status == "cancelled"
    assert len(things) == 2


def test_a_request_that_is_none_is_refused_without_repeating_it(stack: TinyStack) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "provisioning.operations"], cwd=ROOT, capture_output=True,
        input=b'{"passphrase": "words that are secret"}',
    )  # fmt: skip
    assert process.returncode == 2
    assert b"words that are secret" not in process.stderr
    assert b"spool" in process.stderr


def test_an_operation_that_was_taken_over_ends_its_engine_and_itself(
    stack: TinyStack, things: Things
) -> None:
    running = stack.start("up", SLOW)
    wait_for(lambda: stack.has_said("slow creating"))
    engine = engine_of(running)
    files = StackFiles(stack.folder / "state", "tiny", "tiny-stack")
    assert files.guarded() is True
    files.raise_fence(1)
    wait_for(lambda: running.poll() is not None)
    assert running.poll() == FENCED_OUT
    wait_for(lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE)
    assert not isinstance(stack.events()[-1], OutcomeEvent), "it changes and says nothing more"
    wait_for(lambda: files.guarded() is False)
    late = stack.run("up", SLOW)
    assert late.outcome.error and "later operation" in late.outcome.error.summary
