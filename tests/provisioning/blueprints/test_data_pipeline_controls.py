"""Starting, stopping and repeating runs of a Google data pipeline."""

from __future__ import annotations

import time
from typing import Any

import pytest

from provisioning.blueprints.base import Controls
from provisioning.blueprints.google_common.names import Place
from provisioning.blueprints.google_data_pipeline.blueprint import BLUEPRINT
from provisioning.clouds.google import Storage
from provisioning.contracts import EventSample, ObjectSample
from provisioning.errors import CloudAway, InvalidInput, NotPossible, PermissionDenied
from tests.provisioning.blueprints.data_pipelines import PIPELINE, SLUG, on_event, spec
from tests.provisioning.blueprints.google_answering import PARENT, PROJECT, REGION, AnsweringGoogle

WORK = Place(REGION, PROJECT).bucket(SLUG, "work")
JOB = f"{PIPELINE}/jobs/7"
RUN = r":run"
CLAIM = f"/upload/storage/v1/b/{WORK}/o"
CLAIMED = rf"/b/{WORK}/o/skyclock%2Fstarts%2F[0-9a-f]+"


@pytest.fixture
def google() -> AnsweringGoogle:
    return AnsweringGoogle()


@pytest.fixture
def controls(google: AnsweringGoogle) -> Controls:
    return BLUEPRINT.controls(google, spec())


def unmet(google: AnsweringGoogle) -> None:
    """What Cloud Storage says to the second who claims."""
    error = {"code": 412, "message": "x", "errors": [{"reason": "conditionNotMet"}]}
    google.answers("POST", CLAIM, {"error": error}, status=412)


def claim(**metadata: str) -> dict[str, Any]:
    return {"name": "x", "metadata": metadata, "timeCreated": "2026-11-21T10:00:00Z"}


def test_a_start_claims_its_token_then_runs_then_notes_the_job(
    google: AnsweringGoogle, controls: Controls
) -> None:
    google.answers("POST", CLAIM, {"name": "x"})
    google.answers("POST", RUN, {"job": {"name": JOB, "id": "7"}})
    google.answers("PATCH", CLAIMED, claim(job=JOB))
    assert controls.start({}, token="click") == JOB
    assert [each.method for each in google.asked] == ["POST", "POST", "PATCH"]
    assert google.asked[1].path.endswith(RUN)
    assert google.asked[0].query["ifGenerationMatch"] == "0"
    assert JOB in str(google.asked[2].body)


def test_the_same_token_gives_the_same_run_and_starts_none(
    google: AnsweringGoogle, controls: Controls
) -> None:
    unmet(google)
    google.answers("GET", CLAIMED, claim(job=JOB))
    assert controls.start({}, token="click") == JOB
    assert not google.asked_to("POST", RUN)


def test_a_token_whose_start_was_cut_off_starts_none_and_says_so(
    google: AnsweringGoogle, controls: Controls
) -> None:
    unmet(google)
    google.answers("GET", CLAIMED, claim())
    with pytest.raises(NotPossible, match="begun at 2026-11-21 10:00 UTC"):
        controls.start({}, token="click")
    assert not google.asked_to("POST", RUN)


def test_a_refused_start_gives_its_claim_back(google: AnsweringGoogle, controls: Controls) -> None:
    google.answers("POST", CLAIM, {"name": "x"})
    google.refuses("POST", RUN, 403, "PERMISSION_DENIED")
    google.answers("DELETE", CLAIMED, {})
    with pytest.raises(PermissionDenied):
        controls.start({}, token="click")
    assert len(google.asked_to("DELETE")) == 1


def test_a_start_that_may_have_been_heard_keeps_its_claim(
    google: AnsweringGoogle, controls: Controls
) -> None:
    google.answers("POST", CLAIM, {"name": "x"})
    google.refuses("POST", RUN, 503, "UNAVAILABLE")
    with pytest.raises(CloudAway):
        controls.start({}, token="click")
    assert not google.asked_to("DELETE")
    assert len(google.asked_to("POST", RUN)) == 1, "not tried again"


def test_it_takes_no_parameters(controls: Controls) -> None:
    assert controls.parameters() == ()
    with pytest.raises(InvalidInput) as caught:
        controls.start({"output": "gs://elsewhere"}, token="click")
    assert [each.field for each in caught.value.problems] == ["parameters.output"]


def test_a_rerun_is_a_new_run_from_the_beginning(
    google: AnsweringGoogle, controls: Controls
) -> None:
    google.answers("POST", CLAIM, {"name": "x"})
    google.answers("POST", RUN, {"job": {"name": JOB}})
    google.answers("PATCH", CLAIMED, {})
    assert controls.rerun(f"{PIPELINE}/jobs/1", from_failure=False, token="again") == JOB
    with pytest.raises(NotPossible, match="from its beginning only"):
        controls.rerun(f"{PIPELINE}/jobs/1", from_failure=True, token="again")


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("JOB_STATE_RUNNING", "cancels"),
        ("JOB_STATE_CANCELLING", "waits"),
        ("JOB_STATE_DONE", "already ended: JOB_STATE_DONE"),
    ],
)
def test_stopping_cancels_the_dataflow_job(
    google: AnsweringGoogle, controls: Controls, state: str, outcome: str
) -> None:
    job = {"name": JOB, "id": "7", "state": "STATE_RUNNING", "createTime": "2026-11-21T10:00:00Z"}
    google.answers("GET", f"{SLUG}/jobs", {"jobs": [job]})
    google.answers("GET", f"{REGION}/jobs/7", {"id": "7", "currentState": state})
    google.answers("PUT", f"{REGION}/jobs/7", {"id": "7"})
    if outcome.startswith("already"):
        with pytest.raises(NotPossible, match=outcome):
            controls.stop(JOB)
    else:
        controls.stop(JOB)
    asked = [each.body for each in google.asked_to("PUT")]
    assert asked == ([{"requestedState": "JOB_STATE_CANCELLED"}] if outcome == "cancels" else [])


def test_a_start_that_came_to_nothing_cannot_be_stopped(controls: Controls) -> None:
    with pytest.raises(NotPossible, match="came to no job"):
        controls.stop(f"{PARENT}/workflows/w/executions/e")


# ── Trying out ──────────────────────────────────────────────────────────────────────


def test_a_test_object_is_put_into_the_pipelines_own_bucket(google: AnsweringGoogle) -> None:
    data = Place(REGION, PROJECT).bucket(SLUG, "data")
    google.answers("POST", f"/upload/storage/v1/b/{data}/o", {"name": "data/x.csv"})
    sample = ObjectSample(key="data/x.csv", content=b"a,b\n")
    assert BLUEPRINT.emit(google, spec(), sample) == f"gs://{data}/data/x.csv"


def test_storage_that_does_not_answer_is_given_up_while_somebody_waits(
    google: AnsweringGoogle, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Storage.patience.deadline <= 30
    monkeypatch.setattr(Storage, "patience", Storage.patience.with_timeout(0.1))
    google.refuses("POST", "/upload/storage/v1/b/.*", 503, "backendError")
    begun = time.monotonic()
    with pytest.raises(CloudAway, match="to put the object"):
        BLUEPRINT.emit(google, spec(), ObjectSample(key="data/x.csv", content=b"a,b\n"))
    with pytest.raises(CloudAway, match="to claim the start"):
        BLUEPRINT.controls(google, spec()).start({}, token="x")
    assert time.monotonic() - begun < 20


def test_a_test_event_is_published_with_source_and_type_as_attributes(
    google: AnsweringGoogle,
) -> None:
    google.answers("POST", f"topics/skyclock-{SLUG}:publish", {"messageIds": ["11"]})
    sample = EventSample(source="lab", type="dataset.ready", detail={"rows": 3})
    assert BLUEPRINT.emit(google, spec(triggers=(on_event(),)), sample) == "11"
    (message,) = google.asked[0].body["messages"]
    assert message["attributes"] == {"source": "lab", "type": "dataset.ready"}
    with pytest.raises(NotPossible, match="no topic"):
        BLUEPRINT.emit(google, spec(), sample)
