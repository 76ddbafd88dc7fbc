"""Drift as rows: found, seen again, put right in several ways, and when it is looked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard import launch, tasks
from dashboard.models import (
    AuditEntry,
    Connection,
    Deployment,
    DriftWatch,
    Maintenance,
    Pipeline,
    User,
)
from dashboard.models import Drift as Row
from dashboard.services import drift_checks, drifts, plans
from dashboard.services.pipelines import spec_for
from provisioning.contracts import Acceptance, Drift
from provisioning.errors import InvalidInput, NotPossible
from tests.dashboard.services.begun import outcome

URN = "urn:pulumi:churn::skyclock::aws:scheduler/schedule:Schedule::t1"
LATER = Drift(
    sentence="The schedule t1 was rescheduled in the cloud: 06:00 → 07:00.",
    urn=URN,
    path="scheduleExpression",
    old="cron(0 6 * * ? *) Europe/Berlin",
    new="cron(0 7 * * ? *) Europe/Berlin",
    acceptance=Acceptance(trigger="t1", fields={"cron": "0 7 * * *"}),
)
TAGS = Drift(sentence="The queue has another tags.", urn="urn:q", path="tags", cosmetic=True)
GONE = Drift(sentence="The bucket data was deleted in the cloud.", urn="urn:b", gone=True,
             refusal="What is gone can only be restored.")  # fmt: skip


def found(begin: Any, *drifts: Drift, by: str = "check") -> list[Row]:
    """A check, or a refresh, that found these; the rows that are open after it."""
    row = begin(by).tell(outcome(outputs=None, drifts=drifts)).end()
    assert row.status == "succeeded"
    return list(drifts_of(row.pipeline))


def drifts_of(pipeline: Pipeline) -> Any:
    return drifts.open_of(pipeline).order_by("id")


def test_what_a_check_finds_is_kept_with_since_when(begin: Any, deployed: Pipeline) -> None:
    first, second = found(begin, LATER, TAGS)
    assert (first.sentence, first.old, first.new) == (LATER.sentence, LATER.old, LATER.new)
    assert (first.acceptable, second.cosmetic, second.acceptable) == (True, True, False)
    assert DriftWatch.objects.get().checked_at >= first.first_seen

    (again,) = found(begin, LATER)
    assert (again.pk, again.first_seen) == (first.pk, first.first_seen)
    assert again.last_seen > first.last_seen
    second.refresh_from_db()
    assert (second.how, bool(second.resolved_at)) == ("vanished", True)


def test_what_comes_back_is_a_row_of_its_own(begin: Any, deployed: Pipeline) -> None:
    found(begin, LATER)
    assert found(begin) == []
    found(begin, LATER)
    assert Row.objects.count() == 2


def test_a_failed_check_ends_nothing_and_the_next_one_is_due(
    begin: Any, deployed: Pipeline
) -> None:
    found(begin, LATER)
    check = launch.request_check(actor=None, pipeline=deployed)
    Deployment.objects.filter(pk=check.pk).update(status="failed", error={"summary": "No."})
    assert drifts_of(deployed).count() == 1
    watch = DriftWatch.objects.get()
    assert watch.last_check == check
    assert watch.due_at > timezone.now()
    DriftWatch.objects.update(due_at=timezone.now())
    assert drift_checks.due() == [deployed]


def test_a_check_is_no_deployment_of_the_pipelines_own(begin: Any, deployed: Pipeline) -> None:
    before = deployed.last_deployment
    found(begin, LATER)
    deployed.refresh_from_db()
    assert deployed.last_deployment == before
    assert not AuditEntry.objects.filter(action="drift.accept").exists()


def test_a_plan_stays_good_when_a_check_was_made_meanwhile(begin: Any, deployed: Pipeline) -> None:
    plan = begin("preview").tell(outcome(outputs=None)).end()
    plan.spec_digest = plans.digest(spec_for(deployed, plan.version))
    found(begin, LATER)
    assert plans.what_changed(plan, pipeline=deployed) == ""


def test_what_a_refresh_took_into_the_state_stays_drift_until_a_deployment(
    begin: Any, deployed: Pipeline
) -> None:
    (row,) = found(begin, LATER, by="refresh")
    assert row.in_state
    assert found(begin) == [row], "checks do not see it any more"
    begin("up").tell(outcome()).end()
    row.refresh_from_db()
    assert row.how == "restored"
    assert DriftWatch.objects.get().due_at <= timezone.now(), "and it is looked again"


def test_what_goes_back_by_itself_after_a_refresh_ends(begin: Any, deployed: Pipeline) -> None:
    (row,) = found(begin, LATER, by="refresh")
    back = LATER.model_copy(update={"old": LATER.new, "new": LATER.old})
    assert found(begin, back) == []
    row.refresh_from_db()
    assert row.how == "vanished"


def test_a_deployment_without_a_refresh_puts_nothing_back(begin: Any, deployed: Pipeline) -> None:
    (row,) = found(begin, LATER)
    begin("up").tell(outcome()).end()
    assert list(drifts_of(deployed)) == [row], "the engine does not know of it"
    assert DriftWatch.objects.get().due_at <= timezone.now()


def test_a_destroy_ends_all(begin: Any, deployed: Pipeline) -> None:
    found(begin, LATER, GONE)
    begin("destroy").tell(outcome(outputs=None)).end()
    assert {row.how for row in Row.objects.all()} == {"destroyed"}


# ── Accepting and restoring ─────────────────────────────────────────────────────────


def test_accepting_is_a_version_that_says_what_the_cloud_has(
    begin: Any, deployed: Pipeline, member: User
) -> None:
    (row, _) = found(begin, LATER, GONE)
    preview = launch.accept_drift(actor=member, pipeline=deployed, ids=None)
    deployed.refresh_from_db()
    version = deployed.current_version
    assert (version.number, version.triggers[0]["cron"]) == (2, "0 7 * * *")
    assert version.note.startswith("Accepted from the cloud: The schedule t1")
    assert (preview.operation, preview.version) == ("preview", version)
    refresh = deployed.deployments.get(operation="refresh")
    assert refresh.pk < preview.pk, "or the preview would not know what the cloud has"
    row.refresh_from_db()
    assert (row.how, row.version, row.resolved_by) == ("accepted", version, member)
    assert AuditEntry.objects.get(action="drift.accept").detail["sentences"] == [row.sentence]


def test_what_was_accepted_is_no_drift_while_it_is_not_deployed(
    begin: Any, deployed: Pipeline, member: User
) -> None:
    (row,) = found(begin, LATER)
    drifts.accept(actor=member, pipeline=deployed, ids=[row.pk])
    assert found(begin, LATER) == []
    other = LATER.model_copy(update={"new": "cron(0 8 * * ? *) Europe/Berlin"})
    assert len(found(begin, other)) == 1


def test_settings_are_accepted_at_their_paths(begin: Any, deployed: Pipeline, member: User) -> None:
    way = Acceptance(settings={"retry.maximum_retry_attempts": 7})
    (row,) = found(begin, LATER.model_copy(update={"acceptance": way}))
    drifts.accept(actor=member, pipeline=deployed, ids=[row.pk])
    deployed.refresh_from_db()
    assert deployed.current_version.settings["retry"]["maximum_retry_attempts"] == 7


def test_what_cannot_be_accepted_says_why(begin: Any, deployed: Pipeline, member: User) -> None:
    (row,) = found(begin, GONE)
    with pytest.raises(NotPossible, match="can only be restored"):
        drifts.accept(actor=member, pipeline=deployed, ids=[row.pk])
    with pytest.raises(NotPossible, match="Nothing of what differs"):
        drifts.accept(actor=member, pipeline=deployed)
    for ids in ([row.pk + 1], []):
        with pytest.raises(InvalidInput):
            drifts.accept(actor=member, pipeline=deployed, ids=ids)
    deployed.refresh_from_db()
    assert deployed.current_version.number == 1


def test_a_value_that_the_definition_refuses_changes_nothing(
    begin: Any, deployed: Pipeline, member: User
) -> None:
    way = Acceptance(settings={"retry.maximum_retry_attempts": 7000})
    (row,) = found(begin, LATER.model_copy(update={"acceptance": way}))
    with pytest.raises(InvalidInput):
        drifts.accept(actor=member, pipeline=deployed, ids=[row.pk])
    assert list(drifts_of(deployed)) == [row]


def test_a_restore_is_a_preview_that_knows_the_cloud(deployed: Pipeline, member: User) -> None:
    preview = launch.restore(actor=member, pipeline=deployed)
    asked = deployed.deployments.order_by("id").values_list("operation", flat=True)
    assert list(asked) == ["refresh", "preview"]
    assert preview.operation == "preview"


def test_a_restore_at_once_refuses_to_deploy_an_edit_along(
    deployed: Pipeline, member: User
) -> None:
    up = launch.restore(actor=member, pipeline=deployed, apply=True)
    assert up.operation == "up"
    Pipeline.objects.update(deployed_version=None)
    deployed.refresh_from_db()
    with pytest.raises(NotPossible, match="edited"):
        launch.restore(actor=member, pipeline=deployed, apply=True)


# ── When ────────────────────────────────────────────────────────────────────────────


def checks(pipeline: Pipeline) -> int:
    return pipeline.deployments.filter(operation="check").count()


def make_due(pipeline: Pipeline) -> None:
    drift_checks.watch_of(pipeline)
    DriftWatch.objects.filter(pipeline=pipeline).update(due_at=timezone.now())


def test_what_is_deployed_gets_a_minute_of_its_own(deployed: Pipeline) -> None:
    tasks.tick()
    watch = DriftWatch.objects.get()
    assert timezone.now() < watch.due_at <= timezone.now() + timedelta(days=1)
    assert checks(deployed) == 0


def test_neighbours_are_not_checked_at_once() -> None:
    now = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
    dues = {drift_checks.next_due(Pipeline(pk=pk), 24, now) for pk in range(1, 101)}
    assert len(dues) == 100
    assert all(now < due <= now + timedelta(days=1) for due in dues if due)
    assert drift_checks.next_due(Pipeline(pk=1), 0, now) is None


def test_a_tick_asks_for_what_is_due_once(deployed: Pipeline) -> None:
    make_due(deployed)
    tasks.tick()
    tasks.tick()
    check = deployed.deployments.get(operation="check")
    assert check.requested_by is None
    assert DriftWatch.objects.get().due_at > timezone.now()


def test_only_a_few_are_made_at_once(new_pipeline: Any) -> None:
    for number in range(4):
        row = new_pipeline(f"Churn {number}")
        Pipeline.objects.filter(pk=row.pk).update(
            deployed_version=row.current_version, may_exist_in_cloud=True
        )
        make_due(row)
    tasks.tick()
    assert Deployment.objects.filter(operation="check").count() == drift_checks.AT_ONCE
    Deployment.objects.update(status="succeeded")
    tasks.tick()
    assert Deployment.objects.filter(operation="check").count() == 4


def test_a_deployment_under_way_puts_it_off(deployed: Pipeline, new_deployment: Any) -> None:
    new_deployment(deployed, status="running")
    make_due(deployed)
    tasks.tick()
    watch = DriftWatch.objects.get()
    assert "under way" in watch.skipped
    assert watch.due_at < timezone.now() + timedelta(hours=1), "not by a whole day"
    assert checks(deployed) == 0


def test_a_maintenance_puts_it_off(deployed: Pipeline, connection: Connection) -> None:
    Maintenance.objects.create(
        clock=connection, connection=connection, reason="Move", since=timezone.now(), state="active"
    )
    make_due(deployed)
    tasks.tick()
    assert "maintenance holds its triggers" in DriftWatch.objects.get().skipped
    assert checks(deployed) == 0


def test_a_connection_that_may_not_deploy_is_left_out_with_the_reason(
    deployed: Pipeline, connection: Connection, member: User
) -> None:
    Connection.objects.update(level="run")
    make_due(deployed)
    tasks.tick()
    watch = DriftWatch.objects.get()
    assert "for run only" in watch.skipped
    assert watch.due_at > timezone.now()
    assert checks(deployed) == 0
    deployed.connection.refresh_from_db()
    with pytest.raises(NotPossible, match="for run only"):
        launch.request_check(actor=member, pipeline=deployed)


def test_it_can_be_changed_and_switched_off(deployed: Pipeline, member: User) -> None:
    watch = drift_checks.set_every(actor=member, pipeline=deployed, hours=1)
    assert watch.due_at and watch.due_at <= timezone.now() + timedelta(hours=1)
    drift_checks.set_every(actor=member, pipeline=deployed, hours=0)
    tasks.tick()
    assert (DriftWatch.objects.get().due_at, checks(deployed)) == (None, 0)
    drift_checks.soon(deployed)
    assert DriftWatch.objects.get().due_at is None
    with pytest.raises(InvalidInput):
        drift_checks.set_every(actor=member, pipeline=deployed, hours=169)


def test_an_instance_can_have_no_checks(deployed: Pipeline, settings: Any) -> None:
    settings.DRIFT_CHECK_HOURS = 0
    tasks.tick()
    assert not DriftWatch.objects.exists()
