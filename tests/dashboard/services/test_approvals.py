"""Deployments that show first what they would do, and go on when somebody else approves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from dashboard import launch
from dashboard.models import AuditEntry, Connection, Deployment, Pipeline, User
from dashboard.services import connections, deployments, leases, outcomes, pipelines, plans
from provisioning.contracts import Changes, OperationError
from provisioning.errors import NotPossible
from tests.dashboard.services.begun import Begun, outcome

RUN = "dashboard.tasks.run_deployment"
STATE = "a" * 64


@pytest.fixture
def careful(connection: Connection) -> Connection:
    Connection.objects.update(approval_required=True)
    connection.refresh_from_db()
    return connection


@pytest.fixture
def waiting(careful: Connection, pipeline: Pipeline, member: User) -> Deployment:
    """An up that mel asked for and whose plan is made."""
    row = launch.request_deployment(actor=member, pipeline=pipeline, operation="up", message="Now.")
    return planned(row)


def planned(row: Deployment) -> Deployment:
    begun = Begun(row)
    version = row.version
    Deployment.objects.filter(pk=row.pk).update(
        spec_digest=plans.digest(pipelines.spec_for(row.pipeline, version))
    )
    begun.row.refresh_from_db()
    begun.tell(outcome(changes=Changes(create=8), outputs=None, state=STATE))
    return begun.end()


def test_an_up_makes_its_plan_and_waits(waiting: Deployment) -> None:
    assert (waiting.status, waiting.changes["create"]) == ("awaiting_approval", 8)
    assert (waiting.planned_on, waiting.planned_by) == (STATE, "pulumi 3.256.0")
    assert waiting.planned_at
    assert (waiting.started_at, waiting.finished_at, waiting.lease_owner) == (None, None, "")
    pipeline = waiting.pipeline
    assert (pipeline.may_exist_in_cloud, pipeline.deployed_version) == (False, None)
    assert pipeline.outputs == {}


@pytest.mark.parametrize("operation", ["preview", "refresh"])
def test_what_changes_nothing_needs_no_approval(
    careful: Connection, deployed: Pipeline, member: User, operation: str
) -> None:
    row = launch.request_deployment(actor=member, pipeline=deployed, operation=operation)
    assert not row.needs_approval


def test_a_destroy_waits_as_well(careful: Connection, deployed: Pipeline, member: User) -> None:
    row = planned(launch.request_deployment(actor=member, pipeline=deployed, operation="destroy"))
    assert row.status == "awaiting_approval"
    assert row.pipeline.deployed_version == deployed.current_version


def test_it_holds_nobody_and_its_message_is_harmless(
    waiting: Deployment, new_deployment: Any, messages: Any
) -> None:
    deployments.execute(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.status == "awaiting_approval"
    assert leases.claim(new_deployment(waiting.pipeline, "refresh"))


def test_who_asked_for_it_cannot_approve_it(waiting: Deployment, member: User) -> None:
    with pytest.raises(PermissionDenied, match="somebody else has to approve"):
        launch.approve(actor=member, deployment=waiting)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.decision) == ("awaiting_approval", "")


def test_an_admin_cannot_approve_what_they_asked_for(
    careful: Connection, pipeline: Pipeline, admin: User
) -> None:
    row = planned(launch.request_deployment(actor=admin, pipeline=pipeline, operation="up"))
    with pytest.raises(PermissionDenied):
        launch.approve(actor=admin, deployment=row)


def test_a_deactivated_account_cannot_approve(waiting: Deployment, stranger: User) -> None:
    with pytest.raises(PermissionDenied):
        launch.approve(actor=stranger, deployment=waiting)
    with pytest.raises(PermissionDenied):
        launch.discard(actor=stranger, deployment=waiting)


def test_approved_it_is_queued_to_apply_its_plan(
    waiting: Deployment, admin: User, messages: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        row = launch.approve(actor=admin, deployment=waiting, comment=" As agreed. ")
    assert (row.status, row.decision, row.decided_by) == ("queued", "approved", admin)
    assert row.comment == "As agreed."
    assert messages() == [(RUN, [row.pk])]
    assert row.plan_source == row
    assert AuditEntry.objects.get(action="deployment.approve").actor == admin
    lease = leases.claim(row)
    assert lease and lease.first
    assert not row.only_plans


def test_discarded_it_ends_with_who_and_why(
    waiting: Deployment, member: User, messages: Any
) -> None:
    row = launch.discard(actor=member, deployment=waiting, comment="Not before the weekend.")
    assert (row.status, row.decision, row.decided_by) == ("cancelled", "discarded", member)
    assert row.error["summary"] == "Discarded by mel: Not before the weekend."
    assert row.finished_at
    assert messages() == []


def test_a_comment_of_blanks_is_none(waiting: Deployment, member: User) -> None:
    row = launch.discard(actor=member, deployment=waiting, comment="  ")
    assert row.error["summary"] == "Discarded by mel."


@pytest.mark.parametrize("decided", [launch.approve, launch.discard])
def test_of_two_decisions_the_first_counts(
    waiting: Deployment, admin: User, decided: Callable[..., Deployment]
) -> None:
    first = decided(actor=admin, deployment=waiting)
    for second in (launch.approve, launch.discard):
        with pytest.raises(NotPossible, match=f"was {first.decision} by ada already"):
            second(actor=admin, deployment=waiting)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.decision) == (first.status, first.decision)
    assert (
        AuditEntry.objects.filter(action__in=["deployment.approve", "deployment.discard"]).count()
        == 1
    )


@pytest.mark.parametrize("status", ["queued", "running", "succeeded", "failed", "cancelled"])
def test_only_what_waits_can_be_decided(
    pipeline: Pipeline, new_deployment: Any, admin: User, status: str
) -> None:
    row = new_deployment(pipeline, status=status)
    for decide in (launch.approve, launch.discard):
        with pytest.raises(NotPossible):
            decide(actor=admin, deployment=row)
    row.refresh_from_db()
    assert row.status == status


def test_cancelled_while_its_plan_was_made_it_does_not_wait(
    careful: Connection, pipeline: Pipeline, member: User
) -> None:
    row = launch.request_deployment(actor=member, pipeline=pipeline, operation="up")
    begun = Begun(row)
    launch.request_cancel(actor=member, deployment=row)
    begun.tell(outcome(outputs=None, state=STATE))
    assert begun.end().status == "cancelled"


def test_a_plan_that_cannot_be_made_is_a_failure(
    careful: Connection, pipeline: Pipeline, member: User
) -> None:
    begun = Begun(launch.request_deployment(actor=member, pipeline=pipeline, operation="up"))
    begun.tell(outcome("failed", outputs=None, error=OperationError(summary="No.")))
    row = begun.end()
    assert (row.status, row.pipeline.may_exist_in_cloud) == ("failed", False)


def test_the_result_of_an_approved_one_counts(waiting: Deployment, admin: User) -> None:
    begun = Begun(launch.approve(actor=admin, deployment=waiting))
    row = begun.tell(outcome(state="b" * 64)).end()
    assert (row.status, row.state_left) == ("succeeded", "b" * 64)
    assert row.pipeline.deployed_version == row.version
    assert row.pipeline.outputs == {"arn": "a"}


def test_a_retry_of_an_older_version_is_not_stale_for_it(
    careful: Connection, pipeline: Pipeline, member: User, new_deployment: Any
) -> None:
    first = new_deployment(pipeline, status="failed")
    pipelines.update(actor=member, pipeline=pipeline, triggers=[])
    row = launch.request_deployment(actor=member, pipeline=pipeline, operation="up", retry_of=first)
    row = planned(row)
    assert plans.what_changed(row, pipeline=pipeline, besides=row.pk) == ""
    pipelines.update(actor=member, pipeline=pipeline, note="Once more")
    pipeline.refresh_from_db()
    assert "version 1 → 3" in plans.what_changed(row, pipeline=pipeline, besides=row.pk)


# ── Plans of previews ───────────────────────────────────────────────────────────────


def test_an_up_of_a_preview_waits_at_once(
    careful: Connection, pipeline: Pipeline, member: User, admin: User
) -> None:
    preview = planned(
        launch.request_deployment(actor=member, pipeline=pipeline, operation="preview")
    )
    row = launch.request_deployment(actor=member, pipeline=pipeline, operation="up", plan=preview)
    assert (row.status, row.changes["create"]) == ("awaiting_approval", 8)
    row = launch.approve(actor=admin, deployment=row)
    assert (row.status, row.plan_source) == ("queued", preview)


# ── The setting ─────────────────────────────────────────────────────────────────────


def test_turning_it_on_is_for_admins_and_is_told(
    connection: Connection, admin: User, member: User
) -> None:
    with pytest.raises(PermissionDenied):
        connections.update(actor=member, connection=connection, approval_required=True)
    connections.update(actor=admin, connection=connection, approval_required=True)
    entry = AuditEntry.objects.get(action="connection.update")
    assert entry.detail == {"approval_required": True}


def test_what_is_queued_follows_the_setting(
    connection: Connection, pipeline: Pipeline, admin: User, new_deployment: Any
) -> None:
    preview = new_deployment(pipeline, "preview", status="succeeded", started_at=timezone.now())
    up, applying = new_deployment(pipeline), new_deployment(pipeline, plan=preview)
    refresh = new_deployment(pipeline, "refresh")
    running = new_deployment(pipeline, "destroy", status="running")

    def seen() -> list[tuple[str, bool]]:
        for row in (up, applying, refresh, running):
            row.refresh_from_db()
        return [(row.status, row.needs_approval) for row in (up, applying, refresh, running)]

    connections.update(actor=admin, connection=connection, approval_required=True)
    assert seen() == [
        ("queued", True), ("awaiting_approval", True), ("queued", False), ("running", False),
    ]  # fmt: skip
    connections.update(actor=admin, connection=connection, approval_required=False)
    assert seen()[:2] == [("queued", False), ("awaiting_approval", True)]


def test_a_pipeline_is_not_deleted_from_below_one_that_waits(
    waiting: Deployment, member: User
) -> None:
    with pytest.raises(NotPossible, match="under way"):
        pipelines.delete(actor=member, pipeline=waiting.pipeline)


# ── Late reports ────────────────────────────────────────────────────────────────────


def test_a_late_report_about_its_plan_changes_no_decision(
    careful: Connection, pipeline: Pipeline, member: User, admin: User
) -> None:
    row = launch.request_deployment(actor=member, pipeline=pipeline, operation="up")
    late = Begun(row)
    late.tell(outcome(outputs=None, state=STATE))
    late.recorder.pull()
    assert late.recorder.outcome
    outcomes.write(late.recorder, late.recorder.outcome, late.row)
    launch.discard(actor=admin, deployment=row)
    with pytest.raises(leases.LeaseLost):
        outcomes.write(late.recorder, late.recorder.outcome, late.row)
    row.refresh_from_db()
    assert (row.status, row.decision) == ("cancelled", "discarded")


def test_a_message_from_before_the_approval_applies_the_plan(
    waiting: Deployment, admin: User
) -> None:
    """Its row was read while nobody had decided; the claim reads it anew."""
    stale = Deployment.objects.get(pk=waiting.pk)
    launch.approve(actor=admin, deployment=waiting)
    assert leases.claim(stale)
    assert not stale.only_plans
