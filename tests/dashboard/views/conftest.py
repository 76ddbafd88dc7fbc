"""Signed-in browsers of the cast, and rows that pages show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from dashboard.models import (
    Connection,
    Deployment,
    DeploymentLine,
    DeploymentResource,
    Pipeline,
    Run,
    Step,
    Trigger,
    User,
)
from dashboard.services import run_rows

ARN = "arn:aws:sagemaker:eu-west-1:111122223333"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def as_admin(admin: User, sign_in: Callable[[User], Client]) -> Client:
    return sign_in(admin)


@pytest.fixture
def as_member(member: User, sign_in: Callable[[User], Client]) -> Client:
    return sign_in(member)


@pytest.fixture
def anonymous(db: None) -> Client:
    return Client()


@pytest.fixture
def trigger(deployed: Pipeline) -> Trigger:
    """The schedule of a deployed Pipeline, proven a moment ago."""
    trigger = deployed.triggers.get()
    Trigger.objects.filter(pk=trigger.pk).update(
        state="active",
        native=["cron(0 6 * * ? *) Europe/Berlin"],
        next=NOW + timedelta(hours=20),
        verified_at=NOW,
    )
    trigger.refresh_from_db()
    return trigger


@pytest.fixture
def new_run() -> Callable[..., Run]:
    """A Run with two steps, as a pull would have written it."""

    def saved(
        pipeline: Pipeline, *, status: str = "succeeded", ago: int = 60, **more: object
    ) -> Run:
        started = NOW - timedelta(minutes=ago)
        final = status in ("succeeded", "failed", "stopped")
        usual = {
            "cloud_id": f"{ARN}:pipeline/{pipeline.slug}/execution/{ago:012x}",
            "cloud_status": status.title(),
            "started": started,
            "finished": started + timedelta(minutes=10) if final else None,
            "version": pipeline.current_version,
        }
        run = Run.objects.create(pipeline=pipeline, status=status, **{**usual, **more})
        for position, name in enumerate(("Prepare", "Train")):
            Step.objects.create(
                run=run,
                position=position,
                name=name,
                kind="Training",
                status=status,
                cloud_status=status.title(),
                started=started + timedelta(minutes=5 * position),
                finished=started + timedelta(minutes=5 * position + 5) if final else None,
                reason="AlgorithmError: exit code 1" if status == "failed" else "",
            )
        run_rows.save_recent(pipeline)
        return run

    return saved


@pytest.fixture
def run(deployed: Pipeline, new_run: Callable[..., Run]) -> Run:
    return new_run(deployed)


@pytest.fixture
def running(deployed: Pipeline, new_deployment: Callable[..., Deployment]) -> Deployment:
    """A Deployment in the middle: three lines, two resources, one phase done."""
    row = new_deployment(
        deployed,
        status="running",
        started_at=NOW,
        last_line=3,
        phase="Changing the cloud",
        phases=[
            {
                "phase": "prepare",
                "state": "finished",
                "started": NOW.isoformat(),
                "finished": NOW.isoformat(),
            },
            {"phase": "apply", "state": "started", "started": NOW.isoformat(), "finished": None},
        ],
    )
    add_lines(row, "Stack is ready", "+ role <b>exec</b> creating", "two\nrows")
    add_resource(row, "exec", op="create", state="running")
    add_resource(row, "queue", op="same", state="done", position=1)
    Pipeline.objects.filter(pk=deployed.pk).update(last_deployment=row)
    return row


def add_lines(deployment: Deployment, *texts: str) -> None:
    first = deployment.lines.count() + 1
    DeploymentLine.objects.bulk_create(
        DeploymentLine(deployment=deployment, n=n, time=NOW, level="info", text=text)
        for n, text in enumerate(texts, start=first)
    )
    Deployment.objects.filter(pk=deployment.pk).update(last_line=first + len(texts) - 1)


def add_resource(
    deployment: Deployment, name: str, *, op: str, state: str, position: int = 0
) -> None:
    DeploymentResource.objects.create(
        deployment=deployment,
        urn=f"urn:pulumi:{name}",
        kind="aws:iam/role:Role",
        name=name,
        op=op,
        state=state,
        position=position,
    )


@pytest.fixture
def real_connection(admin: User, connection: Connection) -> Connection:
    """A row as a Connection to a real account leaves it; nothing is asked of the cloud."""
    return Connection.objects.create(
        name="prod-eu",
        cloud="aws",
        method="access_keys",
        region="eu-central-1",
        account="998877665544",
        sealed=connection.sealed,
        created_by=admin,
    )
