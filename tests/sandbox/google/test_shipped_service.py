"""The retraining service that the product ships, run as Cloud Run would, on real events."""

from __future__ import annotations

import json
from typing import Any

from tests.sandbox.google.conftest import (
    PARENT,
    PROJECT,
    REGION,
    SandboxGoogle,
    entries,
    grant,
    make_account,
)
from tests.sandbox.google.services import (
    BUCKET,
    let_storage_publish,
    make_carrier,
    make_service,
    make_trigger,
    put,
    trigger_body,
)
from tests.sandbox.google.test_custom_jobs import custom_jobs, pool

CLAIMS, MODELS = "sk-claims", "sk-models"


def deploy(google: SandboxGoogle, *, may_train: bool = True) -> str:
    """All that the program deploys; the service's account."""
    client = google.storage()
    for name in (BUCKET, CLAIMS, MODELS):
        client.create_bucket(name, location=REGION)
    let_storage_publish(google)
    carrier = make_carrier(google, "roles/run.invoker")
    account = make_account(google, "service", "roles/storage.objectUser")
    if may_train:
        grant(google, "roles/aiplatform.user", f"serviceAccount:{account}")
    config = {
        "project": PROJECT,
        "region": REGION,
        "claims": CLAIMS,
        "name": "skyclock-x",
        "triggers": [{"key": "t1", "kind": "object_created", "prefix": "data/", "suffix": ".csv"}],
        "job": {
            "labels": {"skyclock-pipeline": "x"},
            "jobSpec": {
                "workerPoolSpecs": [pool(args=["--input=${input}"])],
                "baseOutputDirectory": {"outputUriPrefix": f"gs://{MODELS}/x/"},
            },
        },
    }
    make_service(
        google,
        image=f"{REGION}-docker.pkg.dev/{PROJECT}/skyclock/skyclock-retraining:1",
        serviceAccount=account,
        env={"SKYCLOCK_CONFIG": json.dumps(config)},
    )
    make_trigger(google, trigger_body(carrier))
    return account


def jobs(google: SandboxGoogle) -> list[dict[str, Any]]:
    return list(custom_jobs(google).list(parent=PARENT).execute().get("customJobs", []))


def lines(google: SandboxGoogle) -> list[dict[str, Any]]:
    return [one["jsonPayload"] for one in entries(google, "jsonPayload.outcome:*")]


def test_an_object_starts_a_training_job(google: SandboxGoogle) -> None:
    deploy(google)
    put(google, "data/x.csv")
    put(google, "other/x.csv")
    google.advance("PT3S")
    assert sorted(line["outcome"] for line in lines(google)) == ["ignored", "started"]
    google.advance("PT30S")
    (job,) = jobs(google)
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    arguments = job["jobSpec"]["workerPoolSpecs"][0]["containerSpec"]["args"]
    assert arguments == [f"--input=gs://{BUCKET}/data/x.csv"]
    models = list(google.storage().list_blobs(MODELS))
    assert [blob.name.endswith("/model/model.json") for blob in models] == [True]


def test_without_the_right_to_train_it_is_tried_again(google: SandboxGoogle) -> None:
    account = deploy(google, may_train=False)
    put(google)
    google.advance("PT5S")
    (line,) = lines(google)
    assert line["outcome"] == "retry"
    assert "aiplatform.customJobs.create" in line["message"]
    assert jobs(google) == []
    grant(google, "roles/aiplatform.user", f"serviceAccount:{account}")
    google.advance("PT1M")
    assert len(jobs(google)) == 1


def test_two_hundred_objects_start_two_hundred_jobs(google: SandboxGoogle) -> None:
    deploy(google)
    for number in range(200):
        put(google, f"data/{number}.csv")
    google.advance("PT5M")
    inputs = {
        job["jobSpec"]["workerPoolSpecs"][0]["containerSpec"]["args"][0]
        for job in custom_jobs(google).list(parent=PARENT, pageSize=1000).execute()["customJobs"]
    }
    assert inputs == {f"--input=gs://{BUCKET}/data/{number}.csv" for number in range(200)}
