"""A deployment that runs keeps the credential that it began with."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from dashboard import launch
from dashboard.models import Deployment, User
from dashboard.services import connections, deployments, rotation
from provisioning.contracts import EngineCommand
from tests.sandbox_identities import AwsAdmin, allowed
from tests.sandbox_process import REGION, SandboxProcess

pytestmark = [
    pytest.mark.engine,
    pytest.mark.sandbox,
    pytest.mark.usefixtures("on_sandbox"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
QUEUE = "aws:sqs/queue:Queue"


def test_rotating_in_the_middle_of_a_deployment_leaves_it_alone(
    admin: User, sandbox: SandboxProcess, engine: EngineCommand, new_pipeline: Any
) -> None:
    users = AwsAdmin(sandbox)
    may_all, may_nothing = users.user(**allowed("*")), users.user()
    connection = connections.create(
        actor=admin, name="own keys", cloud="aws", method="access_keys", level="deploy",
        credential={**may_all, "region": REGION}, sandbox=True,
    )  # fmt: skip
    pipeline = new_pipeline("rotated-meanwhile", connection=connection)
    slow = {"kind": "delay", "cloud": "aws", "match": "CreateQueue", "seconds": 6, "count": 1}
    sandbox.control("/faults", slow)
    row = launch.request_deployment(actor=admin, pipeline=pipeline, operation="up")
    thread = threading.Thread(target=deployments.execute, args=(row.pk,))
    thread.start()
    _until_running(row, QUEUE)
    rotation.rotate(
        actor=admin, connection=connection, credential={**may_nothing, "region": REGION}
    )
    row.refresh_from_db()
    assert row.status == Deployment.Status.RUNNING
    thread.join(120)
    row.refresh_from_db()
    assert (row.status, row.error) == ("succeeded", None)

    again = launch.request_deployment(actor=admin, pipeline=pipeline, operation="destroy")
    deployments.execute(again.pk)
    again.refresh_from_db()
    assert again.status == "failed", "the next one has the new credential, which may nothing"
    rotation.undo(actor=admin, connection=connection)
    last = launch.request_deployment(actor=admin, pipeline=pipeline, operation="destroy")
    deployments.execute(last.pk)
    last.refresh_from_db()
    assert (last.status, last.error) == ("succeeded", None)


def _until_running(row: Deployment, kind: str) -> None:
    deadline = time.monotonic() + 150
    while not row.resources.filter(kind=kind, state="running").exists():
        row.refresh_from_db()
        assert time.monotonic() < deadline, (row.status, row.phase, row.error)
        time.sleep(0.02)
