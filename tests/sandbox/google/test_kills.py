"""A sandbox that is killed loses nothing that it answered, and goes on with what it was at."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from google.api_core.client_options import ClientOptions
from google.cloud import storage
from googleapiclient.discovery import build

from tests.sandbox.google.conftest import PARENT, PROJECT, REGION, Token
from tests.sandbox.google.services import BUCKET
from tests.sandbox.google.test_shipped_service import CLAIMS, MODELS, deploy
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.sandbox


class RealGoogle:
    """The sandbox's process, behind the same face as the one in this process."""

    def __init__(self, process: SandboxProcess) -> None:
        self.process = process

    def api(self, name: str, version: str) -> Any:
        options = ClientOptions(api_endpoint=f"{self.process.address.google_url}/{name}")
        token = Token(token=f"sandbox-only-token-of-{PROJECT}")
        return build(
            name, version, static_discovery=True, cache_discovery=False, credentials=token,
            client_options=options,
        )  # fmt: skip

    def storage(self) -> storage.Client:
        return storage.Client(
            project=PROJECT,
            credentials=Token(token=f"sandbox-only-token-of-{PROJECT}"),
            client_options={"api_endpoint": f"{self.process.address.google_url}/storage"},
        )

    def advance(self, duration: str) -> None:
        self.process.control("/clock", {"advance": duration})


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Any]:
    process = SandboxProcess(data=tmp_path / "sandbox")
    process.start()
    yield RealGoogle(process)
    process.end()


def jobs(google: Any) -> dict[str, str]:
    """State by input."""
    found = google.api("aiplatform", "v1").projects().locations().customJobs()
    listed = found.list(parent=PARENT, pageSize=1000).execute().get("customJobs", [])
    return {
        one["jobSpec"]["workerPoolSpecs"][0]["containerSpec"]["args"][0]: one["state"]
        for one in listed
    }


def kill(google: Any) -> None:
    google.process.end(signal.SIGKILL)
    google.process.start()


def test_a_kill_right_after_an_answer_loses_nothing(google: Any) -> None:
    bucket = google.storage().create_bucket("sk-kept", location=REGION)
    kill(google)
    bucket = google.storage().bucket("sk-kept")
    bucket.blob("x").upload_from_string(b"kept")
    kill(google)
    assert google.storage().bucket("sk-kept").blob("x").download_as_bytes() == b"kept"


def test_a_burst_that_is_interrupted_by_a_kill_is_told_in_full(google: Any) -> None:
    deploy(google)
    bucket = google.storage().bucket(BUCKET)
    for number in range(60):
        bucket.blob(f"data/{number}.csv").upload_from_string(b"1,2")
    kill(google)  # in the middle of the deliveries
    google.advance("PT5M")

    expected = {f"--input=gs://{BUCKET}/data/{number}.csv" for number in range(60)}
    found = jobs(google)
    assert set(found) == expected
    assert set(found.values()) == {"JOB_STATE_SUCCEEDED"}
    jobs_api = google.api("aiplatform", "v1").projects().locations().customJobs()
    listed = jobs_api.list(parent=PARENT, pageSize=1000).execute()["customJobs"]
    assert len(listed) == 60, "an event that was told twice started one job"
    claims = list(google.storage().list_blobs(CLAIMS))
    assert len(claims) == 60
    assert len(list(google.storage().list_blobs(MODELS))) == 60


def test_no_instance_outlives_a_killed_sandbox(google: Any) -> None:
    deploy(google)
    google.storage().bucket(BUCKET).blob("data/x.csv").upload_from_string(b"1")
    google.advance("PT5S")
    parent = psutil.Process(google.process.process.pid)
    children = parent.children(recursive=True)
    assert children, "the service runs"
    google.process.end(signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=60)
    assert not alive
    google.process.start()
