"""What a tick finds, and what a task leaves to do."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from dashboard import celery, tasks
from dashboard.models import Connection, Deployment, Discovery, Pipeline
from dashboard.services.leases import Child

PAST = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def looked_at(connection: Connection) -> None:
    """The account was looked at already when the Connection was new."""
    Discovery.objects.create(connection=connection, looked_at=timezone.now())


def running(pipeline: Pipeline, new_deployment: Any, **more: Any) -> Deployment:
    """One whose worker has died."""
    lease = {"lease_owner": "h|b|1|w", "lease_until": timezone.now() - PAST}
    return new_deployment(
        pipeline, status="running", started_at=timezone.now(), **{**lease, **more}
    )


def test_a_dead_workers_deployment_ends_and_the_next_has_its_turn(
    pipeline: Pipeline, new_deployment: Any, messages: Any
) -> None:
    dead, waiting = running(pipeline, new_deployment), new_deployment(pipeline)
    tasks.tick()
    dead.refresh_from_db()
    assert dead.status == "interrupted"
    assert (celery.RUN_DEPLOYMENT, [waiting.pk]) in messages()


def test_one_whose_process_lives_gets_a_new_follower(
    pipeline: Pipeline, new_deployment: Any, messages: Any
) -> None:
    process = subprocess.Popen(["sleep", "60"])
    row = running(pipeline, new_deployment, child=str(Child.of(process.pid)))
    tasks.tick()
    process.kill()
    process.wait()
    assert messages() == [(celery.RUN_DEPLOYMENT, [row.pk])]


def test_history_that_is_due_is_asked_for(pipeline: Pipeline, messages: Any) -> None:
    Pipeline.objects.update(sync_due_at=timezone.now() - PAST)
    tasks.tick()
    tasks.tick()
    assert messages() == [(celery.SYNC_HISTORY, [pipeline.pk])]


def test_nothing_to_do_is_cheap(
    pipeline: Pipeline, messages: Any, settings: Any, django_assert_max_num_queries: Any
) -> None:
    settings.SANDBOX_CONTROL_URL = ""
    with django_assert_max_num_queries(13):
        tasks.tick()
    assert messages() == []


def test_an_end_lets_the_next_begin_and_pulls_the_history(
    pipeline: Pipeline,
    new_deployment: Any,
    messages: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    ended = new_deployment(pipeline, status="succeeded")
    waiting = new_deployment(pipeline)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.run_deployment(ended.pk)  # its message came twice
    assert messages() == [
        (celery.RUN_DEPLOYMENT, [waiting.pk]),
        (celery.SYNC_HISTORY, [pipeline.pk]),
    ]


def test_a_failed_pull_is_noted_and_not_raised(deployed: Pipeline) -> None:
    tasks.sync_history(deployed.pk)
    deployed.refresh_from_db()
    assert deployed.sync_error


def test_a_new_connections_account_is_looked_at_once(connection: Connection, messages: Any) -> None:
    Discovery.objects.all().delete()
    tasks.tick()
    tasks.tick()
    assert messages() == [(celery.DISCOVER, [connection.pk])]
