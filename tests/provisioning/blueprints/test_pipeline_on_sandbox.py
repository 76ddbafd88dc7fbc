"""A deployed SageMaker pipeline on the sandbox: fired, read, steered, paused, destroyed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from provisioning.blueprints.aws_sagemaker_pipeline.blueprint import BLUEPRINT
from provisioning.blueprints.aws_sagemaker_pipeline.building import build
from provisioning.blueprints.aws_sagemaker_pipeline.example import BUCKET
from provisioning.blueprints.aws_sagemaker_pipeline.settings import Settings as PipelineSettings
from provisioning.contracts import (
    EngineCommand,
    Operation,
    RunRecord,
    RunStatus,
    TriggerProof,
    TriggerState,
)
from provisioning.errors import NotFound, NotPossible
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.deployed_on_aws import DeployedOnAws
from tests.provisioning.blueprints.pipelines import daily, spec
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

SLUG = "steered"


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, engine: EngineCommand, sandbox: SandboxProcess
) -> Iterator[DeployedStack]:
    """The example on a schedule at 06:00 in Berlin."""
    wanted = spec(slug=SLUG, triggers=(daily(),))
    deployed = DeployedStack(tmp_path_factory.mktemp("stack"), engine, sandbox.access(), wanted)
    outcome = deployed.run(Operation.UP)
    assert outcome.status == "succeeded", outcome.error
    yield deployed
    outcome = deployed.run(Operation.DESTROY)
    assert outcome.status == "succeeded", outcome.error


@dataclass
class Steered(DeployedOnAws):
    """The deployed pipeline, as a person with Skyclock sees it."""

    blueprint = BLUEPRINT

    def proof(self) -> TriggerProof:
        (found,) = BLUEPRINT.trigger_states(self.session, self.spec)
        return found

    def start(self, token: str, **parameters: str) -> str:
        return self.controls.start(parameters, token=token)

    def advance(self, until: datetime) -> None:
        seconds = int((until - self.session.now()).total_seconds()) + 1
        self.sandbox.control("/clock", {"advance": f"PT{seconds}S"})

    def ended(self, cloud_id: str) -> RunRecord:
        """The run, when the clock has gone on until its end."""
        self.advance(self.session.now() + timedelta(minutes=2))
        found = self.reader.run(cloud_id)
        assert found.status.final, found
        return found


@pytest.fixture
def pipeline(sandbox: SandboxProcess, stack: DeployedStack) -> Steered:
    return Steered(sandbox, stack.spec)


def test_the_schedule_fires_when_it_said_and_its_run_succeeds(pipeline: Steered) -> None:
    proof = pipeline.proof()
    assert proof.state is TriggerState.ACTIVE
    assert proof.next is not None and proof.next > pipeline.session.now()
    pipeline.advance(proof.next + timedelta(minutes=5))
    (found,) = pipeline.reader.runs(since=proof.next - timedelta(minutes=1)).runs
    assert timedelta() <= found.started - proof.next < timedelta(minutes=1)
    run = pipeline.reader.run(found.cloud_id)
    assert (run.status, run.trigger, run.reason) == (RunStatus.SUCCEEDED, "t1", "")
    assert run.parameters["LargestLoss"] == "0.6"
    assert run.finished is not None and run.finished > run.started
    assert pipeline.proof().next == proof.next + timedelta(days=1)


def test_steps_have_states_and_jobs(pipeline: Steered) -> None:
    run = pipeline.ended(pipeline.start("steps"))
    steps = pipeline.reader.steps(run.cloud_id)
    assert [(step.name, step.kind) for step in steps] == [
        ("prepare", "Processing"),
        ("train", "Training"),
        ("good-enough", "Condition"),
        ("register", "RegisterModel"),
    ]
    assert {step.status for step in steps} == {RunStatus.SUCCEEDED}
    assert all(step.started and step.finished for step in steps)
    assert ":training-job/" in steps[1].cloud_id
    assert steps[2].reason == "The condition was true."


def test_a_run_that_is_started_by_hand_has_its_parameters(pipeline: Steered) -> None:
    cloud_id = pipeline.start("by hand", LargestLoss="0.01")
    assert pipeline.start("by hand", LargestLoss="0.01") == cloud_id, "one token, one run"
    run = pipeline.ended(cloud_id)
    assert run.trigger == "manual"
    assert run.parameters["LargestLoss"] == "0.01"
    steps = pipeline.reader.steps(cloud_id)
    assert [step.name for step in steps] == ["prepare", "train", "good-enough"]
    assert steps[-1].reason == "The condition was false."


def test_a_failed_step_says_why_and_the_run_goes_on_from_it(pipeline: Steered) -> None:
    cloud_id = pipeline.start("failing", InputKey="input/nothing-here/")
    run = pipeline.ended(cloud_id)
    assert run.status is RunStatus.FAILED
    assert run.reason
    (step,) = pipeline.reader.steps(cloud_id)
    assert step.status is RunStatus.FAILED
    assert "nothing-here" in step.reason
    assert pipeline.controls.rerun(cloud_id, from_failure=True, token="again") == cloud_id
    assert pipeline.ended(cloud_id).status is RunStatus.FAILED
    (step,) = pipeline.reader.steps(cloud_id)
    assert step.attempt == 2


def test_the_role_reads_nothing_beyond_what_its_steps_name(pipeline: Steered) -> None:
    bucket = BUCKET.removeprefix("s3://")
    s3 = pipeline.session.client("s3")
    s3.put_object(Bucket=bucket, Key="elsewhere/train.csv", Body=b"left\n")
    run = pipeline.ended(pipeline.start("outside", InputKey="elsewhere/"))
    assert run.status is RunStatus.FAILED
    (step,) = pipeline.reader.steps(run.cloud_id)
    assert "not authorized" in step.reason or "Access" in step.reason, step.reason


def test_a_run_is_stopped_and_repeated(pipeline: Steered) -> None:
    cloud_id = pipeline.start("to stop", LargestLoss="0.5")
    pipeline.advance(pipeline.session.now() + timedelta(seconds=1))
    pipeline.controls.stop(cloud_id)
    assert pipeline.ended(cloud_id).status is RunStatus.STOPPED
    with pytest.raises(NotPossible, match="already ended: Stopped"):
        pipeline.controls.stop(cloud_id)
    again = pipeline.controls.rerun(cloud_id, from_failure=False, token="repeat")
    assert again != cloud_id
    run = pipeline.ended(again)
    assert (run.status, run.parameters["LargestLoss"]) == (RunStatus.SUCCEEDED, "0.5")
    with pytest.raises(NotPossible, match="this one is Succeeded"):
        pipeline.controls.rerun(again, from_failure=True, token="x")


def test_a_paused_trigger_does_not_fire_until_it_is_resumed(pipeline: Steered) -> None:
    BLUEPRINT.pause(pipeline.session, pipeline.spec, "t1")
    paused = pipeline.proof()
    assert (paused.state, paused.next) == (TriggerState.PAUSED, None)
    before = pipeline.session.now()
    pipeline.advance(before + timedelta(days=2))
    assert pipeline.reader.runs(since=before).runs == ()
    BLUEPRINT.resume(pipeline.session, pipeline.spec, "t1")
    active = pipeline.proof()
    assert active.state is TriggerState.ACTIVE
    assert active.next is not None
    pipeline.advance(active.next + timedelta(minutes=1))
    assert len(pipeline.reader.runs(since=before).runs) == 1


def test_history_is_newest_first_and_from_an_instant_on(pipeline: Steered) -> None:
    everything = pipeline.reader.runs(since=None).runs
    times = [run.started for run in everything]
    assert len(times) >= 5
    assert times == sorted(times, reverse=True)
    newest = pipeline.reader.runs(since=times[0]).runs
    assert [run.cloud_id for run in newest] == [everything[0].cloud_id]


def test_a_schedule_that_somebody_deleted_is_missing_until_it_is_deployed_again(
    stack: DeployedStack, pipeline: Steered
) -> None:
    pipeline.session.client("scheduler").delete_schedule(Name=f"skyclock-{SLUG}-t1")
    assert pipeline.proof().state is TriggerState.MISSING
    stack.run(Operation.REFRESH)
    repaired = stack.run(Operation.UP)
    assert repaired.status == "succeeded", repaired.error
    assert [proof.state for proof in repaired.proofs] == [TriggerState.ACTIVE]


def test_a_destroy_ends_what_runs_and_leaves_nothing(
    engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    wanted = spec(slug="short-lived", triggers=(daily(),))
    own = DeployedStack(tmp_path, engine, sandbox.access(), wanted)
    assert own.run(Operation.UP).status == "succeeded"
    pipeline = Steered(sandbox, own.spec)
    cloud_id = pipeline.start("in flight")
    gone = own.run(Operation.DESTROY)
    assert gone.status == "succeeded", gone.error
    assert [proof.state for proof in gone.proofs] == [TriggerState.MISSING]
    assert pipeline.reader.runs(since=None).runs == ()
    with pytest.raises(NotFound):
        pipeline.reader.run(cloud_id)


def test_a_pasted_definition_runs_as_the_role_that_follows_from_it(
    engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """Its steps name no role: SageMaker gives them the pipeline's."""
    built = build(PipelineSettings.model_validate(BLUEPRINT.example()), role_arn="")
    for step in built["Steps"]:
        step["Arguments"].pop("RoleArn", None)
    pasted = {"source": "definition", "definition": json.dumps(built, indent=2)}
    wanted = spec(pasted, slug="pasted", triggers=(daily(),))
    own = DeployedStack(tmp_path, engine, sandbox.access(), wanted)
    up = own.run(Operation.UP)
    assert up.status == "succeeded", up.error
    pipeline = Steered(sandbox, own.spec)
    run = pipeline.ended(pipeline.start("pasted"))
    assert run.status is RunStatus.SUCCEEDED, pipeline.reader.steps(run.cloud_id)
    assert own.run(Operation.DESTROY).status == "succeeded"
