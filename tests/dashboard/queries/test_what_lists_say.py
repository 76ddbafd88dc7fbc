from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from dashboard import queries
from dashboard.models import (
    Connection,
    DeploymentLine,
    DeploymentResource,
    Pipeline,
    Run,
    User,
)


def test_a_pipelines_row_says_what_fires_next(
    member: User, new_pipeline: Any, new_deployment: Any
) -> None:
    pipeline = new_pipeline("Churn")
    new_pipeline("Never")
    now = timezone.now()
    pipeline.triggers.update(next=now + timedelta(hours=3))
    for key, hours, more in (
        ("soon", 1, {}), ("paused", 0, {"paused": True}), ("gone", 0, {"removed_at": now}),
    ):  # fmt: skip
        pipeline.triggers.create(
            key=key, kind="schedule", next=now + timedelta(hours=hours), **more
        )
    last = new_deployment(pipeline)
    Pipeline.objects.filter(pk=pipeline.pk).update(last_deployment=last)
    churn, never = queries.pipeline_list(member)
    assert [one.key for one in churn.triggers] == ["paused", "soon", "t1"]
    assert (churn.next, churn.last_deployment) == (now + timedelta(hours=1), last)
    assert (never.next, never.last_deployment) == (None, None)
    assert [one.key for one in queries.next_occurrences(member)] == ["soon", "t1"]


def test_pipelines_are_found_by_name_and_connection(member: User, new_pipeline: Any) -> None:
    churn, _ = new_pipeline("Churn"), new_pipeline("Weather")
    found = queries.pipeline_list(member, search="hur", connection=churn.connection_id)
    assert [row.pipeline for row in found] == [churn]


def test_resources_are_the_last_step_of_each(deployed: Pipeline, new_deployment: Any) -> None:
    def step(row: Any, urn: str, op: str, state: str = "done") -> None:
        DeploymentResource.objects.create(
            deployment=row, urn=urn, op=op, state=state, position=row.resources.count()
        )

    first = new_deployment(deployed, status="succeeded")
    for urn in ("role", "queue", "pipeline"):
        step(first, urn, "create")
    second = new_deployment(deployed, status="failed")
    step(second, "queue", "delete")
    step(second, "pipeline", "update")
    step(second, "schedule", "create", state="failed")
    preview = new_deployment(deployed, "preview", status="succeeded")
    step(preview, "bucket", "create", state="planned")
    found = {row.urn: row.op for row in queries.pipeline_resources(deployed)}
    assert found == {"role": "create", "pipeline": "update"}
    deployed.may_exist_in_cloud = False
    assert queries.pipeline_resources(deployed) == []


def test_lines_go_on_after_a_number(pipeline: Pipeline, new_deployment: Any) -> None:
    row = new_deployment(pipeline)
    for n in range(1, 6):
        DeploymentLine.objects.create(deployment=row, n=n, time=timezone.now(), text=str(n))
    assert [line.n for line in queries.deployment_lines(row, after=2, limit=2)] == [3, 4]
    assert queries.deployment_lines(row, after=5) == []


def test_the_overview_leads_to_the_first_step(
    member: User, connection: Connection, new_pipeline: Any
) -> None:
    def steps() -> tuple[bool, ...]:
        seen = queries.overview(member, timezone.now()).first_steps
        return seen.connection, seen.pipeline, seen.deployed, seen.run

    assert steps() == (True, False, False, False)
    pipeline = new_pipeline("Churn")
    assert steps() == (True, True, False, False)
    Pipeline.objects.update(deployed_version=pipeline.current_version)
    Run.objects.create(pipeline=pipeline, cloud_id="r", status="running", started=timezone.now())
    assert steps() == (True, True, True, True)
    assert queries.overview(member, timezone.now()).first_steps.done


def test_the_overview_says_what_is_wrong(
    member: User, deployed: Pipeline, new_deployment: Any
) -> None:
    now = timezone.now()
    ahead = timedelta(days=3)
    Connection.objects.update(clock_ahead=ahead)
    for id, status, age in (("new", "failed", 1), ("old", "failed", 30), ("on", "running", 1)):
        Run.objects.create(
            pipeline=deployed, cloud_id=id, status=status, cloud_status=status,
            started=now + ahead - timedelta(hours=age),
        )  # fmt: skip
    mended, broken = (new_deployment(deployed, status="failed") for _ in range(2))
    waiting = new_deployment(deployed)
    Pipeline.objects.update(last_deployment=broken, synced_at=now)
    seen = queries.overview(member, now)
    assert [run.cloud_id for run in seen.failed] == ["new"]
    assert [run.cloud_id for run in seen.running] == ["on"]
    assert seen.active_deployments == (waiting,)
    assert seen.broken_deployments == (broken,)
    assert mended not in seen.broken_deployments
    assert seen.unsynced == ()
    Pipeline.objects.update(sync_error="Throttled")
    assert queries.overview(member, now).unsynced == (deployed,)


def test_people_are_for_admins(admin: User, member: User) -> None:
    assert admin in queries.people(admin)
    with pytest.raises(PermissionDenied):
        queries.people(member)


def test_connections_say_how_many_pipelines_use_them(
    member: User, pipeline: Pipeline, new_pipeline: Any
) -> None:
    new_pipeline("Other")
    Pipeline.objects.filter(pk=pipeline.pk).update(archived_at=timezone.now())
    (row,) = queries.connection_list(member)
    assert row.pipeline_count == 1
