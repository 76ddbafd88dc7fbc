"""A schedule whose difference at clock changes was accepted, deployed on each simulated cloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioning.blueprints import registry
from provisioning.contracts import EngineCommand, Operation, ScheduleSpec, TriggerState
from provisioning.errors import ScheduleRefused
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.examples import example_spec
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

GAP = ScheduleSpec(key="t1", cron="30 2 * * *", timezone="Europe/Berlin")
ACCEPTED = GAP.model_copy(update={"accept_clock_changes": True})


@pytest.mark.parametrize(
    ("kind", "native"),
    [
        ("aws_sagemaker_pipeline", "cron(30 2 * * ? *) Europe/Berlin"),
        ("azure_data_factory", "every day at 02:30, W. Europe Standard Time"),
        ("google_data_pipeline", "30 2 * * * Europe/Berlin"),
    ],
)
def test_an_accepted_difference_is_deployed_and_proved(
    kind: str, native: str, engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    blueprint = registry.get(kind)
    slug = f"accepted-{blueprint.cloud}"
    spec = example_spec(blueprint, slug=slug).model_copy(update={"triggers": (ACCEPTED,)})
    stack = DeployedStack(tmp_path, engine, sandbox.access(cloud=blueprint.cloud), spec)
    up = stack.run(Operation.UP)
    assert up.status == "succeeded", up.error
    (proof,) = up.proofs
    assert (proof.state, proof.native, proof.message) == (TriggerState.ACTIVE, (native,), "")
    assert proof.next is not None
    assert stack.run(Operation.DESTROY).status == "succeeded"


@pytest.mark.parametrize(
    "kind", ["aws_sagemaker_pipeline", "azure_data_factory", "google_data_pipeline"]
)
def test_without_a_yes_it_is_refused_before_anything_is_made(kind: str) -> None:
    blueprint = registry.get(kind)
    with pytest.raises(ScheduleRefused, match="or accept this difference"):
        blueprint.native_schedule(GAP)
    assert blueprint.native_schedule(ACCEPTED).accepted.startswith("On 2027-03-28 02:30 does not")
