"""Deployments of a retraining on the sandbox: previewed, changed, refused, destroyed."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioning.blueprints.aws_s3_retraining.blueprint import BLUEPRINT
from provisioning.contracts import EngineCommand, Operation, TriggerState
from provisioning.operations import forking
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.retrained import retrained
from tests.provisioning.blueprints.retrained_stack import Retraining
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]


def test_settings_reach_the_jobs_by_a_deployment(
    engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """As it was previewed; then data stay in the way of a destroy until that is allowed."""
    kept = {"training": BLUEPRINT.example()["training"]}
    own = DeployedStack(tmp_path, engine, sandbox.access(), retrained(kept, slug="kept"))
    planned = own.run(Operation.PREVIEW, plan="plan.json")
    assert planned.status == "succeeded", planned.error
    up = own.run(Operation.UP, plan="plan.json")
    assert up.status == "succeeded", up.error
    pipeline = Retraining(sandbox, own.spec)
    pipeline.put("data/first.csv")
    pipeline.advance()

    deeper = {**kept["training"], "hyperparameters": {"max_depth": "9", "num_round": "10"}}
    own.change(training=deeper, data={"train_on": "folder"})
    assert own.run(Operation.UP).status == "succeeded"
    pipeline = Retraining(sandbox, own.spec)
    pipeline.put("data/second.csv")
    pipeline.advance()
    assert pipeline.causes() == {"data/first.csv": 1, "data/second.csv": 1}
    newest = pipeline.runs()[0]
    job = pipeline.session.client("sagemaker").describe_training_job(
        TrainingJobName=newest.cloud_id.rpartition("/")[2]
    )
    assert job["HyperParameters"]["max_depth"] == "9"
    source = job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    assert source == f"s3://{pipeline.bucket}/data/"

    refused = own.run(Operation.DESTROY)
    assert refused.status == "failed"
    assert refused.error is not None
    assert "'Delete the data with the pipeline'" in refused.error.summary
    assert pipeline.proofs()["t1"].state is TriggerState.ACTIVE, "nothing was destroyed"
    own.change(data_bucket={"delete_objects": True})
    assert own.run(Operation.UP).status == "succeeded"
    running = pipeline.controls.start({}, token="in flight")
    gone = own.run(Operation.DESTROY)
    assert gone.status == "succeeded", gone.error
    assert {each.state for each in gone.proofs} == {TriggerState.MISSING}
    stopped = pipeline.session.client("sagemaker").describe_training_job(
        TrainingJobName=running.rpartition("/")[2]
    )
    assert stopped["TrainingJobStatus"] == "Stopped", "it does not go on unwatched"


def test_no_temporary_file_is_left(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    engine: EngineCommand,
    sandbox: SandboxProcess,
) -> None:
    """Not even of the functions' code, which the engine reads from files."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(forking, "_server", None)
    tidy = DeployedStack(tmp_path, engine, sandbox.access(), retrained(slug="tidy"))
    assert tidy.run(Operation.PREVIEW).status == "succeeded"
    assert list(temporary.iterdir()) == []
