"""Triggers of a Google data pipeline, read back as Google gives them, paused and resumed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from provisioning.blueprints.google_common.names import Place
from provisioning.blueprints.google_data_pipeline.blueprint import BLUEPRINT
from provisioning.blueprints.google_data_pipeline.triggers import source
from provisioning.contracts import Difference, TriggerProof, TriggerSpec, TriggerState
from provisioning.errors import NotPossible
from tests.provisioning.blueprints.data_pipelines import (
    PIPELINE,
    SLUG,
    daily,
    on_event,
    on_object,
    spec,
)
from tests.provisioning.blueprints.google_answering import PARENT, PROJECT, REGION, AnsweringGoogle

PLACE = Place(REGION, PROJECT)
GETS_PIPELINE = f"pipelines/skyclock-{SLUG}"


@pytest.fixture
def google() -> AnsweringGoogle:
    return AnsweringGoogle()


def proof(google: AnsweringGoogle, trigger: TriggerSpec) -> TriggerProof:
    (found,) = BLUEPRINT.trigger_states(google, spec(triggers=(trigger,)))
    return found


def pipeline(**changes: Any) -> dict[str, Any]:
    return {
        "name": PIPELINE,
        "displayName": f"skyclock-{SLUG}",
        "type": "PIPELINE_TYPE_BATCH",
        "state": "STATE_ACTIVE",
        "createTime": "2026-11-01T00:00:00Z",
        "jobCount": 3,
        "workload": {"dataflowLaunchTemplateRequest": {"projectId": PROJECT}},
        "schedulerServiceAccountEmail": PLACE.account(SLUG, "scheduler"),
        "scheduleInfo": {
            "schedule": "0 6 * * *",
            "timeZone": "Europe/Berlin",
            "nextJobTime": "2026-11-22T05:00:00Z",
        },
        **changes,
    }


def test_a_schedule_is_proved_by_what_google_says_of_it(google: AnsweringGoogle) -> None:
    google.answers("GET", GETS_PIPELINE, pipeline())
    found = proof(google, daily())
    assert (found.state, found.message) == (TriggerState.ACTIVE, "")
    assert found.native == ("0 6 * * * Europe/Berlin",)
    assert found.next == datetime(2026, 11, 22, 5, tzinfo=UTC)


def test_a_schedule_that_google_alone_can_read_is_next_when_google_says(
    google: AnsweringGoogle,
) -> None:
    info = {"schedule": "5/20 * * * *", "timeZone": "", "nextJobTime": "2026-11-21T12:05:00Z"}
    google.answers("GET", GETS_PIPELINE, pipeline(scheduleInfo=info))
    found = proof(google, daily())
    assert found.native == ("5/20 * * * * UTC",)
    assert "another schedule than this version" in found.message
    assert found.next == datetime(2026, 11, 21, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "state", "message"),
    [
        ({"scheduleInfo": {}}, TriggerState.PAUSED, ""),
        ({"state": "STATE_ARCHIVED"}, TriggerState.MISSING, "which is for good"),
        ({"state": "STATE_STOPPING"}, TriggerState.UNKNOWN, "STATE_STOPPING"),
        ({"schedulerServiceAccountEmail": "x@y"}, TriggerState.UNKNOWN, "another account: x@y"),
    ],
)
def test_a_schedule_that_is_not_as_deployed_is_told(
    google: AnsweringGoogle, changes: dict[str, Any], state: TriggerState, message: str
) -> None:
    google.answers("GET", GETS_PIPELINE, pipeline(**changes))
    found = proof(google, daily())
    assert found.state is state
    assert message in found.message
    assert found.next is None


def test_a_pipeline_that_is_gone_is_missing(google: AnsweringGoogle) -> None:
    google.refuses("GET", GETS_PIPELINE, 404, "NOT_FOUND")
    assert proof(google, daily()).state is TriggerState.MISSING


def test_pausing_takes_the_schedule_away_and_keeps_the_rest(google: AnsweringGoogle) -> None:
    google.answers("GET", GETS_PIPELINE, pipeline())
    google.answers("PATCH", GETS_PIPELINE, pipeline(scheduleInfo={}))
    BLUEPRINT.pause(google, spec(triggers=(daily(),)), "t1")
    (asked,) = google.asked_to("PATCH")
    assert asked.query["updateMask"] == "scheduleInfo"
    assert set(asked.body) == {
        "name", "displayName", "type", "state", "workload", "schedulerServiceAccountEmail",
    }  # fmt: skip


def test_resuming_puts_the_schedule_back(google: AnsweringGoogle) -> None:
    google.answers("GET", GETS_PIPELINE, pipeline(scheduleInfo={}))
    google.answers("PATCH", GETS_PIPELINE, pipeline())
    BLUEPRINT.resume(google, spec(triggers=(daily(),)), "t1")
    (asked,) = google.asked_to("PATCH")
    assert asked.body["scheduleInfo"] == {"schedule": "0 6 * * *", "timeZone": "Europe/Berlin"}


def test_what_is_so_already_is_not_written(google: AnsweringGoogle) -> None:
    google.answers("GET", GETS_PIPELINE, pipeline())
    BLUEPRINT.resume(google, spec(triggers=(daily(),)), "t1")
    assert not google.asked_to("PATCH")
    with pytest.raises(NotPossible, match="no trigger 't9'"):
        BLUEPRINT.pause(google, spec(triggers=(daily(),)), "t9")


# ── Events ──────────────────────────────────────────────────────────────────────────


def carrier(trigger: TriggerSpec, **changes: Any) -> dict[str, Any]:
    by_object = trigger.kind == "object_created"
    bucket = {"attribute": "bucket", "value": PLACE.bucket(SLUG, "data")}
    kind = "storage.object.v1.finalized" if by_object else "pubsub.topic.v1.messagePublished"
    topic = {} if by_object else {"pubsub": {"topic": f"projects/{PROJECT}/topics/skyclock-{SLUG}"}}
    return {
        "name": f"{PARENT}/triggers/skyclock-{SLUG}-{trigger.key}",
        "eventFilters": [
            {"attribute": "type", "value": f"google.cloud.{kind}"},
            *([bucket] if by_object else []),
        ],
        "destination": {"workflow": f"{PARENT}/workflows/skyclock-{SLUG}-{trigger.key}"},
        "serviceAccount": PLACE.account(SLUG, "events"),
        "transport": topic,
        **changes,
    }


def workflow(trigger: TriggerSpec, *, paused: str = "false", **changes: Any) -> dict[str, Any]:
    return {
        "name": f"{PARENT}/workflows/skyclock-{SLUG}-{trigger.key}",
        "state": "ACTIVE",
        "userEnvVars": {"PAUSED": paused},
        "sourceContents": source(spec(), trigger),
        **changes,
    }


def deployed(
    google: AnsweringGoogle, trigger: TriggerSpec, *, carried: Any = None, worked: Any = None
) -> None:
    key = f"skyclock-{SLUG}-{trigger.key}"
    google.answers("GET", GETS_PIPELINE, pipeline())
    google.answers("GET", f"triggers/{key}", carried or carrier(trigger))
    google.answers("GET", f"workflows/{key}", worked or workflow(trigger))


@pytest.mark.parametrize("trigger", [on_object(), on_event()], ids=["object", "event"])
def test_what_carries_events_is_proved_with_the_workflow_that_takes_them(
    google: AnsweringGoogle, trigger: TriggerSpec
) -> None:
    deployed(google, trigger)
    found = proof(google, trigger)
    assert (found.state, found.message) == (TriggerState.ACTIVE, "")
    assert found.native[0].startswith("google.cloud.")


@pytest.mark.parametrize(
    ("carried", "worked", "state", "message"),
    [
        (
            {"conditions": {"x": {"code": "PERMISSION_DENIED", "message": "No permission"}}},
            {},
            TriggerState.UNKNOWN,
            "has failed: No permission",
        ),
        ({"eventFilters": []}, {}, TriggerState.UNKNOWN, "waits for something else"),
        ({"destination": {"workflow": "w"}}, {}, TriggerState.UNKNOWN, "carries events elsewhere"),
        ({"serviceAccount": "x@y"}, {}, TriggerState.UNKNOWN, "another service account"),
        ({}, {"state": "UNAVAILABLE"}, TriggerState.UNKNOWN, "UNAVAILABLE"),
        ({}, {"paused": "true"}, TriggerState.PAUSED, ""),
        ({}, {"sourceContents": "{}"}, TriggerState.ACTIVE, "another than this version's"),
    ],
)
def test_what_would_keep_events_away_is_told(
    google: AnsweringGoogle,
    carried: dict[str, Any],
    worked: dict[str, Any],
    state: TriggerState,
    message: str,
) -> None:
    trigger = on_object()
    deployed(
        google, trigger, carried=carrier(trigger, **carried), worked=workflow(trigger, **worked)
    )
    found = proof(google, trigger)
    assert found.state is state
    assert message in found.message


def test_an_event_trigger_is_paused_in_its_workflow(google: AnsweringGoogle) -> None:
    trigger = on_event()
    deployed(google, trigger)
    done = {"name": f"{PARENT}/operations/1", "done": True, "response": {}}
    waiting = {"name": f"{PARENT}/operations/1"}
    google.answers("PATCH", f"workflows/skyclock-{SLUG}-t3", waiting)
    google.answers("GET", "operations/1", done)
    BLUEPRINT.pause(google, spec(triggers=(trigger,)), "t3")
    (asked,) = google.asked_to("PATCH")
    assert asked.query["updateMask"] == "userEnvVars"
    assert asked.body == {"userEnvVars": {"PAUSED": "true"}}


@pytest.mark.parametrize(
    ("kind", "path", "expected", "found", "sentence", "cosmetic"),
    [
        ("dataflow/pipeline:Pipeline", "scheduleInfo", {}, None, "paused in the cloud", False),
        (
            "dataflow/pipeline:Pipeline",
            "scheduleInfo",
            "0 6 * * * Europe/Berlin",
            "0 7 * * * Europe/Berlin",
            "at 06:00 every day → at 07:00 every day, Europe/Berlin",
            False,
        ),
        (
            "dataflow/pipeline:Pipeline",
            "state",
            "STATE_ACTIVE",
            "STATE_ARCHIVED",
            "for good",
            False,
        ),
        ("dataflow/pipeline:Pipeline", "jobCount", 3, 4, "another jobCount", True),
        ("workflows/workflow:Workflow", "userEnvVars.PAUSED", "false", "true", "was paused", False),
        ("eventarc/trigger:Trigger", "", None, None, "was deleted in the cloud", False),
    ],
)
def test_a_difference_is_told_in_the_domains_words(
    kind: str, path: str, expected: object, found: object, sentence: str, cosmetic: bool
) -> None:
    drift = BLUEPRINT.explain(
        Difference(kind=f"gcp:{kind}", name="it", path=path, expected=expected, found=found)
    )
    assert sentence in drift.sentence
    assert drift.cosmetic is cosmetic
