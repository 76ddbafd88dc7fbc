"""Vertex AI custom jobs: what they take, how they run, and what they leave."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.google.conftest import (
    PARENT,
    REGION,
    SandboxGoogle,
    entries,
    grant,
    make_account,
    refused,
)


def custom_jobs(google: SandboxGoogle, **more: Any) -> Any:
    return google.api("aiplatform", "v1", **more).projects().locations().customJobs()


def pool(**container: Any) -> dict[str, Any]:
    return {
        "machineSpec": {"machineType": "n1-standard-4"},
        "replicaCount": "1",
        "containerSpec": {"imageUri": "europe-docker.pkg.dev/x/y/train:1", **container},
    }


def body(*, labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    container = spec.pop("container", {})
    return {
        "displayName": "train",
        "labels": labels or {},
        "jobSpec": {"workerPoolSpecs": [pool(**container)], **spec},
    }


def create(google: SandboxGoogle, **spec: Any) -> str:
    made = custom_jobs(google).create(parent=PARENT, body=body(**spec)).execute()
    return str(made["name"])


def get(google: SandboxGoogle, name: str) -> dict[str, Any]:
    found: dict[str, Any] = custom_jobs(google).get(name=name).execute()
    return found


def test_a_job_goes_through_its_states(google: SandboxGoogle) -> None:
    name = create(google)
    assert get(google, name)["state"] == "JOB_STATE_PENDING"
    google.advance("PT4S")
    running = get(google, name)
    assert (running["state"], "startTime" in running) == ("JOB_STATE_RUNNING", True)
    google.advance("PT15S")
    done = get(google, name)
    assert done["state"] == "JOB_STATE_SUCCEEDED"
    assert done["createTime"] < done["startTime"] < done["endTime"]

    id = name.rpartition("/")[2]
    lines = entries(google, f'resource.type="ml_job" AND resource.labels.job_id="{id}"')
    texts = [one.get("textPayload") or one["jsonPayload"]["message"] for one in lines]
    assert texts[0] == "Waiting for job to be provisioned."
    assert any(text.startswith("epoch 5/5") for text in texts)
    assert texts[-1] == "Job completed successfully."


def test_it_reads_its_input_and_writes_its_model_as_its_account(google: SandboxGoogle) -> None:
    bucket = google.storage().create_bucket("sk-data", location=REGION)
    bucket.blob("data/x.csv").upload_from_string(b"1,2")
    email = make_account(google, "trainer")
    spec = {
        "serviceAccount": email,
        "baseOutputDirectory": {"outputUriPrefix": "gs://sk-data/models/1/"},
        "container": {"args": ["--input=gs://sk-data/data/x.csv"]},
    }
    name = create(google, **spec)
    google.advance("PT20S")
    failed = get(google, name)
    assert failed["state"] == "JOB_STATE_FAILED"
    assert "does not have storage.objects.get access" in failed["error"]["message"]

    grant(google, "roles/storage.objectViewer", f"serviceAccount:{email}")
    name = create(google, **spec)
    google.advance("PT20S")
    assert "storage.objects.create" in get(google, name)["error"]["message"]

    grant(google, "roles/storage.objectUser", f"serviceAccount:{email}")
    name = create(google, **spec)
    google.advance("PT20S")
    assert get(google, name)["state"] == "JOB_STATE_SUCCEEDED"
    model = json.loads(bucket.blob("models/1/model/model.json").download_as_bytes())
    assert model["inputs"] == ["gs://sk-data/data/x.csv"]


def test_input_that_is_not_there_fails_the_job(google: SandboxGoogle) -> None:
    google.storage().create_bucket("sk-data", location=REGION)
    env = [{"name": "TRAIN_DATA", "value": "gs://sk-data/no.csv"}]
    name = create(google, container={"env": env})
    google.advance("PT20S")
    assert "No such object" in get(google, name)["error"]["message"] or (
        "storage.objects.get" in get(google, name)["error"]["message"]
    )


def test_jobs_are_cancelled(google: SandboxGoogle) -> None:
    name = create(google)
    google.advance("PT4S")
    custom_jobs(google).cancel(name=name, body={}).execute()
    assert get(google, name)["state"] == "JOB_STATE_CANCELLING"
    google.advance("PT5S")
    cancelled = get(google, name)
    assert (cancelled["state"], cancelled["error"]["message"]) == (
        "JOB_STATE_CANCELLED",
        "CANCELED",
    )
    assert custom_jobs(google).cancel(name=name, body={}).execute() == {}


def test_each_call_makes_a_job_and_lists_are_filtered(google: SandboxGoogle) -> None:
    first = create(google, labels={"skyclock-pipeline": "a-b"})
    google.advance("PT20S")
    second = create(google, labels={"skyclock-pipeline": "a-b"})
    create(google, labels={"skyclock-pipeline": "other"})
    assert first != second

    def listed(filter: str) -> list[str]:
        found = custom_jobs(google).list(parent=PARENT, filter=filter).execute()
        return [job["name"] for job in found.get("customJobs", [])]

    assert listed("labels.skyclock-pipeline=a-b") == [second, first]
    assert listed('labels.skyclock-pipeline=a-b AND state="JOB_STATE_SUCCEEDED"') == [first]
    since = 'create_time>="2027-03-01T12:00:10Z"'
    assert listed(f"labels.skyclock-pipeline=a-b AND {since}") == [second]
    assert len(listed('display_name="train"')) == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"displayName": ""}, "display_name"),
        ({"labels": {"Not": "this"}}, "Invalid label"),
        ({"jobSpec": {"workerPoolSpecs": []}}, "worker_pool_specs must not be empty"),
        ({"jobSpec": {"workerPoolSpecs": [{**pool(), "machineSpec": {}}]}}, "machine_type"),
        ({"jobSpec": {"workerPoolSpecs": [{**pool(), "containerSpec": {}}]}}, "container_spec"),
        ({"jobSpec": {"workerPoolSpecs": [pool()],
                      "baseOutputDirectory": {"outputUriPrefix": "/tmp"}}}, "gs://"),
        ({"jobSpec": {"workerPoolSpecs": [pool()], "serviceAccount": "no@such.account"}},
         "permission to act as service_account"),
    ],
)  # fmt: skip
def test_what_is_no_job_is_refused(
    google: SandboxGoogle, change: dict[str, Any], reason: str
) -> None:
    status, message = refused(custom_jobs(google).create(parent=PARENT, body=body() | change))
    assert status in (400, 403)
    assert reason in message


def test_faults_and_restarts(google: SandboxGoogle) -> None:
    google.fault("fail_step", "train", count=1, message="Diverged.")
    failing, well = create(google), create(google)
    google.advance("PT2S")
    google.restart()
    google.advance("PT20S")
    states = sorted(get(google, name)["state"] for name in (failing, well))
    assert states == ["JOB_STATE_FAILED", "JOB_STATE_SUCCEEDED"]


def test_only_jobs_that_are_over_are_deleted(google: SandboxGoogle) -> None:
    name = create(google)
    assert refused(custom_jobs(google).delete(name=name))[0] == 400
    google.advance("PT20S")
    custom_jobs(google).delete(name=name).execute()
    google.advance("PT2S")
    assert refused(custom_jobs(google).get(name=name))[0] == 404
