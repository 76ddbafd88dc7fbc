"""Pipelines: saved, shown, changed and put away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.models import Connection, Deployment, Pipeline, Version
from dashboard.services import triggers
from provisioning.contracts import TriggerProof, TriggerState
from tests.dashboard.api.conftest import Caller, fields
from tests.dashboard.conftest import BLUEPRINT

DAILY = {"kind": "schedule", "cron": "0 6 * * *", "timezone": "Europe/Berlin"}
HOURLY = {"kind": "schedule", "cron": "0 * * * *", "timezone": "UTC"}


@pytest.fixture
def body(connection: Connection, example: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "Churn", "connection": connection.pk, "blueprint": BLUEPRINT,
        "settings": example, "triggers": [DAILY],
    }  # fmt: skip


def test_a_pipeline_is_saved_and_shown_the_same(api: Caller, body: dict[str, Any]) -> None:
    made = api.post("/pipelines", body, expect=201)
    assert api.get(f"/pipelines/{made['id']}") == made
    (listed,) = api.get("/pipelines")
    assert {**listed, "settings": made["settings"]} == made
    assert (made["name"], made["slug"], made["blueprint"]) == ("Churn", "churn", BLUEPRINT)
    assert (made["version"], made["deployed_version"], made["outputs"]) == (1, None, {})
    assert made["connection"] == body["connection"]
    assert (made["sandbox"], made["may_exist_in_cloud"]) == (True, False)
    (trigger,) = made["triggers"]
    assert {**DAILY, "state": "unknown", "verified_at": None, "next": None}.items() <= (
        trigger.items()
    )


def test_settings_come_back_whole_and_can_be_sent_again(api: Caller, body: dict[str, Any]) -> None:
    made = api.post("/pipelines", body, expect=201)
    again = api.patch(f"/pipelines/{made['id']}", {"settings": made["settings"]})
    assert again == made


def test_a_connection_is_named_or_numbered(
    api: Caller, admin_api: Caller, body: dict[str, Any]
) -> None:
    number = body["connection"]
    for position, named in enumerate(("Sandbox AWS", number, str(number))):
        made = api.post("/pipelines", {**body, "name": f"p{position}", "connection": named}, 201)
        assert made["connection"] == number
    digits = {"name": str(number), "cloud": "aws", "sandbox": True}
    other = admin_api.post("/connections", digits, expect=201)
    made = api.post("/pipelines", {**body, "name": "by name", "connection": str(number)}, 201)
    assert made["connection"] == other["id"]


def test_without_triggers_it_runs_when_asked(api: Caller, body: dict[str, Any]) -> None:
    del body["triggers"]
    assert api.post("/pipelines", body, expect=201)["triggers"] == []


def test_windows_of_triggers_are_kept_in_utc(api: Caller, body: dict[str, Any]) -> None:
    window = {"start": "2030-01-01T00:00:00+02:00", "end": "2031-01-01T00:00:00Z"}
    made = api.post("/pipelines", {**body, "triggers": [{**DAILY, **window}]}, expect=201)
    (trigger,) = api.get(f"/pipelines/{made['id']}")["triggers"]
    assert (trigger["start"], trigger["end"]) == ("2029-12-31T22:00:00Z", "2031-01-01T00:00:00Z")


def test_the_proof_of_a_trigger_is_shown(api: Caller, deployed: Pipeline) -> None:
    (row,) = deployed.triggers.all()
    proof = TriggerProof(
        key=row.key, state=TriggerState.ACTIVE, native=("cron(0 6 * * ? *) Europe/Berlin",),
        next=datetime(2026, 3, 3, 5, tzinfo=UTC), verified_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    )  # fmt: skip
    triggers.record(deployed, [proof], proof.verified_at)
    (shown,) = api.get(f"/pipelines/{deployed.pk}")["triggers"]
    assert (shown["state"], shown["next"]) == ("active", "2026-03-03T05:00:00Z")
    assert shown["verified_at"] == "2026-03-02T09:00:00Z"
    assert shown["native"] == ["cron(0 6 * * ? *) Europe/Berlin"]


def test_outputs_are_shown(api: Caller, deployed: Pipeline) -> None:
    Pipeline.objects.update(outputs={"pipeline_arn": "arn:aws:sagemaker:…"})
    shown = api.get(f"/pipelines/{deployed.pk}")
    assert shown["outputs"] == {"pipeline_arn": "arn:aws:sagemaker:…"}
    assert (shown["deployed_version"], shown["may_exist_in_cloud"]) == (1, True)


# ── Changing ────────────────────────────────────────────────────────────────────────


def test_what_is_left_out_of_a_change_stays(api: Caller, pipeline: Pipeline) -> None:
    path = f"/pipelines/{pipeline.pk}"
    before = api.get(path)
    assert api.patch(path, {}) == before
    assert api.patch(path, {"name": None, "settings": None, "triggers": None}) == before
    assert api.patch(path, {"name": "Renamed"}) == {**before, "name": "Renamed"}
    assert Version.objects.count() == 1


def test_changed_settings_make_a_version(
    api: Caller, pipeline: Pipeline, example: dict[str, Any]
) -> None:
    path = f"/pipelines/{pipeline.pk}"
    example["steps"][1]["instance_type"] = "ml.m5.4xlarge"
    changed = api.patch(path, {"settings": example, "note": "Larger"})
    assert changed["version"] == 2
    assert changed["settings"]["steps"][1]["instance_type"] == "ml.m5.4xlarge"
    assert [each["cron"] for each in changed["triggers"]] == ["0 6 * * *"]
    assert Version.objects.get(number=2).note == "Larger"


def test_triggers_are_replaced_whole(api: Caller, new_pipeline: Callable[..., Pipeline]) -> None:
    path = f"/pipelines/{new_pipeline(triggers=[DAILY, HOURLY]).pk}"
    first, second = api.get(path)["triggers"]
    changed = api.patch(path, {"triggers": [{**HOURLY, "id": second["id"]}]})
    assert changed["triggers"] == [second]
    assert api.patch(path, {"triggers": []})["triggers"] == []
    (new,) = api.patch(path, {"triggers": [DAILY]})["triggers"]
    assert new["id"] not in (first["id"], second["id"])
    assert new["key"] not in (first["key"], second["key"])


def test_a_trigger_that_is_named_stays_the_same_one(api: Caller, pipeline: Pipeline) -> None:
    path = f"/pipelines/{pipeline.pk}"
    (trigger,) = api.get(path)["triggers"]
    later = {**DAILY, "cron": "30 7 * * *"}
    for name in ({"id": trigger["id"]}, {"key": trigger["key"]},
                 {"id": trigger["id"], "key": trigger["key"]}):  # fmt: skip
        (same,) = api.patch(path, {"triggers": [{**later, **name}]})["triggers"]
        assert (same["id"], same["key"], same["cron"]) == (trigger["id"], trigger["key"],
                                                           "30 7 * * *")  # fmt: skip
    both = api.patch(path, {"triggers": [HOURLY, {**later, "id": trigger["id"]}]})["triggers"]
    assert {each["id"] for each in both} > {trigger["id"]}


def test_a_pause_outlives_a_change(api: Caller, pipeline: Pipeline) -> None:
    path = f"/pipelines/{pipeline.pk}"
    pipeline.triggers.update(paused=True)
    (trigger,) = api.get(path)["triggers"]
    (same,) = api.patch(path, {"triggers": [{**HOURLY, "id": trigger["id"]}]})["triggers"]
    assert same["paused"] is True


def test_ids_of_other_triggers_are_refused(
    api: Caller, new_pipeline: Callable[..., Pipeline]
) -> None:
    mine, other = new_pipeline(), new_pipeline("Other")
    foreign = other.triggers.get().pk
    wrong = [{**DAILY, "id": foreign}, {**HOURLY, "id": 2**63 - 1, "cron": "61 * * * *"}]
    refused = api.patch(f"/pipelines/{mine.pk}", {"triggers": wrong}, expect=422)
    assert set(fields(refused)) == {"triggers.0.id", "triggers.1.id", "triggers.1.cron"}
    swapped = [{**DAILY, "id": mine.triggers.get().pk, "key": "mine"}]
    refused = api.patch(f"/pipelines/{mine.pk}", {"triggers": swapped}, expect=422)
    assert set(fields(refused)) == {"triggers.0.id"}
    assert Version.objects.count() == 2


def test_one_trigger_is_not_named_twice(api: Caller, pipeline: Pipeline) -> None:
    trigger = pipeline.triggers.get()
    twice = [{**DAILY, "id": trigger.pk}, {**HOURLY, "key": trigger.key}]
    refused = api.patch(f"/pipelines/{pipeline.pk}", {"triggers": twice}, expect=422)
    assert set(fields(refused)) == {"triggers.1.key"}


def test_a_refused_change_changes_nothing(api: Caller, pipeline: Pipeline) -> None:
    path = f"/pipelines/{pipeline.pk}"
    before = api.get(path)
    bad = {"name": "New name", "settings": {"source": "steps", "steps": [{"kind": "training"}]}}
    api.patch(path, bad, expect=422)
    api.patch(path, {"name": "New name", "triggers": [{**DAILY, "cron": "x"}]}, expect=422)
    assert api.get(path) == before


# ── Putting away ────────────────────────────────────────────────────────────────────


def test_a_deployed_one_has_to_be_destroyed_first(api: Caller, deployed: Pipeline) -> None:
    refused = api.delete(f"/pipelines/{deployed.pk}", expect=409)
    assert "destroy it first" in refused["detail"].lower()
    api.get(f"/pipelines/{deployed.pk}")


def test_one_that_is_being_deployed_is_not_put_away(
    api: Caller, pipeline: Pipeline, new_deployment: Callable[..., Deployment]
) -> None:
    waiting = new_deployment(pipeline)
    assert "Cancel it first" in api.delete(f"/pipelines/{pipeline.pk}", expect=409)["detail"]
    api.post(f"/deployments/{waiting.pk}/cancel", expect=202)
    api.delete(f"/pipelines/{pipeline.pk}")


def test_what_is_put_away_leaves_its_name_and_its_history(
    api: Caller, body: dict[str, Any], new_run: Callable[..., Any],
    new_deployment: Callable[..., Deployment],
) -> None:  # fmt: skip
    made = api.post("/pipelines", body, expect=201)
    row = Pipeline.objects.get()
    run, deployment = new_run(row), new_deployment(row, status="succeeded")
    api.delete(f"/pipelines/{made['id']}")
    assert api.get("/pipelines") == []
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/sync"),
                         ("POST", "/runs")):  # fmt: skip
        assert api(method, f"/pipelines/{made['id']}{path}", {}).status_code == 404
    assert api.get(f"/runs/{run.pk}")["pipeline"] == made["id"]
    assert len(api.get(f"/runs?pipeline={made['id']}")["items"]) == 1
    assert len(api.get(f"/deployments?pipeline={made['id']}")["items"]) == 1
    assert api.get(f"/deployments/{deployment.pk}")["status"] == "succeeded"
    again = api.post("/pipelines", body, expect=201)
    assert (again["name"], again["slug"]) == ("Churn", "churn-2")


def test_runs_of_one_that_is_put_away_cannot_be_started_again(
    api: Caller, pipeline: Pipeline, run: Any
) -> None:
    api.delete(f"/pipelines/{pipeline.pk}")
    api.post(f"/runs/{run.pk}/rerun", expect=409)


def test_a_difference_at_clock_changes_is_taken_with_a_yes(
    api: Caller, body: dict[str, Any]
) -> None:
    gap = {"kind": "schedule", "cron": "30 2 * * *", "timezone": "Europe/Berlin"}
    refused = api.post("/pipelines", {**body, "triggers": [gap]}, expect=422)
    assert "or accept this difference" in fields(refused)["triggers.0.cron"]
    yes = {**gap, "accept_clock_changes": True}
    made = api.post("/pipelines", {**body, "triggers": [yes]}, expect=201)
    (trigger,) = made["triggers"]
    assert trigger["accept_clock_changes"] is True
    assert trigger["accepted"].endswith("EventBridge Scheduler: leaves that run out.")
    version = Version.objects.get()
    assert version.triggers[0]["accepted"] == trigger["accepted"]
    again = api.patch(f"/pipelines/{made['id']}", {"triggers": [{**yes, "id": trigger["id"]}]})
    assert again["version"] == 1
    given_up = {**gap, "cron": "0 6 * * *", "id": trigger["id"]}
    after = api.patch(f"/pipelines/{made['id']}", {"triggers": [given_up]})
    assert (after["version"], after["triggers"][0]["accepted"]) == (2, "")
    assert "accepted" not in Version.objects.get(number=2).triggers[0]
