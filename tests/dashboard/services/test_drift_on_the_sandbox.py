"""What another hand changed in each simulated cloud: found, said in words, accepted, put back.
Real engine, real SDKs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dashboard import launch
from dashboard.models import Deployment, Drift, Pipeline, User
from dashboard.services import connections, deployments, drifts, pipelines, triggers
from dashboard.services.opening import access_for
from provisioning import clouds
from provisioning.blueprints import registry
from provisioning.clouds.session import Session

DAILY = {"kind": "schedule", "key": "daily", "cron": "0 6 * * *", "timezone": "Europe/Berlin"}
pytestmark = [
    pytest.mark.engine,
    pytest.mark.sandbox,
    pytest.mark.usefixtures("on_sandbox"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(400),
]


def at_aws(session: Session, pipeline: Pipeline) -> None:
    """To seven o'clock; and something that nothing depends on."""
    scheduler = session.client("scheduler")
    name = f"skyclock-{pipeline.slug}-daily"
    found = scheduler.get_schedule(Name=name)
    kept = ("Name", "Target", "FlexibleTimeWindow", "ScheduleExpressionTimezone", "State")
    changed = {"ScheduleExpression": "cron(0 7 * * ? *)", "Description": "Changed by hand"}
    scheduler.update_schedule(**{each: found[each] for each in kept}, **changed)


def at_azure(session: Session, pipeline: Pipeline) -> None:
    client = session.client("datafactory").triggers
    outputs = pipeline.outputs
    place = (outputs["resource_group"], outputs["factory_name"])
    (found,) = client.list_by_factory(*place)
    client.begin_stop(*place, found.name).result()
    properties = found.as_dict()["properties"]
    properties["typeProperties"]["recurrence"]["schedule"]["hours"] = [7]
    del properties["runtimeState"]
    client.create_or_update(*place, found.name, {"properties": properties})
    client.begin_start(*place, found.name).result()


def at_google(session: Session, pipeline: Pipeline) -> None:
    client = session.client("datapipelines").projects().locations().pipelines()
    connection = pipeline.connection
    place = f"projects/{connection.account}/locations/{connection.region}"
    found = client.get(name=f"{place}/pipelines/skyclock-{pipeline.slug}").execute()
    kept = ("name", "displayName", "type", "state", "workload", "schedulerServiceAccountEmail")
    schedule = {"schedule": "0 7 * * *", "timeZone": "Europe/Berlin"}
    body = {each: found[each] for each in kept} | {"scheduleInfo": schedule}
    client.patch(name=found["name"], body=body).execute()


HANDS = {
    "aws_sagemaker_pipeline": at_aws,
    "azure_data_factory": at_azure,
    "google_data_pipeline": at_google,
}
SAID = "at 06:00 every day → at 07:00 every day, Europe/Berlin"


@pytest.fixture(params=sorted(HANDS))
def drifting(request: Any, operate: Callable[..., None], admin: User) -> Iterator[Pipeline]:
    blueprint = registry.get(request.param)
    known = {row.cloud: row for row in connections.ensure_sandbox()}
    row = pipelines.create(
        actor=admin, name=f"Drifting {blueprint.cloud.value}", blueprint=blueprint.kind,
        connection=known[blueprint.cloud.value], settings=blueprint.example(), triggers=[DAILY],
    )  # fmt: skip
    operate(row, "up")
    yield row
    operate(row, "destroy")


def check(pipeline: Pipeline) -> list[Drift]:
    pipeline.refresh_from_db()
    row = launch.request_check(actor=None, pipeline=pipeline)
    return _done(row) and list(drifts.open_of(pipeline))


def perform(pipeline: Pipeline) -> Deployment:
    """All that waits, in order; the last one."""
    waiting = list(pipeline.deployments.filter(status="queued").order_by("id"))
    for row in waiting:
        _done(row)
    return waiting[-1]


def _done(row: Deployment) -> Any:
    deployments.execute(row.pk)
    row.refresh_from_db()
    assert row.status == "succeeded", row.error
    return True


def test_drift_from_its_finding_to_its_end(drifting: Pipeline, operate: Any, admin: User) -> None:
    pipeline = drifting
    assert check(pipeline) == [], "what was just deployed does not differ"
    session = clouds.open_session(access_for(pipeline.connection))
    HANDS[pipeline.blueprint](session, pipeline)

    matters = [row for row in check(pipeline) if not row.cosmetic]
    assert [row.pk for row in check(pipeline) if not row.cosmetic] == [matters[0].pk]
    assert SAID in matters[0].sentence
    assert matters[0].acceptable

    launch.accept_drift(actor=admin, pipeline=pipeline, ids=[matters[0].pk])
    preview = perform(pipeline)
    touched = [(each.name, each.diff) for each in preview.resources.exclude(op="same")]
    assert not [each for each in touched if any("chedul" in path for path in each[1])], touched
    operate(pipeline, "up")
    pipeline.refresh_from_db()
    assert pipeline.current_version.triggers[0]["cron"] == "0 7 * * *"
    assert check(pipeline) == []
    assert [row.how for row in Drift.objects.filter(cosmetic=False)] == ["accepted"]

    pipelines.update(actor=admin, pipeline=pipeline, triggers=[DAILY])
    operate(pipeline, "up")
    HANDS[pipeline.blueprint](session, pipeline)
    assert len([row for row in check(pipeline) if not row.cosmetic]) == 1
    launch.restore(actor=admin, pipeline=pipeline)
    plan = perform(pipeline)
    assert plan.changes["update"] == 1, "the preview says what will be put back"
    up = launch.request_deployment(actor=admin, pipeline=pipeline, operation="up", plan=plan)
    _done(up)
    assert check(pipeline) == []
    assert pipeline.triggers.get().native[0].find("7") == -1
    restored = Drift.objects.filter(cosmetic=False, how="restored").get()
    assert (restored.version, restored.resolved_by) == (up.version, admin)


def test_a_pause_is_no_drift_and_a_stop_by_hand_is(drifting: Pipeline, admin: User) -> None:
    """The cloud looks the same in both cases; people's wish is what differs."""
    trigger = drifting.triggers.get()
    triggers.pause(actor=admin, trigger=trigger)
    assert check(drifting) == []

    drifting.triggers.update(paused=False)
    (row,) = check(drifting)
    assert row.sentence == "The trigger daily was stopped in the cloud."
    drifts.accept(actor=admin, pipeline=drifting, ids=[row.pk])
    trigger.refresh_from_db()
    assert (trigger.paused, check(drifting)) == (True, [])
    assert drifting.current_version.number == 1, "a pause is in no version"
