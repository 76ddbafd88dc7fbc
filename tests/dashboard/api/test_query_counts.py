"""No call needs more queries when there are more rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.models import Deployment, DeploymentLine, DeploymentResource, Pipeline, Run, Step
from dashboard.services import connections
from tests.dashboard.api.conftest import Caller


@pytest.fixture
def grow(
    admin: Any, new_pipeline: Callable[..., Pipeline], new_run: Callable[..., Run],
    new_deployment: Callable[..., Deployment],
) -> Callable[[], tuple[Run, Deployment]]:  # fmt: skip
    """One more of everything, each with parts of its own."""
    made: list[Pipeline] = []

    def more() -> tuple[Run, Deployment]:
        number = len(made)
        connections.create_sandbox(actor=admin, name=f"connection {number}", cloud="aws")
        made.append(new_pipeline(f"pipeline {number}"))
        first = made[0]
        trigger = made[-1].triggers.get()
        run = new_run(made[-1], trigger=trigger, trigger_kind="schedule")
        deployment = new_deployment(made[-1], status="succeeded")
        for position in range(number + 1):
            Step.objects.create(run=run, position=position, name=f"s{position}", status="running")
            DeploymentResource.objects.create(
                deployment=deployment, urn=f"urn:{position}", name="r", op="create", state="done",
                position=position,
            )  # fmt: skip
            DeploymentLine.objects.create(
                deployment=deployment, n=position + 1, time=timezone.now(), level="info"
            )
        assert first
        return run, deployment

    return more


def queries(api: Caller, path: str) -> list[str]:
    with CaptureQueriesContext(
        database,
    ) as caught:
        api.get(path)
    # Noting that a token was used is done once a minute, not for every row.
    return [each["sql"] for each in caught if "apitoken" not in each["sql"].lower()]


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/blueprints", 0), ("/connections", 1), ("/pipelines", 2), ("/runs", 1),
        ("/runs?limit=200&status=succeeded", 1), ("/deployments", 2), ("/deployments/{d}", 3),
        ("/deployments/{d}/log", 2), ("/runs/{r}", 2),
    ],
)  # fmt: skip
def test_the_number_of_queries_does_not_grow(
    path: str, most: int, api: Caller, grow: Callable[[], tuple[Run, Deployment]]
) -> None:
    run, deployment = grow()
    few = queries(api, path.format(r=run.pk, d=deployment.pk))
    for _ in range(5):
        run, deployment = grow()
    many = queries(api, path.format(r=run.pk, d=deployment.pk))
    assert len(many) == len(few) <= most, many
