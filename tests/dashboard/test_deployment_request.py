from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from dashboard import launch
from dashboard.models import AuditEntry, Connection, Deployment, Pipeline, User
from dashboard.services import pipelines, plans
from provisioning.errors import InvalidInput, NotPossible

RUN = "dashboard.tasks.run_deployment"


@pytest.fixture
def ask(
    member: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> Callable[..., Deployment]:
    def asked(pipeline: Pipeline, operation: str = "up", **more: Any) -> Deployment:
        with django_capture_on_commit_callbacks(execute=True):
            return launch.request_deployment(
                actor=member, pipeline=pipeline, operation=operation, **more
            )

    return asked


def previewed(pipeline: Pipeline, new_deployment: Any, **more: Any) -> Deployment:
    """A preview that succeeded, as `execute` leaves it."""
    version = pipeline.current_version
    assert version
    now = timezone.now()
    usual = {
        "status": "succeeded",
        "started_at": now,
        "finished_at": now,
        "spec_digest": plans.digest(pipelines.spec_for(pipeline, version)),
    }
    return new_deployment(pipeline, "preview", **{**usual, **more})


def test_it_leaves_a_row_an_entry_and_a_message(
    ask: Any, pipeline: Pipeline, member: User, messages: Any
) -> None:
    row = ask(pipeline)
    row.refresh_from_db()
    assert (row.status, row.operation, row.requested_by) == ("queued", "up", member)
    assert row.version == pipeline.current_version
    assert row.enqueued_at
    assert AuditEntry.objects.get(action="deployment.request").subject_id == str(row.pk)
    assert messages() == [(RUN, [row.pk])]
    pipeline.refresh_from_db()
    assert pipeline.last_deployment == row
    assert not pipeline.may_exist_in_cloud  # that is said when it starts


def test_nothing_is_enqueued_before_the_commit(
    pipeline: Pipeline, member: User, messages: Any
) -> None:
    launch.request_deployment(actor=member, pipeline=pipeline, operation="up")
    assert messages() == []


def test_while_the_queue_is_away_the_row_waits_for_a_tick(
    ask: Any, pipeline: Pipeline, messages: Any, queue_away: Any
) -> None:
    with queue_away():
        row = ask(pipeline)
    row.refresh_from_db()
    assert (row.status, row.enqueued_at) == ("queued", None)
    assert row.phase == "waiting for the queue: Redis does not answer"
    launch.enqueue_waiting()
    row.refresh_from_db()
    assert row.phase == ""
    assert messages() == [(RUN, [row.pk])]
    launch.enqueue_waiting()
    assert messages() == []  # sent a moment ago
    Deployment.objects.update(enqueued_at=timezone.now() - 2 * launch.NUDGE_AGAIN)
    launch.enqueue_waiting()
    assert messages() == [(RUN, [row.pk])]


def test_only_the_oldest_of_an_idle_pipeline_has_its_turn(
    new_pipeline: Any, new_deployment: Any, messages: Any
) -> None:
    idle, busy = new_pipeline("Idle"), new_pipeline("Busy")
    first, _ = new_deployment(idle), new_deployment(idle)
    new_deployment(busy, status="running")
    new_deployment(busy)
    launch.enqueue_waiting()
    launch.enqueue_next(idle.pk)
    launch.enqueue_next(busy.pk)
    assert messages() == [(RUN, [first.pk])] * 2


@pytest.mark.parametrize("level", ["observe", "run"])
def test_the_connections_level_has_to_allow_it(
    ask: Any, pipeline: Pipeline, connection: Connection, level: str
) -> None:
    Connection.objects.update(level=level)
    with pytest.raises(NotPossible, match=f"is for {level} only"):
        ask(pipeline)
    assert not Deployment.objects.exists()


def test_a_disabled_connection_forbids_it(ask: Any, pipeline: Pipeline) -> None:
    Connection.objects.update(enabled=False)
    with pytest.raises(NotPossible, match="disabled"):
        ask(pipeline, "preview")


@pytest.mark.parametrize("operation", ["destroy", "refresh"])
def test_nothing_cannot_be_destroyed(ask: Any, pipeline: Pipeline, operation: str) -> None:
    with pytest.raises(NotPossible, match="Nothing of Churn"):
        ask(pipeline, operation)


def test_a_destroy_is_of_what_is_in_the_cloud(ask: Any, deployed: Pipeline, member: User) -> None:
    pipelines.update(actor=member, pipeline=deployed, triggers=[])
    assert ask(deployed, "destroy").version.number == 1
    assert ask(deployed, "up").version.number == 2


def test_an_unknown_operation_is_refused_at_its_field(ask: Any, pipeline: Pipeline) -> None:
    with pytest.raises(InvalidInput) as caught:
        ask(pipeline, "explode")
    assert caught.value.problems[0].field == "operation"


def test_a_deleted_pipeline_is_left_alone(ask: Any, pipeline: Pipeline, member: User) -> None:
    pipelines.delete(actor=member, pipeline=pipeline)
    with pytest.raises(NotPossible, match="deleted"):
        ask(pipeline)


# ── Plans ───────────────────────────────────────────────────────────────────────────


def test_an_up_may_apply_a_fresh_plan(ask: Any, pipeline: Pipeline, new_deployment: Any) -> None:
    preview = previewed(pipeline, new_deployment)
    assert ask(pipeline, plan=preview).plan == preview


@pytest.mark.parametrize("status", ["queued", "running", "failed", "cancelled", "interrupted"])
def test_only_a_preview_that_succeeded_has_a_plan(
    ask: Any, pipeline: Pipeline, new_deployment: Any, status: str
) -> None:
    preview = previewed(pipeline, new_deployment, status=status)
    with pytest.raises(NotPossible, match="did not succeed"):
        ask(pipeline, plan=preview)


def test_plans_are_for_ups_of_the_same_pipeline(
    ask: Any, new_pipeline: Any, deployed: Pipeline, new_deployment: Any
) -> None:
    preview = previewed(deployed, new_deployment)
    with pytest.raises(NotPossible, match="Only an up"):
        ask(deployed, "destroy", plan=preview)
    with pytest.raises(NotPossible, match="not a preview of this"):
        ask(new_pipeline("Other"), plan=preview)
    earlier_up = new_deployment(deployed, status="succeeded")
    with pytest.raises(NotPossible, match="not a preview"):
        ask(deployed, plan=earlier_up)


def test_a_new_version_makes_the_plan_stale(
    ask: Any, pipeline: Pipeline, new_deployment: Any, member: User
) -> None:
    preview = previewed(pipeline, new_deployment)
    pipelines.update(actor=member, pipeline=pipeline, triggers=[])
    with pytest.raises(NotPossible, match=r"edited: version 1 → 2\. Preview again"):
        ask(pipeline, plan=preview)


def test_a_pause_makes_the_plan_stale(ask: Any, pipeline: Pipeline, new_deployment: Any) -> None:
    preview = previewed(pipeline, new_deployment)
    pipeline.triggers.update(paused=True)
    with pytest.raises(NotPossible, match="a pause of one of its triggers"):
        ask(pipeline, plan=preview)


@pytest.mark.parametrize("status", ["queued", "running", "failed", "succeeded"])
def test_a_later_change_makes_the_plan_stale(
    ask: Any, pipeline: Pipeline, new_deployment: Any, status: str
) -> None:
    preview = previewed(pipeline, new_deployment)
    started = None if status == "queued" else timezone.now()
    other = new_deployment(pipeline, status=status, started_at=started)
    with pytest.raises(NotPossible, match=f"by deployment {other.pk}, an up that mel asked for"):
        ask(pipeline, plan=preview)


def test_a_later_preview_or_a_cancelled_wait_does_not(
    ask: Any, pipeline: Pipeline, new_deployment: Any
) -> None:
    preview = previewed(pipeline, new_deployment)
    previewed(pipeline, new_deployment)
    new_deployment(pipeline, status="cancelled")
    assert ask(pipeline, plan=preview).plan == preview


# ── Cancelling ──────────────────────────────────────────────────────────────────────


def test_a_queued_one_is_cancelled_at_once(
    pipeline: Pipeline,
    new_deployment: Any,
    member: User,
    messages: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    row, behind = new_deployment(pipeline), new_deployment(pipeline)
    with django_capture_on_commit_callbacks(execute=True):
        launch.request_cancel(actor=member, deployment=row)
    assert (row.status, bool(row.finished_at)) == ("cancelled", True)
    assert messages() == [(RUN, [behind.pk])]
    assert AuditEntry.objects.filter(action="deployment.cancel").count() == 1


def test_a_running_one_is_asked_to_stop(
    pipeline: Pipeline, new_deployment: Any, member: User
) -> None:
    row = new_deployment(pipeline, status="running")
    launch.request_cancel(actor=member, deployment=row)
    first = row.cancel_requested_at
    assert (row.status, bool(first)) == ("running", True)
    launch.request_cancel(actor=member, deployment=row)
    assert row.cancel_requested_at == first  # a double click is one wish
    assert (row.kill_requested_at, row.phase) == (None, "stopping")
    assert AuditEntry.objects.filter(action="deployment.cancel").count() == 1


def test_it_says_what_it_finishes_first(
    pipeline: Pipeline, new_deployment: Any, member: User
) -> None:
    row = new_deployment(pipeline, status="running")
    for name, op, state in (("data", "create", "running"), ("old", "same", "running"),
                            ("exec", "create", "done")):  # fmt: skip
        row.resources.create(
            urn=f"urn:{name}", kind="aws:s3/bucket:Bucket", name=name, op=op, state=state,
            position=0,
        )  # fmt: skip
    launch.request_cancel(actor=member, deployment=row)
    assert row.phase == "stopping: finishing aws:s3/bucket data"


def test_stopping_at_once_is_a_second_step(
    pipeline: Pipeline, new_deployment: Any, member: User
) -> None:
    row = new_deployment(pipeline, status="running")
    with pytest.raises(NotPossible, match="Cancel it first"):
        launch.request_cancel(actor=member, deployment=row, at_once=True)
    launch.request_cancel(actor=member, deployment=row)
    asked = row.cancel_requested_at
    launch.request_cancel(actor=member, deployment=row, at_once=True)
    at_once = row.kill_requested_at
    assert (row.status, row.phase) == ("running", "stopping at once")
    assert (row.cancel_requested_at, bool(at_once)) == (asked, True)
    launch.request_cancel(actor=member, deployment=row)
    launch.request_cancel(actor=member, deployment=row, at_once=True)
    assert (row.kill_requested_at, row.phase) == (at_once, "stopping at once")
    assert AuditEntry.objects.filter(action="deployment.stop_at_once").count() == 1


@pytest.mark.parametrize("at_once", [False, True])
def test_one_that_awaits_approval_is_cancelled_at_once(
    pipeline: Pipeline, new_deployment: Any, member: User, at_once: bool
) -> None:
    row = new_deployment(pipeline, status="awaiting_approval")
    launch.request_cancel(actor=member, deployment=row, at_once=at_once)
    assert (row.status, bool(row.finished_at)) == ("cancelled", True)


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled", "interrupted"])
def test_what_has_ended_cannot_be_cancelled(
    pipeline: Pipeline, new_deployment: Any, member: User, status: str
) -> None:
    row = new_deployment(pipeline, status=status)
    with pytest.raises(NotPossible, match="ended"):
        launch.request_cancel(actor=member, deployment=row)


# ── History ─────────────────────────────────────────────────────────────────────────


def test_due_pulls_are_enqueued_once(new_pipeline: Any, messages: Any) -> None:
    due, later, _ = new_pipeline("Due"), new_pipeline("Later"), new_pipeline("Never")
    Pipeline.objects.filter(pk=due.pk).update(sync_due_at=timezone.now())
    Pipeline.objects.filter(pk=later.pk).update(sync_due_at=timezone.now() + timedelta(minutes=1))
    launch.enqueue_due_syncs()
    launch.enqueue_due_syncs()
    assert messages() == [("dashboard.tasks.sync_history", [due.pk])]


def test_a_pull_can_be_asked_for(
    pipeline: Pipeline,
    messages: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        launch.request_sync(pipeline)
    assert messages() == [("dashboard.tasks.sync_history", [pipeline.pk])]
