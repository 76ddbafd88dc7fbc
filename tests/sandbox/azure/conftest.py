"""The simulated Azure in this process, on a real port, with a clock that stands still."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.datafactory import DataFactoryManagementClient
from azure.mgmt.eventgrid import EventGridManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient
from werkzeug.serving import BaseWSGIServer

from provisioning.sandbox.azure.sandbox_azure import build_azure
from provisioning.sandbox.clock import Clock
from provisioning.sandbox.durations import parse_duration
from provisioning.sandbox.faults import Faults
from provisioning.sandbox.flow import Flow, load_clock
from provisioning.sandbox.journal import Journal
from provisioning.sandbox.listeners import make_wsgi_server, serve_in_thread
from provisioning.sandbox.simulation import Simulation
from provisioning.sandbox.store import Store
from provisioning.sandbox.world import World
from provisioning.sandbox.world_lock import WorldLock
from tests.sandbox.azure import running

SUBSCRIPTION = "5a4db0c5-0000-4000-8000-000000000001"
OTHER_SUBSCRIPTION = "5a4db0c5-0000-4000-8000-000000000002"
REGION = "westeurope"
ADMINISTRATOR = {"Authorization": f"Bearer sandbox-only-token-of-{SUBSCRIPTION}"}
START = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


class SandboxCredential:
    """Never used: the policy below stands in for what would ask it."""

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken("unused", int(time.time()) + 3600)


class BearerToken(SansIOHTTPPolicy):  # type: ignore[type-arg]
    """The SDKs' own policies refuse to send a token over plain http."""

    def __init__(self, token: str) -> None:
        self.token = token

    def on_request(self, request: Any) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {self.token}"


class SandboxAzure:
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
        self._server.app = build_azure(self.world, port=self.port)
        self.store.commit()
        serve_in_thread(self._server, name="azure")

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

    def client(self, cls: Any, *, subscription: str = SUBSCRIPTION, token: str = "") -> Any:
        return cls(
            SandboxCredential(),
            subscription,
            base_url=f"{self.url}/arm",
            authentication_policy=BearerToken(token or f"sandbox-only-token-of-{subscription}"),
            polling_interval=0,
            retry_total=0,
        )

    @property
    def resources(self) -> ResourceManagementClient:
        return self.client(ResourceManagementClient)

    @property
    def factories(self) -> DataFactoryManagementClient:
        return self.client(DataFactoryManagementClient)

    @property
    def storage(self) -> StorageManagementClient:
        return self.client(StorageManagementClient)

    @property
    def eventgrid(self) -> EventGridManagementClient:
        return self.client(EventGridManagementClient)

    def advance(self, duration: str) -> datetime:
        return self._flow.advance(parse_duration(duration))

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.read(), UTC)

    def let_pass(self, delta: timedelta) -> None:
        """Real time goes by."""
        self.real += delta.total_seconds()


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[SandboxAzure]:
    sandbox = SandboxAzure(tmp_path)
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def group(azure: SandboxAzure) -> str:
    azure.resources.resource_groups.create_or_update("rg", {"location": REGION})
    return "rg"


@pytest.fixture
def factory(azure: SandboxAzure, group: str) -> str:
    wish = {"location": REGION, "identity": {"type": "SystemAssigned"}}
    azure.factories.factories.create_or_update(group, "adf-of-tests", wish)
    return "adf-of-tests"


@pytest.fixture
def adf(azure: SandboxAzure, factory: str) -> Any:
    """What tests of runs do with a factory."""
    return running.Factory(azure, factory)
