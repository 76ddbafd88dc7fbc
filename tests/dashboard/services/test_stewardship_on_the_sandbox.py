"""Ghosts and Maintenance in all three simulated clouds: real engine, real SDKs. One stack for each
cloud serves both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dashboard import launch
from dashboard.models import AuditEntry, Ghost, Pipeline, User
from dashboard.services import (
    connections,
    ghosts,
    hunts,
    maintaining,
    pipelines,
    triggers,
)
from dashboard.services.opening import access_for
from provisioning import clouds
from provisioning.blueprints import registry
from provisioning.clouds.session import Session
from provisioning.contracts import Cloud

DAILY = {"kind": "schedule", "cron": "0 6 * * *", "timezone": "UTC"}
LEFT = "skyclock-left-behind-t1"
pytestmark = [
    pytest.mark.engine,
    pytest.mark.sandbox,
    pytest.mark.usefixtures("on_sandbox"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


@pytest.fixture
def deploy(operate: Callable[..., None], admin: User) -> Iterator[Callable[[str], Pipeline]]:
    made: list[Pipeline] = []
    known = {row.cloud: row for row in connections.ensure_sandbox()}

    def up(kind: str) -> Pipeline:
        blueprint = registry.get(kind)
        row = pipelines.create(
            actor=admin, name=f"Haunted {blueprint.cloud.value}", blueprint=kind,
            connection=known[blueprint.cloud.value], settings=blueprint.example(),
            triggers=[DAILY],
        )  # fmt: skip
        made.append(row)
        operate(row, "up")
        return row

    yield up
    for row in made:
        operate(row, "destroy")


@dataclass(frozen=True)
class Place:
    """What another hand does in the account of a deployed Pipeline."""

    session: Session
    pipeline: Pipeline

    @property
    def slug(self) -> str:
        return f"skyclock-{self.pipeline.slug}"


def leave_on_aws(place: Place) -> str:
    scheduler = place.session.client("scheduler")
    ours = scheduler.get_schedule(Name=f"{place.slug}-t1")
    scheduler.create_schedule(
        Name=LEFT, Target=ours["Target"], FlexibleTimeWindow={"Mode": "OFF"},
        ScheduleExpression="cron(0 7 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin",
    )  # fmt: skip
    return LEFT


def leave_on_azure(place: Place) -> str:
    client, where = place.session.client("datafactory"), _factory(place)
    (ours,) = (each.as_dict() for each in client.triggers.list_by_factory(*where))
    properties = {k: v for k, v in ours["properties"].items() if k != "runtimeState"}
    client.triggers.create_or_update(*where, LEFT, {"properties": properties})
    client.triggers.begin_start(*where, LEFT).result()
    return f"{where[1]}/{LEFT}"


def leave_on_google(place: Place) -> str:
    data = place.session.client("datapipelines").projects().locations().pipelines()
    parent = f"projects/{place.session.account}/locations/{place.session.region}"
    ours = data.get(name=f"{parent}/pipelines/{place.slug}").execute()
    kept = ("type", "state", "workload", "scheduleInfo", "schedulerServiceAccountEmail")
    body = {name: ours[name] for name in kept} | {"name": f"{parent}/pipelines/{LEFT}"}
    body["displayName"] = LEFT
    body["scheduleInfo"] = {"schedule": "0 7 * * *", "timeZone": "Europe/Berlin"}
    data.create(parent=parent, body=body).execute()
    return LEFT


def _factory(place: Place) -> tuple[str, str]:
    outputs = place.pipeline.outputs
    return outputs["resource_group"], outputs["factory_name"]


KINDS = {
    "aws_sagemaker_pipeline": leave_on_aws,
    "azure_data_factory": leave_on_azure,
    "google_data_pipeline": leave_on_google,
}


def look(pipeline: Pipeline) -> list[Ghost]:
    hunts.look(pipeline.connection_id)
    return list(Ghost.objects.filter(resolved_at=None))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_pipeline_is_looked_after(
    kind: str, deploy: Any, operate: Callable[..., None], admin: User
) -> None:
    pipeline = deploy(kind)
    ghosts_are_found_and_seen_to(kind, pipeline, admin)
    maintenance_pauses_and_restores(pipeline, operate, admin)


def ghosts_are_found_and_seen_to(kind: str, pipeline: Pipeline, admin: User) -> None:
    session = clouds.open_session(access_for(pipeline.connection))
    assert look(pipeline) == []  # all that was deployed is its own

    name = KINDS[kind](Place(session, pipeline))
    (ghost,) = look(pipeline)
    assert (ghost.name, ghost.kind, ghost.running) == (name, "unowned", True)
    assert ghost.native
    ghosts.remove(actor=admin, ghost=ghost, confirm=name)
    assert look(pipeline) == []

    KINDS[kind](Place(session, pipeline))
    (ghost,) = look(pipeline)
    ghosts.pause(actor=admin, ghost=ghost)
    # A schedule that Google has not any more is no ghost either; the others stay, and stand still.
    assert [each.running for each in look(pipeline)] == ([] if "google" in kind else [False])
    registry.hunter(Cloud(pipeline.connection.cloud)).remove(session, ghost.cloud_id)
    assert look(pipeline) == []

    # Another hand stops what ought to run.
    trigger = pipeline.triggers.get()
    spec = pipelines.spec_in_cloud(pipeline)
    registry.get(kind).pause(session, spec, trigger.key)
    triggers.verify(pipeline)
    (ghost,) = look(pipeline)
    assert (ghost.kind, ghost.trigger) == ("stopped", trigger)
    ghosts.resume(actor=admin, ghost=ghost)
    trigger.refresh_from_db()
    assert (trigger.state, ghost.resolved_at is None) == ("active", False)
    AuditEntry.objects.filter(action="trigger.resume").delete()  # as if that was long ago
    assert look(pipeline) == []


def maintenance_pauses_and_restores(
    pipeline: Pipeline, operate: Callable[..., None], admin: User
) -> None:
    trigger = pipeline.triggers.get()

    def state_in_cloud() -> str:
        triggers.verify(pipeline)
        trigger.refresh_from_db()
        return str(trigger.state)

    row = launch.request_maintenance(actor=admin, pipelines=[pipeline], reason="New database")
    maintaining.perform(row.pk)
    row.refresh_from_db()
    assert (row.state, state_in_cloud()) == ("active", "paused"), row.triggers.get().error
    assert (trigger.next, look(pipeline)) == (None, [])  # paused by us: no ghost
    operate(pipeline, "up")
    assert state_in_cloud() == "paused"  # a deployment leaves it off

    launch.end_maintenance(actor=admin, maintenance=row)
    maintaining.perform(row.pk)
    row.refresh_from_db()
    assert (row.state, state_in_cloud()) == ("ended", "active"), row.triggers.get().error
    assert trigger.next is not None
