"""Deployments executed as a worker does it: real engine, real operation, sandbox clouds."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard import launch, queries
from dashboard.models import Deployment, Pipeline, Run, User
from dashboard.services import (
    deployment_log,
    deployments,
    history,
    leases,
    pipelines,
    runs,
    sandbox,
    triggers,
)
from dashboard.services.leases import Child
from provisioning.contracts import EngineCommand
from provisioning.errors import InvalidInput, NotPossible
from tests import other_process

pytestmark = [
    pytest.mark.engine,
    pytest.mark.sandbox,
    pytest.mark.usefixtures("on_sandbox"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


@pytest.fixture(autouse=True)
def state(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    # One folder for this process and for the others that a test starts.
    data = tmp_path_factory.mktemp("data")
    settings.DATA_DIR = data
    settings.SPOOL_DIR = data / "spool"
    settings.STATE_DIR = data / "state"
    settings.WORK_DIR = data / "stacks"


@pytest.fixture
def ask(engine: EngineCommand, member: User) -> Callable[..., Deployment]:
    """Ask for a Deployment and execute it; returns the row as it is afterwards."""

    def done(pipeline: Pipeline, operation: str, **more: Any) -> Deployment:
        row = launch.request_deployment(
            actor=member, pipeline=pipeline, operation=operation, **more
        )
        deployments.execute(row.pk)
        row.refresh_from_db()
        pipeline.refresh_from_db()
        return row

    return done


@pytest.fixture
def up(new_pipeline: Any, ask: Any, request: pytest.FixtureRequest) -> Iterator[Pipeline]:
    """A Pipeline in the sandbox, destroyed afterwards."""
    made = new_pipeline(request.node.name[:60])
    row = ask(made, "up")
    assert row.status == "succeeded", row.error
    yield made
    if made.may_exist_in_cloud:
        assert ask(made, "destroy").status == "succeeded"


def numbers(row: Deployment) -> list[int]:
    return [line.n for line in queries.deployment_lines(row)]


def test_preview_up_edit_destroy(new_pipeline: Any, ask: Any, member: User) -> None:
    pipeline = new_pipeline("The whole way")
    preview = ask(pipeline, "preview")
    assert preview.status == "succeeded", preview.error
    assert preview.changes["create"] > 4
    assert not pipeline.may_exist_in_cloud

    row = ask(pipeline, "up", plan=preview)
    assert row.status == "succeeded", row.error
    assert row.changes["create"] == preview.changes["create"]
    assert row.engine.startswith("pulumi 3.")
    assert numbers(row) == list(range(1, row.last_line + 1))
    assert [one["phase"] for one in row.phases] == ["prepare", "apply", "verify"]
    assert {one["state"] for one in row.phases} == {"finished"}
    assert (row.phase, row.lease_owner, row.lease_until) == ("", "", None)
    assert {one.state for one in queries.deployment_resources(row)} == {"done"}
    assert not deployment_log.spool_path(row.pk).exists()

    assert pipeline.deployed_version == pipeline.current_version
    assert pipeline.outputs["pipeline_arn"].startswith("arn:aws:sagemaker:")
    trigger = pipeline.triggers.get()
    assert (trigger.state, trigger.native) == ("active", ["cron(0 6 * * ? *) Europe/Berlin"])
    assert trigger.next and trigger.verified_at
    assert len(queries.pipeline_resources(pipeline)) == row.changes["create"]

    with pytest.raises(NotPossible, match="Preview again"):
        ask(pipeline, "up", plan=preview)
    hourly = {"key": "t1", "kind": "schedule", "cron": "0 * * * *", "timezone": "UTC"}
    pipelines.update(actor=member, pipeline=pipeline, triggers=[hourly])
    changed = ask(pipeline, "up")
    assert changed.status == "succeeded", changed.error
    assert (changed.changes["create"], changed.changes["replace"]) == (0, 0)
    assert changed.changes["update"] >= 1
    assert pipeline.triggers.get().native == ["cron(0 * * * ? *) UTC"]

    destroyed = ask(pipeline, "destroy")
    assert destroyed.status == "succeeded", destroyed.error
    assert (pipeline.may_exist_in_cloud, pipeline.deployed_version) == (False, None)
    assert (pipeline.outputs, queries.pipeline_resources(pipeline)) == ({}, [])
    assert pipeline.triggers.get().state == "missing"
    pipelines.delete(actor=member, pipeline=pipeline)


def test_what_fires_becomes_history(up: Pipeline, ask: Any, member: User) -> None:
    before = sandbox.now()
    assert before
    sandbox.advance(actor=member, delta=timedelta(days=2))
    up.refresh_from_db()
    assert up.sync_error == ""
    found = list(up.runs.order_by("started"))
    assert len(found) == 2
    for run in found:
        assert (run.status, run.trigger.key, run.trigger_kind) == ("succeeded", "t1", "schedule")
        assert run.finished and run.started > before
        assert run.version == up.deployed_version
        assert len(queries.run_steps(run)) >= 3
    assert [dot["id"] for dot in up.recent] == [run.pk for run in found]
    assert up.connection.now(timezone.now()) > before + timedelta(days=1)
    assert up.triggers.get().next > before + timedelta(days=2)
    assert ask(up, "destroy").status == "succeeded"
    assert up.runs.count() == 2


def test_people_start_stop_and_repeat_runs(up: Pipeline, member: User) -> None:
    asked = runs.parameters(up)
    run = runs.start(actor=member, pipeline=up, parameters={})
    assert (run.requested_by, run.trigger_kind, run.final) == (member, "manual", False)
    with pytest.raises(InvalidInput) as caught:
        runs.start(actor=member, pipeline=up, parameters={"Surplus": "1"})
    assert [problem.field for problem in caught.value.problems] == ["parameters.Surplus"]

    runs.stop(actor=member, run=run)
    history.sync(up)
    sandbox.advance(actor=member, delta=timedelta(minutes=5))
    run.refresh_from_db()
    assert run.status == "stopped"
    with pytest.raises(NotPossible):
        runs.stop(actor=member, run=run)

    again = runs.rerun(actor=member, run=run)
    assert again.pk != run.pk
    same = runs.rerun(actor=member, run=run, from_failure=True)
    assert same.pk == run.pk
    assert not same.final
    sandbox.advance(actor=member, delta=timedelta(hours=2))
    assert {one.status for one in Run.objects.filter(pipeline=up)} == {"succeeded"}
    assert asked is not None


def test_a_pause_holds_until_it_is_taken_back(up: Pipeline, ask: Any, member: User) -> None:
    trigger = up.triggers.get()
    triggers.pause(actor=member, trigger=trigger)
    assert (trigger.paused, trigger.state, trigger.next) == (True, "paused", None)
    sandbox.advance(actor=member, delta=timedelta(days=2))
    assert not up.runs.exists()
    assert ask(up, "up").status == "succeeded"
    assert up.triggers.get().state == "paused"
    triggers.resume(actor=member, trigger=trigger)
    assert (trigger.paused, trigger.state) == (False, "active")
    sandbox.advance(actor=member, delta=timedelta(days=1))
    assert up.runs.count() == 1


def test_a_plan_is_stale_after_a_pause(up: Pipeline, ask: Any, member: User) -> None:
    preview = ask(up, "preview")
    triggers.pause(actor=member, trigger=up.triggers.get())
    with pytest.raises(NotPossible, match="a pause of one of its triggers"):
        ask(up, "up", plan=preview)


def test_what_waits_in_line_is_about_what_is_in_the_cloud_at_its_turn(
    up: Pipeline, member: User
) -> None:
    hourly = {"key": "t1", "kind": "schedule", "cron": "0 * * * *", "timezone": "UTC"}
    pipelines.update(actor=member, pipeline=up, triggers=[hourly])
    line = [
        launch.request_deployment(actor=member, pipeline=up, operation=each)
        for each in ("up", "refresh")
    ]
    assert [row.version.number for row in line] == [2, 1]
    for row in line:
        deployments.execute(row.pk)
        row.refresh_from_db()
        assert row.status == "succeeded", row.error
    assert [row.version.number for row in line] == [2, 2]
    assert line[1].drifts == []
    assert up.triggers.get().state == "active"
    said = [one.text for one in queries.deployment_lines(line[1])]
    assert "Version 2 was deployed since this was asked for: it is about that one." in said


def test_a_cancelled_deployment_says_so_and_can_be_repeated(
    new_pipeline: Any, ask: Any, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = new_pipeline("Cut short")
    monkeypatch.setattr(deployments, "TEND_SECONDS", 0.05)
    row = launch.request_deployment(actor=member, pipeline=pipeline, operation="up")
    worker = threading.Thread(target=deployments.execute, args=(row.pk,))
    worker.start()
    wait_for(lambda: Deployment.objects.get(pk=row.pk).status == "running")
    launch.request_cancel(actor=member, deployment=row)
    worker.join(60)
    row.refresh_from_db()
    pipeline.refresh_from_db()
    assert (row.status, row.error) == ("cancelled", None)
    assert pipeline.may_exist_in_cloud
    assert ask(pipeline, "up").status == "succeeded"
    assert ask(pipeline, "destroy").status == "succeeded"


def test_a_process_that_is_killed_leaves_it_interrupted(
    new_pipeline: Any, ask: Any, member: User
) -> None:
    pipeline = new_pipeline("Killed")
    row = launch.request_deployment(actor=member, pipeline=pipeline, operation="preview")
    worker = threading.Thread(target=deployments.execute, args=(row.pk,))
    worker.start()
    wait_for(lambda: Deployment.objects.get(pk=row.pk).child)
    child = Child.parse(Deployment.objects.get(pk=row.pk).child)
    assert child
    os.killpg(child.pid, signal.SIGKILL)
    worker.join(60)
    row.refresh_from_db()
    assert row.status == "interrupted"
    assert "process was killed" in row.error["summary"]
    assert ask(pipeline, "preview").status == "succeeded"


def test_a_worker_that_dies_leaves_it_interrupted_and_it_goes_on(
    new_pipeline: Any, ask: Any, member: User
) -> None:
    """The worker is one of its own here, killed as the kernel does it."""
    pipeline = new_pipeline("Orphaned")
    row = launch.request_deployment(actor=member, pipeline=pipeline, operation="up")
    worker = other_process.python(
        f"from dashboard.services import deployments; deployments.execute({row.pk})"
    )
    wait_for(lambda: queries.deployment_lines(row))
    worker.kill()
    worker.wait()
    child = Child.parse(Deployment.objects.get(pk=row.pk).child)
    assert child
    wait_for(lambda: child.is_gone)
    Deployment.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert deployments.reap().pipelines == [pipeline.pk]
    row.refresh_from_db()
    assert row.status in ("interrupted", "succeeded")
    assert numbers(row) == list(range(1, row.last_line + 1))
    assert ask(pipeline, "up").status == "succeeded"
    assert ask(pipeline, "destroy").status == "succeeded"
    assert not leases.expired().exists()


def wait_for(true: Callable[[], Any], *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "this takes too long"
        time.sleep(0.02)
