"""Retries and a rollback with the real engine, after the simulated cloud has refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dashboard import launch, queries
from dashboard.models import Deployment, Pipeline, User
from dashboard.services import deployments, pipelines
from provisioning.contracts import EngineCommand, Operation
from tests.sandbox_process import SandboxProcess

pytestmark = [
    pytest.mark.engine,
    pytest.mark.sandbox,
    pytest.mark.usefixtures("on_sandbox"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


@pytest.fixture
def pipeline(new_pipeline: Any, operate: Any, request: pytest.FixtureRequest) -> Iterator[Pipeline]:
    made = new_pipeline(request.node.name[:60])
    yield made
    made.refresh_from_db()
    if made.may_exist_in_cloud:
        operate(made, Operation.DESTROY)


@pytest.fixture
def done(engine: EngineCommand) -> Callable[[Deployment], Deployment]:
    def executed(row: Deployment) -> Deployment:
        deployments.execute(row.pk)
        row.refresh_from_db()
        return row

    return executed


def test_a_retry_from_here_makes_only_what_was_not_made(
    pipeline: Pipeline, member: User, done: Any, sandbox: SandboxProcess
) -> None:
    sandbox.control("/faults", {
        "kind": "refuse", "cloud": "aws", "match": "CreateSchedule", "count": 1,
        "code": "AccessDeniedException",
        "message": "User: arn:aws:iam::111122223333:user/skyclock is not authorized to perform: "
        "scheduler:CreateSchedule on resource: x",
    })  # fmt: skip
    row = launch.request_deployment(actor=member, pipeline=pipeline, operation="up")
    failed = done(row)
    assert failed.status == "failed"
    made = {one.urn for one in queries.deployment_resources(failed) if one.state == "done"}
    again = done(launch.retry(actor=member, deployment=failed, here=True))
    assert again.status == "succeeded", again.error
    assert (again.retry_of, set(again.untouched) <= made) == (failed, True)
    assert failed.changes["create"] + again.changes["create"] == 9
    pipeline.refresh_from_db()
    assert pipeline.deployed_version == failed.version
    third = done(launch.request_deployment(actor=member, pipeline=pipeline, operation="up"))
    none = dict.fromkeys(("create", "update", "replace", "delete", "adopt"), 0)
    assert third.changes == none | {"same": 9}


def test_a_roll_back_brings_the_earlier_version_to_the_cloud(
    pipeline: Pipeline, member: User, done: Any, operate: Any
) -> None:
    first = pipeline.current_version
    assert first
    operate(pipeline, Operation.UP)
    hourly = {"key": "t1", "kind": "schedule", "cron": "0 * * * *", "timezone": "UTC"}
    pipelines.update(actor=member, pipeline=pipeline, triggers=[hourly])
    operate(pipeline, Operation.UP)
    assert pipeline.triggers.get().native == ["cron(0 * * * ? *) UTC"]
    row = done(launch.roll_back(actor=member, pipeline=pipeline, version=first, operation="up"))
    assert row.status == "succeeded", row.error
    assert pipeline.triggers.get().native == ["cron(0 6 * * ? *) Europe/Berlin"]
    assert row.version.number == 3
