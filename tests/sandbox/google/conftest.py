"""The simulated Google in this process, on a real port, with a clock that stands still."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.api_core.client_options import ClientOptions
from google.cloud import storage
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from werkzeug.serving import BaseWSGIServer

from provisioning.sandbox.clock import Clock
from provisioning.sandbox.durations import parse_duration
from provisioning.sandbox.faults import Fault, Faults
from provisioning.sandbox.flow import Flow, load_clock
from provisioning.sandbox.google.run.images import SOURCES
from provisioning.sandbox.google.sandbox_google import Google, make_app
from provisioning.sandbox.journal import Journal
from provisioning.sandbox.listeners import make_wsgi_server, serve_in_thread
from provisioning.sandbox.simulation import Simulation
from provisioning.sandbox.store import Store
from provisioning.sandbox.world import World
from provisioning.sandbox.world_lock import WorldLock

PROJECT, OTHER_PROJECT = "skyclock-sandbox", "another-project"
REGION = "europe-west1"
PARENT = f"projects/{PROJECT}/locations/{REGION}"
ECHO = Path(__file__).with_name("echo")
START = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


class SandboxGoogle:
    """Built and torn down like the process is, without being one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.real = START.timestamp()
        self.clock: Clock
        self._server: BaseWSGIServer | None = None

    def start(self) -> None:
        lock = WorldLock()
        self.store = Store(self.folder / "sandbox.db", lock=lock)
        self.clock = load_clock(self.store, real=lambda: self.real)
        self.simulation = Simulation(clock=self.clock, lock=lock)
        self._flow = Flow(clock=self.clock, store=self.store, simulation=self.simulation, lock=lock)
        # The port is known only once it is bound, and the gate wants to know it.
        self._server = make_wsgi_server(port=0, app=None)
        self.port = self._server.server_port
        self.world = World(
            lock=lock, clock=self.clock, store=self.store, simulation=self.simulation,
            journal=Journal(self.store, self.clock), faults=Faults(self.store, self.clock),
            folder=self.folder, control_url="http://127.0.0.1:9",
        )  # fmt: skip
        sources = {**SOURCES, "echo": ECHO}
        self.google = Google(self.world, url=f"http://127.0.0.1:{self.port}", sources=sources)
        self.requests = self.google.requests
        self._server.app = make_app(self.google, self.world, port=self.port)
        self.store.commit()
        serve_in_thread(self._server, name="google")

    def stop(self) -> None:
        assert self._server
        self._server.shutdown()
        self._server.server_close()
        self.simulation.close()
        self.store.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def api(self, name: str, version: str, *, caller: str = PROJECT) -> Any:
        """googleapiclient's own client; the caller is a project or a service account."""
        path = "/storage/storage/v1/" if name == "storage" else f"/{name}"
        return build(
            name,
            version,
            static_discovery=True,
            cache_discovery=False,
            credentials=credentials(caller),
            client_options=ClientOptions(api_endpoint=f"{self.url}{path}"),
            num_retries=0,
        )

    def storage(self, *, caller: str = PROJECT, project: str = PROJECT) -> storage.Client:
        return storage.Client(
            project=project,
            credentials=credentials(caller),
            client_options={"api_endpoint": f"{self.url}/storage"},
        )

    def advance(self, duration: str) -> datetime:
        return self._flow.advance(parse_duration(duration))

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.read(), UTC)

    def let_pass(self, delta: timedelta) -> None:
        """Real time goes by."""
        self.real += delta.total_seconds()

    def fault(self, kind: Any, match: str, **more: Any) -> None:
        with self.world.lock:
            self.world.faults.table.put(Fault(kind=kind, cloud="google", match=match, **more))

    def settle(self, seconds: float = 90.0) -> None:
        """Let what is due happen, and what is under way outside end; time stands still."""
        until = time.monotonic() + seconds
        while not self.simulation.run(until=self.clock.read() + 0.001, seconds=0.1):
            assert time.monotonic() < until, "it does not end"
        self.store.commit()

    def journal(self) -> list[tuple[str, str, str]]:
        """What fired, for what, and what came of it."""
        with self.world.lock:
            entries = self.world.journal.entries()
        return [(one.source, one.target, one.outcome) for one in entries]


class Token(Credentials):
    """It neither expires nor gets better by a refresh, which clients try after a 401."""

    def refresh(self, request: Any) -> None:
        pass


def credentials(caller: str) -> Token:
    return Token(token=f"sandbox-only-token-of-{caller}")


@pytest.fixture
def google(tmp_path: Path) -> Iterator[SandboxGoogle]:
    sandbox = SandboxGoogle(tmp_path)
    sandbox.start()
    yield sandbox
    sandbox.stop()


def refused(request: Any) -> tuple[int, str]:
    """Of a call that must fail: its status and what is said."""
    with pytest.raises(HttpError) as error:
        request.execute(num_retries=0)
    return error.value.status_code, error.value.reason


def wait(google: SandboxGoogle, service: str, operation: dict[str, Any]) -> dict[str, Any]:
    """The response of a long-running operation; its error fails the test."""
    versions = {"run": "v2"}
    operations = google.api(service, versions.get(service, "v1")).projects().locations()
    google.advance("PT2S")
    done = operations.operations().get(name=operation["name"]).execute()
    assert done["done"], done
    assert "error" not in done, done["error"]
    found: dict[str, Any] = done["response"]
    return found


def entries(google: SandboxGoogle, filter: str, **more: Any) -> list[dict[str, Any]]:
    body = {"resourceNames": [f"projects/{PROJECT}"], "filter": filter, "pageSize": 1000, **more}
    found = google.api("logging", "v2").entries().list(body=body).execute()
    return list(found.get("entries", []))


def make_account(google: SandboxGoogle, name: str, *roles: str) -> str:
    """A service account with roles in the project; its address."""
    accounts = google.api("iam", "v1").projects().serviceAccounts()
    body = {"accountId": name, "serviceAccount": {"displayName": name}}
    email = str(accounts.create(name=f"projects/{PROJECT}", body=body).execute()["email"])
    for role in roles:
        grant(google, role, f"serviceAccount:{email}")
    return email


def grant(google: SandboxGoogle, role: str, member: str) -> None:
    projects = google.api("cloudresourcemanager", "v1").projects()
    policy = projects.getIamPolicy(resource=PROJECT, body={}).execute()
    policy["bindings"].append({"role": role, "members": [member]})
    projects.setIamPolicy(resource=PROJECT, body={"policy": policy}).execute()
