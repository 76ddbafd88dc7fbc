"""Deployed by the product, taken out, run by somebody without it: no change, in each cloud."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from provisioning.blueprints import registry
from provisioning.contracts import EngineCommand, Operation
from provisioning.errors import NotPossible
from provisioning.take_out.passphrases import Key
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.examples import example_spec
from tests.provisioning.take_out.taken import OURS, THEIRS, stranger, take_out, unpack
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

# One for each cloud; those of AWS and Google deploy code, which has to be the very same.
KINDS = ("aws_s3_retraining", "azure_data_factory", "google_eventarc_retraining")


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_without_skyclock_sees_no_change(
    kind: str, engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    blueprint = registry.get(kind)
    spec = example_spec(blueprint, slug=f"leaves-{blueprint.cloud}")
    stack = DeployedStack(tmp_path / "ours", engine, sandbox.access(cloud=blueprint.cloud), spec)
    up = stack.run(Operation.UP)
    assert up.status == "succeeded", up.error
    archive = take_out(stack.spec, access=stack.access, checkpoint=stack.checkpoint)
    assert OURS.encode() not in archive
    assert THEIRS.encode() not in archive
    folder = unpack(archive, tmp_path / "theirs")

    env = surroundings(tmp_path, folder)
    pulumi(engine, folder, env, "stack", "init", spec.stack, "--secrets-provider", "passphrase")
    pulumi(engine, folder, env, "stack", "import", "--stack", spec.stack, "--file", "state.json")
    found = stranger(folder, "preview", engine.root, spec.stack, env=env)
    assert set(found) == {"same"}, found
    assert found["same"] > up.changes.create  # and the stack itself
    state = json.loads((folder / "state.json").read_text())["deployment"]
    salt = state["secrets_providers"]["state"]["salt"]
    assert f"encryptionsalt: {salt}" in (folder / f"Pulumi.{spec.stack}.yaml").read_text()
    with pytest.raises(NotPossible):
        Key.opening(salt, OURS)
    assert stack.run(Operation.DESTROY).status == "succeeded"


def surroundings(tmp_path: Path, folder: Path) -> dict[str, str]:
    """What the README has a person set; the sandbox's providers as it writes them."""
    (tmp_path / "backend").mkdir()
    readme = (folder / "README.md").read_text()
    exported = [line.split()[1] for line in readme.splitlines() if line.startswith("export ")]
    told = dict(each.split("=", 1) for each in exported if each.startswith("PULUMI_D"))
    assert set(told) == {"PULUMI_DEBUG_PROVIDERS", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"}
    return {
        **told,
        "PULUMI_CONFIG_PASSPHRASE": THEIRS,
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'backend'}",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def pulumi(engine: EngineCommand, folder: Path, env: dict[str, str], *command: str) -> str:
    answer = subprocess.run(
        [f"{engine.root}/bin/pulumi", "--non-interactive", *command],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout
