"""Plans and approvals with the real engine: applied exactly, or refused before anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard import launch, queries
from dashboard.models import Connection, Deployment, Pipeline, User
from dashboard.services import deployments, pipelines
from provisioning.contracts import EngineCommand

pytestmark = [
    pytest.mark.engine,
    pytest.mark.sandbox,
    pytest.mark.usefixtures("on_sandbox"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
HOURLY = {"key": "t1", "kind": "schedule", "cron": "0 * * * *", "timezone": "UTC"}


@pytest.fixture
def ask(engine: EngineCommand, member: User) -> Callable[..., Deployment]:
    def done(pipeline: Pipeline, operation: str, **more: Any) -> Deployment:
        return run(
            launch.request_deployment(actor=member, pipeline=pipeline, operation=operation, **more)
        )

    return done


def run(row: Deployment) -> Deployment:
    deployments.execute(row.pk)
    return Deployment.objects.select_related("pipeline").get(pk=row.pk)


def checkpoint(settings: Any, pipeline: Pipeline) -> Path:
    (found,) = Path(settings.STATE_DIR).glob(f".pulumi/stacks/*/*{pipeline.slug}*.json")
    return found


def test_the_way_of_an_approval(
    new_pipeline: Any, ask: Any, admin: User, member: User, settings: Any
) -> None:
    pipeline = new_pipeline("With approval")
    Connection.objects.update(approval_required=True)

    planned = ask(pipeline, "up")
    assert planned.status == "awaiting_approval", planned.error
    assert planned.changes["create"] > 4
    assert {each.state for each in queries.deployment_resources(planned)} == {"planned"}
    assert not planned.pipeline.may_exist_in_cloud

    done = run(launch.approve(actor=admin, deployment=planned))
    assert done.status == "succeeded", done.error
    assert done.changes == planned.changes
    assert [one["phase"] for one in done.phases] == ["prepare", "preview", "apply", "verify"]
    lines = [line.n for line in queries.deployment_lines(done)]
    assert lines == list(range(1, done.last_line + 1))
    assert done.pipeline.deployed_version == done.version

    # What is edited while the plan of an edit waits is not applied, nor is the plan.
    pipelines.update(actor=member, pipeline=pipeline, triggers=[HOURLY])
    edited = ask(pipeline, "up")
    pipelines.update(actor=member, pipeline=pipeline, triggers=[])
    before = checkpoint(settings, pipeline).read_text()
    stale = run(launch.approve(actor=admin, deployment=edited))
    assert (stale.status, stale.error["code"]) == ("failed", "plan_stale")
    assert "The pipeline was edited: version 2 → 3." in stale.error["summary"]
    assert checkpoint(settings, pipeline).read_text() == before

    leaving = ask(pipeline, "destroy")
    assert leaving.status == "awaiting_approval", leaving.error
    assert leaving.changes["delete"] == done.changes["create"]
    assert leaving.pipeline.may_exist_in_cloud
    # A refresh that finds nothing leaves the plan as fresh as it was.
    assert ask(pipeline, "refresh").status == "succeeded"
    gone = run(launch.approve(actor=admin, deployment=leaving))
    assert gone.status == "succeeded", gone.error
    assert gone.changes["delete"] == leaving.changes["delete"]
    assert not gone.pipeline.may_exist_in_cloud


def test_a_state_that_somebody_else_changed_is_refused_before_anything(
    new_pipeline: Any, ask: Any, member: User, settings: Any
) -> None:
    pipeline = new_pipeline("Changed behind")
    assert ask(pipeline, "up").status == "succeeded"
    pipelines.update(actor=member, pipeline=pipeline, triggers=[HOURLY])
    preview = ask(pipeline, "preview")
    assert preview.planned_on and preview.planned_by.startswith("pulumi 3.")

    told = [each for one in queries.deployment_resources(preview) for each in one.properties]
    cron = {"op": "update", "old": "cron(0 6 * * ? *)", "new": "cron(0 * * * ? *)"}
    assert cron | {"path": "scheduleExpression"} in told

    path = checkpoint(settings, pipeline)
    state = json.loads(path.read_text())
    kept = state["checkpoint"]["latest"]["resources"]
    kept[-1]["protect"] = True  # as somebody with the engine's own command line may have done
    path.write_text(json.dumps(state))
    before = path.read_text()
    row = ask(pipeline, "up", plan=preview)
    assert (row.status, row.error["code"]) == ("failed", "plan_stale")
    assert "by no deployment that Skyclock knows of" in row.error["summary"]
    assert path.read_text() == before
    assert not queries.deployment_resources(row)

    kept[-1]["protect"] = False
    path.write_text(json.dumps(state))
    again = ask(pipeline, "preview")
    Deployment.objects.filter(pk=again.pk).update(planned_by="pulumi 3.1.0")
    row = ask(pipeline, "up", plan=again)
    assert "the plan was made by pulumi 3.1.0." in row.error["summary"]
    done = ask(pipeline, "up", plan=ask(pipeline, "preview"))
    assert done.status == "succeeded", done.error
    row = launch.request_deployment(actor=member, pipeline=pipeline, operation="destroy")
    assert run(row).status == "succeeded"


def test_what_came_between_is_named(new_pipeline: Any, ask: Any, member: User) -> None:
    pipeline = new_pipeline("Between")
    first = ask(pipeline, "preview")
    waiting = launch.request_deployment(actor=member, pipeline=pipeline, operation="up", plan=first)
    # Another one that was asked for earlier by the clock of its row, and ends first.
    between = launch.request_deployment(actor=member, pipeline=pipeline, operation="up")
    Deployment.objects.filter(pk=waiting.pk).update(status="awaiting_approval")
    assert run(between).status == "succeeded"
    Deployment.objects.filter(pk=waiting.pk).update(status="queued")
    row = run(waiting)
    assert row.status == "failed"
    assert row.error["summary"] == (
        f"The state was changed since by deployment {between.pk}, an up that mel asked for."
    )
    assert ask(pipeline, "destroy").status == "succeeded"
