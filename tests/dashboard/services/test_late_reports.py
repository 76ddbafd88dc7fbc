"""Every change of a Deployment names the state that it expects: what comes too late changes
nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard import launch
from dashboard.models import Deployment, Pipeline, User
from dashboard.services import deployments, leases, outcomes
from dashboard.services.leases import LeaseLost
from provisioning.contracts import OperationError
from provisioning.errors import NotPossible
from tests.dashboard.services.begun import Begun, line, outcome, texts

FIELDS = ("status", "phase", "phases", "changes", "error", "finished_at", "last_line",
          "spool_offset", "lease_owner", "decision", "state_left", "drifts")  # fmt: skip
ENDS: dict[str, Callable[[Begun], Any]] = {
    "an outcome": lambda late: outcomes.write(late.recorder, outcome(), late.row),
    "a failure": lambda late: outcomes.fail(late.recorder, OperationError(summary="No."), late.row),
    "a refusal": lambda late: outcomes.refuse(
        late.recorder, OperationError(summary="No."), late.row
    ),
    "an interruption": lambda late: outcomes.interrupt(late.recorder, late.row, "Cut."),
    "a death": lambda late: outcomes.died(late.recorder, late.row, last_words="x"),
    "a line": lambda late: late.recorder.say("late"),
    "a renewal": lambda late: late.lease.renew(),
}


def seen(row: Deployment) -> tuple[Any, ...]:
    return Deployment.objects.values_list(*FIELDS).get(pk=row.pk)


@pytest.mark.parametrize("report", ENDS)
def test_a_lost_lease_reports_nothing(begin: Any, report: str) -> None:
    late = begin()
    Deployment.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    late.row.refresh_from_db()
    assert leases.take_over(late.row)
    before, said = seen(late.row), texts(late.row)
    with pytest.raises(LeaseLost):
        ENDS[report](late)
    assert (seen(late.row), texts(late.row)) == (before, said)
    late.row.pipeline.refresh_from_db()
    assert late.row.pipeline.deployed_version is None


@pytest.mark.parametrize("report", ENDS)
@pytest.mark.parametrize("status", [*Deployment.FINAL, "queued", "awaiting_approval"])
def test_what_is_not_running_any_more_is_left_alone(begin: Any, report: str, status: str) -> None:
    late = begin()
    Deployment.objects.update(status=status, finished_at=timezone.now())
    before = seen(late.row)
    with pytest.raises(LeaseLost):
        ENDS[report](late)
    assert seen(late.row) == before


def test_the_second_of_two_outcomes_counts_for_nothing(begin: Any) -> None:
    twice = begin()
    outcomes.write(twice.recorder, outcome(), twice.row)
    before = seen(twice.row)
    with pytest.raises(LeaseLost):
        outcomes.write(twice.recorder, outcome("failed", outputs=None), twice.row)
    assert seen(twice.row) == before


@pytest.mark.parametrize("status", [*Deployment.FINAL, "awaiting_approval"])
def test_a_message_that_is_delivered_again_does_nothing(
    pipeline: Pipeline, new_deployment: Any, status: str
) -> None:
    row = new_deployment(pipeline, status=status)
    before = seen(row)
    deployments.execute(row.pk)
    launch.enqueue_waiting()
    assert seen(row) == before
    assert leases.claim(row) is None


def test_a_cancel_that_comes_after_the_outcome_is_refused(begin: Any, member: User) -> None:
    ended = begin().tell(line("one"), outcome()).end()
    before = seen(ended)
    with pytest.raises(NotPossible, match="ended already"):
        launch.request_cancel(actor=member, deployment=ended)
    assert seen(ended) == before


def test_a_cancel_of_a_row_read_while_it_was_queued_asks_the_running_one(
    pipeline: Pipeline, new_deployment: Any, member: User
) -> None:
    row = new_deployment(pipeline)
    stale = Deployment.objects.get(pk=row.pk)
    assert leases.claim(row)
    launch.request_cancel(actor=member, deployment=stale)
    row.refresh_from_db()
    assert row.status == "running"
    assert row.cancel_requested_at


def test_leaving_one_that_was_taken_meanwhile_changes_nothing(
    pipeline: Pipeline, new_deployment: Any
) -> None:
    row = new_deployment(pipeline)
    assert leases.claim(Deployment.objects.get(pk=row.pk))
    before = seen(row)
    deployments._leave(row, "waiting for a free worker")
    assert seen(row) == before


def test_a_misbehaving_one_holds_nobody_on_other_pipelines(
    new_pipeline: Any, new_deployment: Any
) -> None:
    """Its lease ran out and nobody has reaped it yet."""
    stuck = new_deployment(new_pipeline("Stuck"))
    assert leases.claim(stuck)
    Deployment.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    behind = new_deployment(stuck.pipeline)
    assert leases.claim(new_deployment(new_pipeline("Other")))
    assert leases.claim(behind) is None


def test_an_approval_read_before_a_discard_is_refused(
    pipeline: Pipeline, new_deployment: Any, admin: User
) -> None:
    row = new_deployment(pipeline, status="awaiting_approval", needs_approval=True)
    stale = Deployment.objects.get(pk=row.pk)
    launch.discard(actor=admin, deployment=row)
    before = seen(row)
    with pytest.raises(NotPossible, match="discarded by ada"):
        launch.approve(actor=admin, deployment=stale)
    assert seen(row) == before
