"""Retraining by hand, and its triggers read back, paused and resumed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from provisioning.blueprints.base import Controls
from provisioning.blueprints.google_eventarc_retraining.blueprint import BLUEPRINT
from provisioning.blueprints.google_eventarc_retraining.building import config, written
from provisioning.blueprints.google_eventarc_retraining.settings import Settings
from provisioning.contracts import TriggerProof, TriggerState
from provisioning.errors import InvalidInput, NotPossible
from tests.provisioning.blueprints.google_answering import PARENT, PROJECT, REGION, AnsweringGoogle
from tests.provisioning.blueprints.retraining import (
    DATA,
    NAME,
    PLACE,
    SERVICE,
    SLUG,
    on_event,
    on_object,
    spec,
)

CLAIMS = PLACE.bucket(SLUG, "claims")
CLAIM = f"/upload/storage/v1/b/{CLAIMS}/o"
CLAIMED = rf"/b/{CLAIMS}/o/skyclock%2Fstarts%2F[0-9a-f]+"
JOB = f"{PARENT}/customJobs/9"


@pytest.fixture
def google() -> AnsweringGoogle:
    return AnsweringGoogle()


@pytest.fixture
def controls(google: AnsweringGoogle) -> Controls:
    return BLUEPRINT.controls(google, spec())


def job(state: str = "JOB_STATE_RUNNING", **env: str) -> dict[str, Any]:
    told = [{"name": f"SKYCLOCK_{name.upper()}", "value": value} for name, value in env.items()]
    pool = {"containerSpec": {"imageUri": "i", "env": told}}
    return {
        "name": JOB,
        "state": state,
        "createTime": "2026-11-21T10:00:00Z",
        "jobSpec": {"workerPoolSpecs": [pool]},
    }


@pytest.mark.parametrize("key", ["data/x.csv", f"gs://{DATA}/data/x.csv"])
def test_a_start_by_hand_trains_with_the_object_that_is_named(
    google: AnsweringGoogle, controls: Controls, key: str
) -> None:
    google.answers("POST", CLAIM, {"name": "x"})
    google.answers("POST", "/customJobs", job())
    google.answers("PATCH", CLAIMED, {})
    run = controls.start({"object": key}, token="click")
    (asked,) = google.asked_to("POST", "/customJobs")
    container = asked.body["jobSpec"]["workerPoolSpecs"][0]["containerSpec"]
    assert container["args"] == [f"--input=gs://{DATA}/data/x.csv"]
    assert asked.body["labels"]["skyclock-trigger"] == "manual"
    assert run == f"{NAME}/events/{asked.body['labels']['skyclock-event']}"


def test_the_same_token_is_the_same_run_and_trains_once(
    google: AnsweringGoogle, controls: Controls
) -> None:
    error = {"code": 412, "message": "x", "errors": [{"reason": "conditionNotMet"}]}
    google.answers("POST", CLAIM, {"name": "x"}, once=True)
    google.answers("POST", CLAIM, {"error": error}, status=412)
    google.answers("POST", "/customJobs", job())
    google.answers("PATCH", CLAIMED, {})
    google.answers("GET", CLAIMED, {"metadata": {"job": JOB}, "timeCreated": "2026-11-21T10:00Z"})
    first = controls.start({"object": "data/x.csv"}, token="click")
    assert controls.start({"object": "data/x.csv"}, token="click") == first
    assert len(google.asked_to("POST", "/customJobs")) == 1


@pytest.mark.parametrize(
    ("begun", "found", "creates"),
    [
        ("2026-11-21T11:59:30Z", True, 0),  # its job is known by its label
        ("2026-11-21T11:59:30Z", False, 0),  # somebody may be at it
        ("2026-11-21T11:50:00Z", False, 1),  # nobody is any more
    ],
)
def test_a_start_that_was_cut_off_is_found_again_or_taken_over(
    google: AnsweringGoogle, controls: Controls, begun: str, found: bool, creates: int
) -> None:
    error = {"code": 412, "message": "x", "errors": [{"reason": "conditionNotMet"}]}
    google.answers("POST", CLAIM, {"error": error}, status=412)
    google.answers("GET", CLAIMED, {"timeCreated": begun})
    google.answers("GET", "/customJobs", {"customJobs": [job()] if found else []})
    google.answers("POST", "/customJobs", job())
    google.answers("PATCH", CLAIMED, {})
    if found or creates:
        assert controls.start({"object": "x"}, token="click").startswith(f"{NAME}/events/")
    else:
        with pytest.raises(NotPossible, match="begun at 2026-11-21 11:59 UTC"):
            controls.start({"object": "x"}, token="click")
    assert len(google.asked_to("POST", "/customJobs")) == creates


def test_a_start_by_hand_asks_for_the_object(controls: Controls) -> None:
    assert [each.name for each in controls.parameters()] == ["object"]
    for wrong in ({}, {"object": " "}, {"objekt": "x"}):
        with pytest.raises(InvalidInput):
            controls.start(wrong, token="click")


def test_a_rerun_trains_with_the_same_object_again(
    google: AnsweringGoogle, controls: Controls
) -> None:
    before = job("JOB_STATE_FAILED", input=f"gs://{DATA}/data/x.csv", cause="data/x.csv")
    google.answers("GET", "/customJobs", {"customJobs": [before]})
    google.answers("POST", CLAIM, {"name": "x"})
    google.answers("POST", "/customJobs", job())
    google.answers("PATCH", CLAIMED, {})
    controls.rerun(f"{NAME}/events/e", from_failure=False, token="again")
    (asked,) = google.asked_to("POST", "/customJobs")
    env = asked.body["jobSpec"]["workerPoolSpecs"][0]["containerSpec"]["env"]
    assert {"name": "SKYCLOCK_CAUSE", "value": "data/x.csv"} in env
    with pytest.raises(NotPossible, match="beginning only"):
        controls.rerun(f"{NAME}/events/e", from_failure=True, token="again")


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("JOB_STATE_RUNNING", "cancels"),
        ("JOB_STATE_CANCELLING", "waits"),
        ("JOB_STATE_SUCCEEDED", "already ended"),
    ],
)
def test_stopping_cancels_the_training_job(
    google: AnsweringGoogle, controls: Controls, state: str, outcome: str
) -> None:
    google.answers("GET", "/customJobs", {"customJobs": [job(state)]})
    google.answers("POST", ":cancel", {})
    if outcome == "already ended":
        with pytest.raises(NotPossible, match=outcome):
            controls.stop(f"{NAME}/events/e")
    else:
        controls.stop(f"{NAME}/events/e")
    assert len(google.asked_to("POST", ":cancel")) == (outcome == "cancels")


def test_an_event_without_a_job_cannot_be_stopped(
    google: AnsweringGoogle, controls: Controls
) -> None:
    google.answers("GET", "/customJobs", {})
    for run in (f"{NAME}/events/e", f"{NAME}/unheard/2026-11-21"):
        with pytest.raises(NotPossible, match="no training job"):
            controls.stop(run)


# ── Triggers ────────────────────────────────────────────────────────────────────────


def carrier(what: str, **changes: Any) -> dict[str, Any]:
    objects = what == "objects"
    kind = "storage.object.v1.finalized" if objects else "pubsub.topic.v1.messagePublished"
    filters = [{"attribute": "type", "value": f"google.cloud.{kind}"}]
    filters += [{"attribute": "bucket", "value": DATA}] if objects else []
    topic = {} if objects else {"pubsub": {"topic": f"projects/{PROJECT}/topics/{SERVICE}"}}
    return {
        "name": f"{PARENT}/triggers/{SERVICE}-{what}",
        "eventFilters": filters,
        "destination": {"cloudRun": {"service": SERVICE, "region": REGION, "path": "/"}},
        "serviceAccount": PLACE.account(SLUG, "events"),
        "transport": topic,
        **changes,
    }


def service(*triggers: Any, **changes: Any) -> dict[str, Any]:
    deployed = spec(triggers=triggers or (on_object(), on_event()))
    told = written(config(deployed, Settings.model_validate(deployed.settings)))
    env = [{"name": "OTHER", "value": "1"}, {"name": "SKYCLOCK_CONFIG", "value": told}]
    return {
        "name": NAME,
        "etag": "abc",
        "terminalCondition": {"type": "Ready", "state": "CONDITION_SUCCEEDED"},
        "template": {"revision": "r1", "containers": [{"image": "i", "env": env}]},
        **changes,
    }


def deployed(google: AnsweringGoogle, *, run: Any = None, objects: Any = None) -> None:
    google.answers("GET", f"services/{SERVICE}", run or service())
    google.answers("GET", f"triggers/{SERVICE}-objects", objects or carrier("objects"))
    google.answers("GET", f"triggers/{SERVICE}-messages", carrier("messages"))


def proofs(google: AnsweringGoogle) -> tuple[TriggerProof, ...]:
    return BLUEPRINT.trigger_states(google, spec())


def test_each_trigger_is_proved_by_what_carries_it_and_by_the_service(
    google: AnsweringGoogle,
) -> None:
    deployed(google)
    by_object, by_event = proofs(google)
    assert (by_object.state, by_object.message) == (TriggerState.ACTIVE, "")
    assert by_object.native == (f"google.cloud.storage.object.v1.finalized {DATA} data/*.csv",)
    assert by_event.state is TriggerState.ACTIVE
    assert by_event.native[0].endswith(f"{SERVICE} lab: dataset.ready")
    assert by_object.verified_at <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("changes", "state", "message"),
    [
        ({"objects": carrier("objects", eventFilters=[])}, TriggerState.UNKNOWN, "something else"),
        (
            {"objects": carrier("objects", destination={"cloudRun": {"service": "x"}})},
            TriggerState.UNKNOWN,
            "carries events elsewhere",
        ),
        (
            {
                "run": service(
                    terminalCondition={"state": "CONDITION_FAILED", "message": "No image."}
                )
            },
            TriggerState.UNKNOWN,
            "is not ready: No image.",
        ),
        ({"run": service(on_event())}, TriggerState.MISSING, "does not know this trigger"),
        ({"run": service(on_object(paused=True), on_event())}, TriggerState.PAUSED, ""),
        (
            {"run": service(on_object(prefix="new/"), on_event())},
            TriggerState.ACTIVE,
            "something else than this version",
        ),
    ],
)
def test_what_would_keep_events_away_is_told(
    google: AnsweringGoogle, changes: dict[str, Any], state: TriggerState, message: str
) -> None:
    deployed(google, **changes)
    found = proofs(google)[0]
    assert found.state is state
    assert message in found.message


def test_what_is_gone_is_missing(google: AnsweringGoogle) -> None:
    google.refuses("GET", f"services/{SERVICE}", 404, "NOT_FOUND")
    google.refuses("GET", "triggers/.*", 404, "NOT_FOUND")
    assert {found.state for found in proofs(google)} == {TriggerState.MISSING}


def test_pausing_gives_the_service_a_configuration_that_says_so(google: AnsweringGoogle) -> None:
    deployed(google)
    google.answers("PATCH", f"services/{SERVICE}", {"name": f"{PARENT}/operations/1", "done": True})
    BLUEPRINT.pause(google, spec(), "t1")
    (asked,) = google.asked_to("PATCH")
    assert asked.query["updateMask"] == "template"
    template = asked.body["template"]
    assert "revision" not in template
    env = {each["name"]: each["value"] for each in template["containers"][0]["env"]}
    assert env["OTHER"] == "1"
    told = {each["key"]: each["paused"] for each in json.loads(env["SKYCLOCK_CONFIG"])["triggers"]}
    assert told == {"t1": True, "t2": False}


def test_what_is_so_already_is_not_written(google: AnsweringGoogle) -> None:
    deployed(google)
    BLUEPRINT.resume(google, spec(), "t1")
    assert not google.asked_to("PATCH")
