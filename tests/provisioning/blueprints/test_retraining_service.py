"""What the retraining service answers to a delivery, and what it starts."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import provisioning.blueprints.google_eventarc_retraining as blueprint
from provisioning.blueprints.google_eventarc_retraining.building import config
from provisioning.blueprints.google_eventarc_retraining.settings import Settings
from tests.provisioning.blueprints.retraining import DATA, on_event, on_object, spec

FOLDER = Path(blueprint.__file__).parent / "assets" / "service"
HEADERS = {
    "ce-id": "11",
    "ce-type": "google.cloud.storage.object.v1.finalized",
    "ce-source": f"//storage.googleapis.com/projects/_/buckets/{DATA}",
}


@pytest.fixture(scope="module")
def code() -> Iterator[ModuleType]:
    """The service's own main.py, with the modules that lie beside it."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module("main")
    finally:
        sys.path.remove(str(FOLDER))
        for name in ("main", "jobs", "google_rest"):
            sys.modules.pop(name, None)


class InMemory:
    """Cloud Storage and Vertex AI, as far as the service asks them."""

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any]] = []
        self.claims: dict[str, tuple[dict[str, Any], int]] = {}
        self.refuse: list[Exception] = []
        self.forgets_to_note = False
        self._lock = threading.Lock()

    def create_job(self, parent: str, body: dict[str, Any]) -> dict[str, Any]:
        time.sleep(0.01)
        if self.refuse:
            raise self.refuse.pop(0)
        with self._lock:
            job = {**body, "name": f"{parent}/customJobs/{len(self.jobs) + 1}"}
            self.jobs.append(job)
            return job

    def job_with(self, parent: str, label: str, value: str) -> dict[str, Any] | None:
        return next((job for job in self.jobs if job["labels"][label] == value), None)

    def claim(self, name: str) -> bool:
        return self._write(name, {"at": time.time()}, 0)

    def claimed(self, name: str) -> tuple[dict[str, Any], int]:
        return self.claims[name]

    def take_over(self, name: str, generation: int) -> bool:
        return self._write(name, {"at": time.time()}, generation)

    def note(self, name: str, job: str) -> None:
        if not self.forgets_to_note:
            self._write(name, {"at": time.time(), "job": job}, self.claims[name][1])

    def release(self, name: str) -> None:
        del self.claims[name]

    def _write(self, name: str, said: dict[str, Any], generation: int) -> bool:
        with self._lock:
            if self.claims.get(name, ({}, 0))[1] != generation:
                return False
            self.claims[name] = (said, generation + 1)
            return True


@pytest.fixture
def google() -> InMemory:
    return InMemory()


@pytest.fixture
def service(code: ModuleType, google: InMemory) -> Any:
    wanted = spec(triggers=(on_object(), on_object("t3", prefix="old/", paused=True), on_event()))
    return code.Service(config(wanted, Settings.model_validate(wanted.settings)), google)


def deliver(service: Any, key: str = "data/x.csv", number: str = "11") -> tuple[int, Any]:
    found: tuple[int, Any] = service.receive(
        HEADERS | {"ce-id": number}, {"name": key, "bucket": DATA}
    )
    return found


def test_an_event_starts_a_job_and_tells_so(service: Any, google: InMemory) -> None:
    status, told = deliver(service)
    assert (status, told["outcome"]) == (200, "started")
    assert (told["event_id"], told["object"], told["trigger"]) == ("11", "data/x.csv", "t1")
    assert told["job"] == google.jobs[0]["name"]
    assert google.jobs[0]["labels"]["skyclock-event"] == told["event"]


def test_an_event_that_is_delivered_again_starts_none(service: Any, google: InMemory) -> None:
    deliver(service)
    status, told = deliver(service)
    assert (status, told["outcome"], told["job"]) == (200, "duplicate", google.jobs[0]["name"])
    assert len(google.jobs) == 1


def test_many_deliveries_at_once_start_one_job(service: Any, google: InMemory) -> None:
    with ThreadPoolExecutor(max_workers=20) as pool:
        answers = list(pool.map(lambda _: deliver(service), range(20)))
    assert len(google.jobs) == 1
    assert [status for status, told in answers if told["outcome"] == "started"] == [200]
    assert {status for status, told in answers if told["outcome"] == "retry"} <= {503}


def test_two_objects_start_two_jobs(service: Any, google: InMemory) -> None:
    deliver(service, "data/a.csv", "1")
    deliver(service, "data/b.csv", "2")
    assert len(google.jobs) == 2


@pytest.mark.parametrize(
    ("key", "outcome"),
    [("other/x.csv", "ignored"), ("data/x.txt", "ignored"), ("old/x.csv", "paused")],
)
def test_what_nobody_waits_for_is_taken_and_dropped(
    service: Any, google: InMemory, key: str, outcome: str
) -> None:
    status, told = deliver(service, key)
    assert (status, told["outcome"]) == (204, outcome)
    assert google.jobs == [] and google.claims == {}


def test_what_passes_is_answered_so_that_it_is_tried_again(
    code: ModuleType, service: Any, google: InMemory
) -> None:
    google.refuse = [code.Refused(429, "Quota exceeded.")]
    status, told = deliver(service)
    assert (status, told["outcome"], told["message"]) == (503, "retry", "Quota exceeded.")
    assert google.claims == {}, "nobody holds it any more"
    assert deliver(service)[1]["outcome"] == "started"
    assert len(google.jobs) == 1


def test_what_cannot_be_otherwise_is_not_tried_again(
    code: ModuleType, service: Any, google: InMemory
) -> None:
    google.refuse = [code.Refused(400, "Unknown machine type.")]
    status, told = deliver(service)
    assert (status, told["outcome"], told["message"]) == (200, "refused", "Unknown machine type.")


def test_a_job_that_may_be_there_is_looked_for_before_another_is_made(
    code: ModuleType, service: Any, google: InMemory
) -> None:
    """The claim of a call that was not answered stays until its lease ends."""
    google.refuse = [code.Refused(500, "Internal error.")]
    assert deliver(service)[0] == 503
    assert deliver(service)[1]["message"] == "Another delivery is starting it."
    name, (said, generation) = next(iter(google.claims.items()))
    google.claims[name] = ({**said, "at": said["at"] - 60}, generation)
    assert deliver(service)[1]["outcome"] == "started"


def test_a_job_whose_claim_was_not_written_on_is_known_by_its_label(
    service: Any, google: InMemory
) -> None:
    google.forgets_to_note = True
    deliver(service)
    assert deliver(service)[1]["outcome"] == "duplicate"
    assert len(google.jobs) == 1


def test_what_is_no_event_is_refused_and_not_sent_again(service: Any) -> None:
    assert service.receive({}, {})[0] == 200
    assert service.receive({"ce-id": "1", "ce-type": "x"}, {})[1]["outcome"] == "refused"


def test_the_server_writes_one_line_for_each_delivery_with_its_trace(
    code: ModuleType, google: InMemory, service: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    class Handler(code.Handler):  # type: ignore[misc, name-defined]
        pass

    Handler.service, Handler.project = service, "p"
    server = code.Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        for trace in ("0" * 31 + "1", "0" * 31 + "2"):
            headers = HEADERS | {"X-Cloud-Trace-Context": f"{trace}/7;o=1"}
            body = json.dumps({"name": "data/x.csv", "bucket": DATA})
            assert ask(server.server_port, "POST", body, headers) == 200
        assert ask(server.server_port, "POST", "[]", HEADERS) == 400
        assert ask(server.server_port, "GET") == 200
    finally:
        server.shutdown()
        server.server_close()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["outcome"] for line in lines] == ["started", "duplicate", "refused"]
    assert lines[0]["logging.googleapis.com/trace"] == f"projects/p/traces/{'0' * 31}1"


def ask(port: int, method: str, body: str = "", headers: dict[str, str] | None = None) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, "/", body, headers or {})
        return connection.getresponse().status
    finally:
        connection.close()


def test_it_needs_nothing_but_what_its_image_has() -> None:
    """Its modules import nothing of ours, and start in their own folder."""
    told = "import main, sys; print(any(m.startswith('provisioning') for m in sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", told], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert answer.stdout.strip() == "False", answer.stderr
    copied = (FOLDER / "Dockerfile").read_text()
    for module in FOLDER.glob("*.py"):
        assert module.name in copied
