"""The least-privilege roles that forms show are enough for each level, and no more: applications
that have nothing else deploy, run and watch a pipeline on the simulated Azure."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from provisioning.blueprints.azure_data_factory.blueprint import BLUEPRINT
from provisioning.clouds import open_session
from provisioning.clouds.policies import Needed, policy
from provisioning.contracts import (
    Access,
    Cloud,
    EngineCommand,
    EventSample,
    Level,
    ObjectSample,
    Operation,
)
from provisioning.errors import PermissionDenied
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.factories import ACCOUNT
from tests.provisioning.blueprints.factories import spec as factory_spec
from tests.provisioning.blueprints.test_factory_on_sandbox import ALL, CREATED, READY, states
from tests.sandbox_identities import access, entra_app, entra_fields, give_role
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

SUBSCRIPTION = f"/subscriptions/{ACCOUNT}"


def with_role(sandbox: SandboxProcess, level: Level) -> Access:
    """An application with the role of a level, made from what the form shows."""
    permissions, reading = BLUEPRINT.permissions[level], BLUEPRINT.permissions[Level.OBSERVE]
    (shown,) = policy(Cloud.AZURE, Needed(level, permissions, reading, account=ACCOUNT))
    role = json.loads(shown.text)
    name = f"{role['Name']} {uuid.uuid4()}"
    lists = ("Actions", "NotActions", "DataActions", "NotDataActions")
    permitted = {each[0].lower() + each[1:]: role[each] for each in lists}
    wish = {"roleName": name, "assignableScopes": role["AssignableScopes"],
            "permissions": [permitted]}  # fmt: skip
    answer = requests.put(
        f"{sandbox.address.azure_url}/arm{SUBSCRIPTION}/providers/Microsoft.Authorization/"
        f"roleDefinitions/{uuid.uuid4()}?api-version=2022-04-01", json={"properties": wish},
        headers={"Authorization": f"Bearer sandbox-only-token-of-{ACCOUNT}"}, timeout=60,
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    app = entra_app(sandbox)
    give_role(sandbox, app.principal, name)
    fields = entra_fields(app, client_secret=app.add_secret())
    return access(sandbox, Cloud.AZURE, "client_secret", fields)


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, engine: EngineCommand, sandbox: SandboxProcess
) -> Iterator[DeployedStack]:
    """Deployed and destroyed by who has the role for it."""
    wanted = factory_spec(*ALL).model_copy(update={"slug": "by-role"})
    deployer = with_role(sandbox, Level.DEPLOY)
    deployed = DeployedStack(tmp_path_factory.mktemp("stack"), engine, deployer, wanted)
    up = deployed.run(Operation.UP)
    assert up.status == "succeeded", up.error
    assert set(states(up).values()) == {"active"}
    yield deployed
    down = deployed.run(Operation.DESTROY)
    assert down.status == "succeeded", down.error


def test_who_deploys_is_given_what_samples_need(stack: DeployedStack) -> None:
    """By roles on the data inside, which deploying alone does not have."""
    principal = stack.access.credential.reveal("client_id")
    assert principal and principal in open_session(stack.access).identity()
    session = open_session(stack.access)
    BLUEPRINT.emit(session, stack.spec, ObjectSample(key="in/y.csv", content=b"1"))


def test_who_may_observe_sees_runs_and_starts_none(
    stack: DeployedStack, sandbox: SandboxProcess
) -> None:
    session = open_session(with_role(sandbox, Level.OBSERVE))
    since = datetime(2020, 1, 1, tzinfo=UTC)
    BLUEPRINT.reader(session, stack.spec).runs(since=since)
    with pytest.raises(PermissionDenied, match="pipelines/createrun/action"):
        BLUEPRINT.controls(session, stack.spec).start({}, token="t")


def test_who_may_run_runs_pauses_and_sends_samples(
    stack: DeployedStack, sandbox: SandboxProcess
) -> None:
    session = open_session(with_role(sandbox, Level.RUN))
    run = BLUEPRINT.controls(session, stack.spec).start({}, token="t")
    assert BLUEPRINT.reader(session, stack.spec).run(run).cloud_id == run
    for each in (CREATED, READY):
        BLUEPRINT.pause(session, stack.spec, each.key)
        BLUEPRINT.resume(session, stack.spec, each.key)
    BLUEPRINT.emit(session, stack.spec, ObjectSample(key="in/x.csv", content=b"1"))
    BLUEPRINT.emit(session, stack.spec, EventSample(source="lab", type="dataset.ready"))
    runner = with_role(sandbox, Level.RUN)
    other = factory_spec(*ALL).model_copy(update={"slug": "by-runner"})
    refused = DeployedStack(stack.folder / "refused", stack.engine, runner, other)
    up = refused.run(Operation.UP)
    assert up.status == "failed" and up.error
    assert "does not have authorization to perform action" in up.error.model_dump_json()
