"""No list needs more queries when it has more rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard import queries
from dashboard.models import (
    Deployment,
    DeploymentLine,
    DeploymentResource,
    Pipeline,
    Run,
    User,
    Version,
)


def read_all(rows: Any) -> None:
    """Touch what a page would show of each."""
    for row in rows[0] if isinstance(rows, tuple) else rows:
        for name in ("pipeline", "connection", "trigger", "requested_by", "version", "actor"):
            str(getattr(row, name, ""))
        if isinstance(row, Version):
            str(row.created_by)
        if isinstance(row, queries.PipelineRow):
            str(row.pipeline.connection), row.next, row.last_deployment
            str(row.pipeline.current_version), str(row.pipeline.deployed_version)


def overview(user: User, pipeline: Pipeline) -> list[Any]:
    seen = queries.overview(user, timezone.now())
    return [
        *seen.next, *seen.running, *seen.failed, *seen.active_deployments,
        *seen.broken_deployments, *seen.unsynced,
    ]  # fmt: skip


LISTS: dict[str, Callable[[User, Pipeline], Any]] = {
    "pipeline_list": lambda user, pipeline: queries.pipeline_list(user),
    "runs": lambda user, pipeline: queries.runs(user),
    "pipeline_runs": lambda user, pipeline: queries.pipeline_runs(pipeline),
    "deployments": lambda user, pipeline: queries.deployments(user),
    "pipeline_deployments": lambda user, pipeline: queries.pipeline_deployments(pipeline),
    "pipeline_resources": lambda user, pipeline: queries.pipeline_resources(pipeline),
    "pipeline_versions": lambda user, pipeline: queries.pipeline_versions(pipeline),
    "pipeline_triggers": lambda user, pipeline: queries.pipeline_triggers(pipeline),
    "connection_list": lambda user, pipeline: queries.connection_list(user),
    "next_occurrences": lambda user, pipeline: queries.next_occurrences(user),
    "people": lambda user, pipeline: queries.people(user),
    "worker_hosts": lambda user, pipeline: queries.worker_hosts(user),
    "overview": overview,
}


@pytest.fixture
def grow(new_pipeline: Any, new_deployment: Any, member: User) -> Callable[[int], Pipeline]:
    """More of everything."""

    def grown(count: int) -> Pipeline:
        number = Pipeline.objects.count()
        for each in range(number, number + count):
            pipeline = new_pipeline(f"Pipeline {each}")
            pipeline.triggers.update(state="active", next=timezone.now())
            row = new_deployment(pipeline, status="failed")
            DeploymentLine.objects.create(deployment=row, n=1, time=timezone.now(), text="x")
            DeploymentResource.objects.create(
                deployment=row, urn=f"urn:{each}", state="done", op="create", position=0
            )
            Pipeline.objects.filter(pk=pipeline.pk).update(
                last_deployment=row, may_exist_in_cloud=True,
                deployed_version=pipeline.current_version,
            )  # fmt: skip
            for status in ("failed", "running"):
                Run.objects.create(
                    pipeline=pipeline, cloud_id=status, status=status, started=timezone.now(),
                    trigger=pipeline.triggers.get(), requested_by=member,
                    version=pipeline.current_version,
                )  # fmt: skip
            new_deployment(pipeline, status="queued")
        return Pipeline.objects.get(pk=pipeline.pk)

    return grown


@pytest.mark.parametrize("name", LISTS)
def test_the_number_of_queries_does_not_grow(name: str, grow: Any, admin: User) -> None:
    counts = []
    for more in (1, 4):
        pipeline = grow(more)
        with CaptureQueriesContext(connection) as captured:
            read_all(LISTS[name](admin, pipeline))
        counts.append(len(captured))
    assert counts[0] == counts[1], [one["sql"] for one in captured.captured_queries]


def test_no_list_counts_a_whole_table(grow: Any, admin: User) -> None:
    pipeline = grow(2)
    with CaptureQueriesContext(connection) as captured:
        for read in LISTS.values():
            read_all(read(admin, pipeline))
    counting = [one["sql"] for one in captured.captured_queries if "COUNT(*)" in one["sql"]]
    assert counting == []


def test_the_newest_runs_come_from_an_index(grow: Any, admin: User) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("asks SQLite for its plan")
    pipeline = grow(1)
    for filters in ({}, {"pipeline": pipeline}, {"status": "failed"},
                    {"pipeline": pipeline, "status": "failed"}):  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            queries.runs(admin, **filters)
        sql = captured.captured_queries[0]["sql"]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = " ".join(row[3] for row in cursor.fetchall())
        assert "USING INDEX" in plan
        assert "TEMP B-TREE" not in plan, plan


def test_a_deployments_lines_are_one_query(grow: Any, django_assert_num_queries: Any) -> None:
    grow(1)
    row = Deployment.objects.order_by("pk").first()
    with django_assert_num_queries(1):
        queries.deployment_lines(row, after=0)
