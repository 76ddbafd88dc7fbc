"""From an event to a training job: which trigger, which input, which name."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from provisioning.blueprints.google_eventarc_retraining.assets.service.jobs import (
    MESSAGE,
    OBJECT,
    Happened,
    custom_job,
    happened,
    matching,
)
from provisioning.blueprints.google_eventarc_retraining.building import config
from provisioning.blueprints.google_eventarc_retraining.settings import Settings
from tests.provisioning.blueprints.google_answering import PROJECT, REGION, unpublished
from tests.provisioning.blueprints.retraining import (
    DATA,
    IMAGE,
    PLACE,
    SLUG,
    on_event,
    on_object,
    problems,
    settings,
    spec,
    training,
)

BUCKETS = "//storage.googleapis.com/projects/_/buckets"


def object_event(key: str, number: str = "11") -> tuple[dict[str, str], dict[str, Any]]:
    headers = {
        "ce-id": number,
        "ce-type": OBJECT,
        "ce-source": f"{BUCKETS}/{DATA}",
        "ce-subject": f"objects/{key}",
    }
    return headers, {"name": key, "bucket": DATA, "generation": "1"}


def message(attributes: dict[str, str], detail: Any = None) -> tuple[dict[str, str], Any]:
    headers = {"ce-id": "22", "ce-type": MESSAGE, "ce-source": "//pubsub.googleapis.com/t"}
    data = base64.b64encode(json.dumps(detail or {}).encode()).decode()
    return headers, {"message": {"data": data, "attributes": attributes, "messageId": "22"}}


def told(**more: Any) -> dict[str, Any]:
    wanted = spec(**more)
    return config(wanted, Settings.model_validate(wanted.settings))


@pytest.mark.parametrize(
    ("key", "trigger"),
    [
        ("data/x.csv", "t1"),
        ("data/deep/x.csv", "t1"),
        ("other/x.csv", None),
        ("data/x.txt", None),
        ("Data/x.csv", None),
    ],
)
def test_an_object_is_taken_by_prefix_and_suffix(key: str, trigger: str | None) -> None:
    found = matching(told()["triggers"], *object_event(key))
    assert (found or {}).get("key") == trigger


@pytest.mark.parametrize(
    ("attributes", "trigger"),
    [
        ({"source": "lab", "type": "dataset.ready"}, "t2"),
        ({"source": "lab", "type": "dataset.gone"}, None),
        ({"source": "elsewhere", "type": "dataset.ready"}, None),
        ({}, None),
    ],
)
def test_a_message_is_taken_by_source_and_type(
    attributes: dict[str, str], trigger: str | None
) -> None:
    found = matching(told()["triggers"], *message(attributes))
    assert (found or {}).get("key") == trigger


def test_the_same_event_is_the_same_job_whenever_it_is_told() -> None:
    one = happened(*object_event("data/x.csv"))
    again = happened(*object_event("data/x.csv"))
    other = happened(*object_event("data/x.csv", number="12"))
    assert custom_job(told(), one, "t1") == custom_job(told(), again, "t1")
    assert one.event != other.event


def test_the_object_is_the_jobs_input() -> None:
    wanted = told(wanted=training(arguments=["--input=${input}", "--run=${event}"]))
    found = happened(*object_event("data/x.csv"))
    job = custom_job(wanted, found, "t1")
    (pool,) = job["jobSpec"]["workerPoolSpecs"]
    container = pool["containerSpec"]
    assert container["imageUri"] == IMAGE
    assert container["args"] == [f"--input=gs://{DATA}/data/x.csv", f"--run={found.event}"]
    env = {each["name"]: each["value"] for each in container["env"]}
    assert env["SKYCLOCK_INPUT"] == f"gs://{DATA}/data/x.csv"
    assert job["displayName"] == f"skyclock-{SLUG}-t1-{found.event[:12]}"
    assert job["labels"] == {
        "skyclock-pipeline": SLUG,
        "skyclock-trigger": "t1",
        "skyclock-event": found.event,
    }
    models = PLACE.bucket(SLUG, "models")
    output = job["jobSpec"]["baseOutputDirectory"]["outputUriPrefix"]
    assert output == f"gs://{models}/{found.event}/"


def test_what_a_message_names_as_its_input_is_the_jobs_input() -> None:
    detail = {"input": "gs://elsewhere/y.parquet", "rows": 3}
    found = happened(*message({"type": "dataset.ready"}, detail))
    assert found.input == "gs://elsewhere/y.parquet"
    assert json.loads(found.detail) == detail
    assert found.cause == "dataset.ready 22"


def test_what_is_no_event_of_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="no ce-id"):
        happened({}, {})
    with pytest.raises(ValueError, match="does not know events of type 'x'"):
        happened({"ce-id": "1", "ce-type": "x"}, {})


def test_a_message_that_is_no_json_has_no_input() -> None:
    headers, _ = message({})
    found = happened(headers, {"message": {"data": base64.b64encode(b"\xff").decode()}})
    assert (found.input, found.detail) == ("", "{}")


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"replicas": 4, "accelerator": "NVIDIA_TESLA_T4", "accelerator_count": 2},
        {"command": ["python", "-m", "train"], "environment": {"EPOCHS": "3"}},
    ],
)
def test_a_job_has_only_what_vertex_knows(wanted: dict[str, Any]) -> None:
    job = custom_job(told(wanted=training(**wanted)), Happened("1", "c"), "manual")
    schema = {"$ref": "GoogleCloudAiplatformV1CustomJob"}
    assert list(unpublished("aiplatform", schema, job)) == []


def test_the_first_of_several_machines_has_a_pool_of_its_own() -> None:
    pools = told(wanted=training(replicas=4))["job"]["jobSpec"]["workerPoolSpecs"]
    assert [pool["replicaCount"] for pool in pools] == ["1", "3"]


def test_the_configuration_is_the_same_for_the_same_version() -> None:
    assert told() == told()
    assert told()["project"] == PROJECT and told()["region"] == REGION
    paused = told(triggers=(on_object(paused=True), on_event()))["triggers"]
    assert [each["paused"] for each in paused] == [True, False]


@pytest.mark.parametrize(
    ("wanted", "field", "sentence"),
    [
        (settings(training={}), "training.image", "required"),
        (training(image="churn"), "training.image", "address of an image"),
        (training(machine_type=""), "training", "needs a machine type"),
        (training(replicas=0), "training.replicas", "At least 1"),
        (training(environment={"AIP_X": "1"}), "training.environment.AIP_X", "are taken"),
        (training(accelerator="nvidia-t4"), "training.accelerator", "as Vertex AI does"),
        (settings(service={"timeout_seconds": 5}), "service.timeout_seconds", "At least 60"),
    ],
)
def test_a_mistake_is_told_at_its_field(wanted: dict[str, Any], field: str, sentence: str) -> None:
    found = problems(wanted)
    assert [*found] in ([field], [f"{field}.[key]"])
    assert sentence in " ".join(found.values())
