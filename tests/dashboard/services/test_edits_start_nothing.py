"""The edit of a live schedule, deployed on each simulated cloud: nothing starts before the first
time that the new schedule names. Real engine, real SDKs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard.models import Pipeline, Run, User
from dashboard.services import connections, history, pipelines, sandbox
from provisioning.blueprints import registry

KINDS = ("aws_sagemaker_pipeline", "azure_data_factory", "google_data_pipeline")
pytestmark = [
    pytest.mark.engine,
    pytest.mark.sandbox,
    pytest.mark.usefixtures("on_sandbox"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


@pytest.fixture(params=KINDS)
def live(request: pytest.FixtureRequest, operate: Any, admin: User) -> Iterator[Pipeline]:
    """A pipeline whose schedule is an hour away."""
    blueprint = registry.get(request.param)
    known = {row.cloud: row for row in connections.ensure_sandbox()}
    connection = known[blueprint.cloud.value]
    sandbox.advance(actor=admin, delta=timedelta(minutes=1))  # now its clock is known here
    connection.refresh_from_db()
    soon = connection.now(timezone.now()) + timedelta(hours=1)
    row = pipelines.create(
        actor=admin, name=f"Edited {request.param}", connection=connection,
        blueprint=request.param, settings=blueprint.example(), triggers=[daily(soon)],
    )  # fmt: skip
    operate(row, "up")
    yield row
    operate(row, "destroy")


def daily(at: datetime, **more: Any) -> dict[str, Any]:
    cron = f"{at.minute} {at.hour} * * *"
    return {"kind": "schedule", "cron": cron, "timezone": "UTC", **more}


def scheduled(pipeline: Pipeline, user: User, after: timedelta) -> list[Run]:
    """All runs once the clock was moved on."""
    sandbox.advance(actor=user, delta=after)
    history.sync(pipeline)
    return list(Run.objects.filter(pipeline=pipeline).order_by("started"))


def now_of(pipeline: Pipeline) -> datetime:
    pipeline.connection.refresh_from_db()
    return pipeline.connection.now(timezone.now())


def test_an_edit_that_is_deployed_starts_nothing_at_once(
    live: Pipeline, operate: Any, member: User, admin: User
) -> None:
    before = len(scheduled(live, member, timedelta(hours=2)))
    assert before == 1
    # Its time has passed today: who counts from a start in the past would catch up at once.
    passed = now_of(live) - timedelta(minutes=20)
    key = live.triggers.get().key
    pipelines.update(actor=admin, pipeline=live, triggers=[daily(passed, key=key)])
    assert len(scheduled(live, member, timedelta(minutes=1))) == before
    operate(live, "up")
    assert len(scheduled(live, member, timedelta(minutes=30))) == before
    # The same again changes nothing in the cloud, and starts nothing.
    operate(live, "up")
    assert len(scheduled(live, member, timedelta(minutes=30))) == before
    runs = scheduled(live, member, timedelta(hours=23))
    assert len(runs) == before + 1
    due = (passed + timedelta(days=1)).replace(second=0, microsecond=0)
    late = runs[-1].started - due if runs[-1].started else None
    assert late is not None and timedelta(0) <= late < timedelta(minutes=2)
