"""The simulated AWS in this process, on a real port, with a clock that stands still."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from moto.core.base_backend import BackendDict
from moto.s3.models import s3_backends
from werkzeug.serving import BaseWSGIServer

from provisioning.sandbox.aws.sandbox_aws import build_aws
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

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
REGION = "eu-west-1"
BUCKET = f"skyclock-sandbox-{ACCOUNT}"
START = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)

# Service models are large: read them once.
_SESSION = boto3.Session(botocore_session=botocore.session.get_session())


class SandboxAws:
    """Built and torn down like the process is, without being one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.real = START.timestamp()
        self.clock: Clock
        self._server: BaseWSGIServer | None = None
        self._clients: dict[tuple[str, str], Any] = {}

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
        self._server.app = self.gate = build_aws(self.world, port=self.port)
        self.store.commit()
        serve_in_thread(self._server, name="aws")

    def stop(self) -> None:
        assert self._server
        self._server.shutdown()
        self._server.server_close()
        self.simulation.close()
        self.store.close()
        self._clients.clear()
        for backends in list(BackendDict._instances):
            backends.clear()
        s3_backends.bucket_accounts.clear()

    def restart(self) -> None:
        self.stop()
        self.start()

    def client(self, service: str, *, account: str = ACCOUNT) -> Any:
        if (service, account) not in self._clients:
            self._clients[service, account] = self.client_with_key(service, f"AKIA{account}SBOX")
        return self._clients[service, account]

    def client_of(self, service: str, given: dict[str, Any], **more: Any) -> Any:
        """With credentials as STS and IAM give them."""
        return self.client_with_key(
            service,
            given["AccessKeyId"],
            secret=given["SecretAccessKey"],
            aws_session_token=given.get("SessionToken"),
            **more,
        )

    def client_with_key(self, service: str, key: str, *, secret: str = "", **more: Any) -> Any:
        return _SESSION.client(
            service,
            region_name=more.pop("region", REGION),
            endpoint_url=f"http://127.0.0.1:{self.port}",
            aws_access_key_id=key,
            aws_secret_access_key=secret or f"sandbox-only-key-of-account-{key[4:16]}",
            config=Config(retries={"total_max_attempts": 1}),
            **more,
        )

    def advance(self, duration: str) -> datetime:
        return self._flow.advance(parse_duration(duration))

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.read(), UTC)

    def let_pass(self, delta: timedelta) -> None:
        """Real time goes by."""
        self.real += delta.total_seconds()


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxAws]:
    monkeypatch.setenv("MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS", "false")
    sandbox = SandboxAws(tmp_path)
    sandbox.start()
    yield sandbox
    sandbox.stop()


def allow(*actions: str, resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def make_role(aws: SandboxAws, name: str, service: str, *statements: dict[str, Any]) -> str:
    """A role that the service may assume, or whoever of the account of that number; its ARN."""
    iam = aws.client("iam")
    kind = "AWS" if service.isdigit() else "Service"
    trust = {"Effect": "Allow", "Principal": {kind: service}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]
    if statements:
        set_policy(aws, name, *statements)
    return str(role["Arn"])


def set_policy(aws: SandboxAws, role: str, *statements: dict[str, Any]) -> None:
    aws.client("iam").put_role_policy(
        RoleName=role, PolicyName="p", PolicyDocument=document(*statements)
    )


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
