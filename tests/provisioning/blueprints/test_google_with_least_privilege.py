"""What a Google Blueprint declares to need is enough, and less is not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from provisioning.blueprints import registry
from provisioning.blueprints.base import Blueprint
from provisioning.clouds import open_session
from provisioning.contracts import Cloud, EngineCommand, Level, Operation
from provisioning.errors import PermissionDenied
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.examples import example_spec
from tests.provisioning.blueprints.google_identities import account_with
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

google_blueprints = pytest.mark.parametrize(
    "blueprint",
    [each for each in registry.every() if each.cloud is Cloud.GOOGLE],
    ids=lambda each: each.kind,
)


def project_of(blueprint: Blueprint, ending: str) -> str:
    return f"{blueprint.kind.replace('_', '-')[:22]}-{ending}"


@google_blueprints
def test_its_levels_are_enough_for_what_they_are_for(
    blueprint: Blueprint, tmp_path: Path, engine: EngineCommand, sandbox: SandboxProcess
) -> None:
    project = project_of(blueprint, "all")
    deployer = account_with(sandbox, project, "deployer", blueprint.permissions[Level.DEPLOY])
    spec = example_spec(blueprint, slug="least").model_copy(
        update={"account": project, "region": deployer.region}
    )
    stack = DeployedStack(tmp_path, engine, deployer, spec)
    outcome = stack.run(Operation.UP)
    assert outcome.status == "succeeded", outcome.error
    outcome = stack.run(Operation.REFRESH)
    assert outcome.status == "succeeded", outcome.error

    observer = account_with(sandbox, project, "observer", blueprint.permissions[Level.OBSERVE])
    watching = open_session(observer)
    assert blueprint.trigger_states(watching, stack.spec)
    begin = watching.now() - timedelta(days=1)
    assert not blueprint.reader(watching, stack.spec).runs(since=begin).runs

    runner = open_session(
        account_with(sandbox, project, "runner1", blueprint.permissions[Level.RUN])
    )
    keys = [each.key for each in spec.triggers]
    blueprint.pause(runner, stack.spec, keys[0])
    blueprint.resume(runner, stack.spec, keys[0])
    with pytest.raises(PermissionDenied):
        blueprint.pause(watching, stack.spec, keys[0])

    outcome = stack.run(Operation.DESTROY)
    assert outcome.status == "succeeded", outcome.error


@google_blueprints
def test_a_deployment_without_a_permission_is_refused(
    blueprint: Blueprint, tmp_path: Path, engine: EngineCommand, sandbox: SandboxProcess
) -> None:
    project, missing = project_of(blueprint, "less"), "eventarc.triggers.create"
    less = [one for one in blueprint.permissions[Level.DEPLOY] if one != missing]
    access = account_with(sandbox, project, "deployer", less)
    spec = example_spec(blueprint, slug="less").model_copy(
        update={"account": project, "region": access.region}
    )
    stack = DeployedStack(tmp_path, engine, access, spec)
    outcome = stack.run(Operation.UP)
    assert outcome.status == "failed"
    assert missing in str(outcome.error)
    stack.access = sandbox.access(project, cloud=Cloud.GOOGLE)
    outcome = stack.run(Operation.DESTROY)
    assert outcome.status == "succeeded", outcome.error
