"""The end of a run on one simulated cloud starts a run on another: real engine, real SDKs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard.models import Pipeline, Run, Start, User
from dashboard.services import (
    connections,
    history,
    pipelines,
    runs,
    samples,
    sandbox,
    starts,
)
from provisioning.blueprints import registry
from provisioning.errors import NotPossible
from tests.dashboard.services.chained import after

NEEDED = {"google_eventarc_retraining": {"object": "data/x.csv"}}  # without a default
pytestmark = [
    pytest.mark.engine,
    pytest.mark.sandbox,
    pytest.mark.usefixtures("on_sandbox"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


@pytest.fixture
def deploy(
    operate: Callable[..., None], admin: User, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Pipeline]]:
    """Pipelines of any kind on its own cloud's sandbox, destroyed afterwards."""
    made: list[Pipeline] = []
    known = {row.cloud: row for row in connections.ensure_sandbox()}

    def up(name: str, kind: str, *triggers: dict[str, Any]) -> Pipeline:
        blueprint = registry.get(kind)
        row = pipelines.create(
            actor=admin, name=name, connection=known[blueprint.cloud.value], blueprint=kind,
            settings=blueprint.example(), triggers=triggers,
        )  # fmt: skip
        made.append(row)
        operate(row, "up")
        return row

    yield up
    for row in made:
        operate(row, "destroy")


def perform_all() -> None:
    for id in starts.due().values_list("pk", flat=True):
        starts.perform(id)


@pytest.mark.parametrize("kind", sorted(registry.BLUEPRINTS))
def test_a_success_here_starts_a_run_there(kind: str, deploy: Any, member: User) -> None:
    first = deploy(f"First before {kind}", "aws_sagemaker_pipeline")
    then = deploy(f"Then {kind}", kind, after(first, parameters=NEEDED.get(kind, {})))
    with suppress(NotPossible):  # what trains on its own bucket finds something there
        samples.put_object(actor=member, pipeline=then, key="data/x.csv", content=b"a,b\n1,2\n")
    run = runs.start(actor=member, pipeline=first, parameters={})
    sandbox.advance(actor=member, delta=timedelta(minutes=30))
    history.sync(first)
    run.refresh_from_db()
    assert run.status == "succeeded", run.reason
    start = Start.objects.get()
    assert (start.pipeline, start.cause) == (then, f"run {run.pk} of {first.name}")

    perform_all()
    start.refresh_from_db()
    assert start.state == "started", start.error
    # As if the worker had died before it wrote the row: nothing starts twice.
    Start.objects.update(state="waiting", run=None, next_attempt_at=timezone.now())
    perform_all()
    history.sync(then)
    started = Run.objects.get(pipeline=then)
    assert (started.trigger, started.trigger_kind) == (then.triggers.get(), "completion")
    assert started.cause == start.cause
    sandbox.advance(actor=member, delta=timedelta(minutes=30))
    history.sync(then)
    started.refresh_from_db()
    assert started.status == "succeeded", started.reason
    assert (started.trigger_kind, Start.objects.count()) == ("completion", 1)
