"""What exists in the cloud is taken over as it is, once, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from provisioning.blueprints import registry
from provisioning.blueprints.import_ids import told_by_cloud
from provisioning.clouds import open_session
from provisioning.contracts import (
    Changes,
    Cloud,
    EngineCommand,
    Operation,
    ResourceEvent,
    ResourceOp,
)
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.examples import example_spec
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

# The first has a function's permission, the second has targets of rules: kinds that an import
# names otherwise than the state does.
KINDS = ("aws_s3_retraining", "aws_sagemaker_pipeline")


@pytest.mark.parametrize("kind", KINDS)
def test_a_pipeline_whose_state_was_lost_is_adopted_whole(
    kind: str, engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    blueprint = registry.get(kind)
    spec = example_spec(blueprint, slug=f"adopts-{KINDS.index(kind)}")
    lost = DeployedStack(tmp_path / "lost", engine, sandbox.access(cloud=blueprint.cloud), spec)
    made = lost.run(Operation.UP)
    assert made.status == "succeeded", made.error

    stack = replace(lost, folder=tmp_path / "new", spec=spec, number=0, adopt={})
    looked = stack.run(Operation.PREVIEW)
    assert looked.changes == Changes(create=made.changes.create)
    ids = {key(each): each.cloud_id for each in resources(stack) if each.cloud_id}
    assert len(ids) == len(in_cloud(lost)), "each is found under its name"

    stack.adopt = ids
    preview = stack.run(Operation.PREVIEW, plan="plan.json")
    assert preview.status == "succeeded", preview.error
    adopted = [each for each in resources(stack) if each.op is ResourceOp.ADOPT]
    assert {key(each) for each in adopted} == set(ids)
    assert [each.name for each in adopted if told_by_cloud(each.kind, each.diff)] == []
    if kind == KINDS[0]:
        nothing_is_changed_that_somebody_touched_meanwhile(stack)
        preview = stack.run(Operation.PREVIEW, plan="plan.json")
    up = stack.run(Operation.UP, plan="plan.json")
    assert up.status == "succeeded", up.error
    assert up.changes == preview.changes
    assert in_cloud(stack) == in_cloud(lost), "with the very ids that it had"

    stack.adopt = None  # they are forgotten
    assert stack.run(Operation.UP).changes == Changes(same=made.changes.create)
    assert stack.run(Operation.DESTROY).changes == Changes(delete=made.changes.create)


def test_what_is_otherwise_in_the_cloud_is_shown_and_not_taken_over(
    engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    spec = example_spec(registry.get("aws_s3_retraining"), slug="adopts-not")
    access = sandbox.access(cloud=Cloud.AWS)
    iam = open_session(access).client("iam")
    iam.create_role(
        RoleName="skyclock-adopts-not-execution",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}),
        Description="Somebody's own",
    )
    role = "aws:iam/role:Role::execution-role"
    ids = {role: "skyclock-adopts-not-execution"}
    stack = DeployedStack(tmp_path, engine, access, spec, adopt=ids)
    preview = stack.run(Operation.PREVIEW)
    assert preview.status == "succeeded"
    assert preview.changes.adopt == 1
    (shown,) = [each for each in resources(stack) if key(each) == role]
    assert {"assumeRolePolicy", "description"} <= set(shown.diff)
    assert iam.get_role(RoleName=ids[role])["Role"]["Description"] == "Somebody's own"


def test_an_id_that_nothing_has_is_said(
    engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    spec = example_spec(registry.get("aws_s3_retraining"), slug="adopts-none")
    ids = {"aws:iam/role:Role::execution-role": "nobody-has-this"}
    stack = DeployedStack(tmp_path, engine, sandbox.access(cloud=Cloud.AWS), spec, adopt=ids)
    preview = stack.run(Operation.PREVIEW)
    assert preview.status == "failed"
    assert preview.error is not None
    assert "'nobody-has-this' does not exist" in (preview.error.cloud_message or "")


def nothing_is_changed_that_somebody_touched_meanwhile(stack: DeployedStack) -> None:
    """Between the preview and its up. The plan says import, and no update."""
    iam = open_session(stack.access).client("iam")
    name = f"skyclock-{stack.spec.slug}-execution"
    before = iam.get_role(RoleName=name)["Role"]["Description"]
    iam.update_role(RoleName=name, Description="Touched")
    assert stack.run(Operation.UP, plan="plan.json").status == "failed"
    assert iam.get_role(RoleName=name)["Role"]["Description"] == "Touched"
    iam.update_role(RoleName=name, Description=before)


def key(resource: ResourceEvent) -> str:
    return f"{resource.kind}::{resource.name}"


def resources(stack: DeployedStack) -> list[ResourceEvent]:
    """As the last event of each has it."""
    found = {each.urn: each for each in stack.events if isinstance(each, ResourceEvent)}
    return list(found.values())


def in_cloud(stack: DeployedStack) -> dict[str, str]:
    """URN → id, as the engine's state has them."""
    state = json.loads(stack.checkpoint.read_text())["checkpoint"]["latest"]
    return {
        each["urn"]: each["id"]
        for each in state["resources"]
        if each.get("custom") and not each["type"].startswith("pulumi:")
    }
