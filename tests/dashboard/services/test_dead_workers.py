"""What is done about Deployments whose worker died."""

from __future__ import annotations

import signal
import subprocess
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard.models import Deployment
from dashboard.services import deployments
from dashboard.services.leases import Child, LeaseLost
from tests.dashboard.services.begun import PROOF, Begun, line, outcome, texts


def let_lease_run_out(begun: Begun, *, child: str = "") -> None:
    past = timezone.now() - timedelta(seconds=1)
    Deployment.objects.filter(pk=begun.row.pk).update(lease_until=past, child=child)


def dead_child() -> str:
    process = subprocess.Popen(["true"])
    child = str(Child.of(process.pid))
    process.wait()
    return child


def test_reaping_imports_what_is_left_and_says_interrupted(begin: Any) -> None:
    begun = begin().tell(line("one"))
    begun.recorder.pull()
    begun.tell(line("two"), tail='{"half')
    let_lease_run_out(begun, child=dead_child())
    found = deployments.reap()
    assert (found.pipelines, found.orphans) == ([begun.row.pipeline_id], [])
    row = begun.again()
    assert row.status == "interrupted"
    assert row.error["summary"] == "The worker died during the operation."
    assert row.error["hint"]
    assert [n for n, _ in texts(row)] == [1, 2, 3]
    assert not begun.spool.exists()
    assert deployments.reap().pipelines == []


def test_reaping_believes_the_operation_that_finished(begin: Any) -> None:
    begun = begin().tell(line("one"), outcome(proofs=(PROOF,)))
    let_lease_run_out(begun, child=dead_child())
    deployments.reap()
    row = begun.again()
    assert (row.status, row.pipeline.outputs) == ("succeeded", {"arn": "a"})


def test_one_that_cannot_be_ended_keeps_no_other_from_its_end(
    new_pipeline: Any, new_deployment: Any
) -> None:
    first, second = (Begun(new_deployment(new_pipeline(name))) for name in ("One", "Two"))
    for begun in (first, second):
        let_lease_run_out(begun, child=dead_child())
    first.spool.mkdir()  # nobody can read that as a file
    assert deployments.reap().pipelines == [second.row.pipeline_id]
    assert (first.again().status, second.again().status) == ("running", "interrupted")


def test_an_outcome_that_was_read_before_the_worker_died_counts(begin: Any) -> None:
    begun = begin().tell(line("one"), outcome(proofs=(PROOF,)))
    begun.recorder.pull()  # and no more: its worker is killed before it writes the end
    let_lease_run_out(begun, child=dead_child())
    deployments.reap()
    row = begun.again()
    assert (row.status, row.pipeline.outputs) == ("succeeded", {"arn": "a"})
    assert texts(row) == [(1, "one")]


def test_whoever_follows_believes_an_outcome_that_was_read_before(begin: Any) -> None:
    begun = begin().tell(line("one"), outcome())
    begun.recorder.pull()
    process = subprocess.Popen(["sleep", "0.5"], start_new_session=True)
    let_lease_run_out(begun, child=str(Child.of(process.pid)))
    deployments.execute(begun.row.pk)
    process.wait()
    row = begun.again()
    assert (row.status, texts(row)) == ("succeeded", [(1, "one")])


def test_a_worker_that_lost_its_lease_writes_no_line(begin: Any) -> None:
    begun = begin().tell(line("one"))
    let_lease_run_out(begun)
    follower = deployments.leases.take_over(begun.again())
    assert follower
    deployments.Recorder(begun.row, follower).pull()
    with pytest.raises(LeaseLost):
        begun.recorder.pull()
    assert texts(begun.row) == [(1, "one")]


def test_an_operation_that_ended_with_its_worker_was_not_cancelled(begin: Any) -> None:
    begun = begin().tell(outcome("cancelled"))
    let_lease_run_out(begun, child=dead_child())
    deployments.reap()
    row = begun.again()
    assert (row.status, row.error["summary"]) == (
        "interrupted", "Skyclock, or only its worker, was stopped during the operation.",
    )  # fmt: skip


def test_a_worker_that_died_before_it_began_is_reaped(begin: Any) -> None:
    begun = begin()
    let_lease_run_out(begun)
    deployments.reap()
    assert begun.again().status == "interrupted"


def test_a_lease_that_holds_is_left_alone(begin: Any) -> None:
    begun = begin()
    assert deployments.reap() == deployments.Reaped(pipelines=[], orphans=[])
    assert begun.again().status == "running"


def test_while_the_process_lives_it_is_followed_by_another_worker(begin: Any) -> None:
    begun = begin().tell(line("one"))
    process = subprocess.Popen(["sleep", "0.5"], start_new_session=True)
    let_lease_run_out(begun, child=str(Child.of(process.pid)))
    assert deployments.reap().orphans == [begun.row.pk]
    assert begun.again().status == "running"
    begun.tell(line("two"), outcome())
    deployments.execute(begun.row.pk)
    process.wait()
    row = begun.again()
    assert row.status == "succeeded"
    assert texts(row) == [(1, "one"), (2, "two")]


def test_the_end_is_written_at_the_outcome_and_a_process_that_stays_is_ended(
    begin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has said all that it had to say: nobody waits for its own end, and it may not stay."""
    monkeypatch.setattr(deployments, "EXIT_SECONDS", 0.2)
    begun = begin().tell(outcome())
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    written = []

    class Staying(deployments.Orphan):
        def kill(self) -> None:
            written.append(begun.again().status)
            super().kill()

    staying = Staying(Child.of(process.pid))
    deployments._follow_to_end(begun.row, begun.recorder, staying)
    assert written == ["succeeded"]
    assert process.wait(30) == -signal.SIGKILL


def test_one_that_was_ended_by_others_is_stopped_by_its_own_worker(begin: Any) -> None:
    begun = begin()
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    Deployment.objects.update(status="interrupted", lease_owner="")
    begun.tell(line("late"))
    deployments._follow_to_end(begun.row, begun.recorder, deployments.Orphan(Child.of(process.pid)))
    assert process.wait(60) != 0
    assert texts(begun.row) == []


def test_executing_what_has_ended_or_is_being_followed_changes_nothing(begin: Any) -> None:
    begun = begin()
    deployments.execute(begun.row.pk)
    assert begun.again().status == "running"
    Deployment.objects.update(status="succeeded")
    deployments.execute(begun.row.pk)
    deployments.execute(987654)
    assert begun.again().status == "succeeded"
