"""State machines on the sandbox, each deployed by its test: started by objects and events, with
functions around the job, pasted, killed in mid-run, destroyed while they run."""

from __future__ import annotations

import signal
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from provisioning.blueprints.aws_stepfunctions_training.blueprint import BLUEPRINT
from provisioning.blueprints.aws_stepfunctions_training.example import BUCKET
from provisioning.clouds import open_session
from provisioning.contracts import (
    EngineCommand,
    EventSample,
    ObjectSample,
    Operation,
    RunStatus,
    StepRecord,
    TriggerState,
)
from provisioning.errors import NotFound
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.machines import (
    daily,
    form,
    landing,
    pasted,
    ready,
    spec,
    states,
    train,
)
from tests.provisioning.blueprints.steered_machine import Steered, source
from tests.sandbox.aws.conftest import SandboxAws
from tests.sandbox.aws.functions import eventually, log_lines, make_function
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]


def test_objects_and_events_start_runs_with_what_they_tell(
    engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    settings = BLUEPRINT.example()
    settings["starts"]["event_parameters"] = [{"parameter": "Rounds", "path": "$.detail.rounds"}]
    wanted = spec(settings, slug="machine-told", triggers=(landing(), ready()))
    own = DeployedStack(tmp_path, engine, sandbox.access(), wanted)
    up = own.run(Operation.UP)
    assert up.status == "succeeded", up.error
    assert {proof.state for proof in up.proofs} == {TriggerState.ACTIVE}
    machine = Steered(sandbox, own.spec)
    before = machine.session.now()
    for key in ("other/x.csv", "data/x.txt", "data/x.csv"):
        BLUEPRINT.emit(machine.session, own.spec, ObjectSample(key=key, content=b"1,2\n"))
    for type, detail in (("dataset.draft", {}), ("dataset.ready", {"rounds": 9})):
        sample = EventSample(source="example.data", type=type, detail=detail)
        BLUEPRINT.emit(machine.session, own.spec, sample)
    machine.advance(machine.session.now() + timedelta(minutes=5))

    listed = machine.reader.runs(since=before).runs
    runs = {run.trigger: run for run in (machine.reader.run(each.cloud_id) for each in listed)}
    assert len(listed) == 2 and set(runs) == {"t3", "t4"}
    assert {run.status for run in runs.values()} == {RunStatus.SUCCEEDED}, runs
    assert runs["t3"].cause == "data/x.csv"
    assert runs["t4"].cause.startswith("dataset.ready ")
    (step,) = machine.reader.steps(runs["t3"].cloud_id)
    own_bucket = "skyclock-machine-told-111122223333"
    assert source(machine.job(step)) == f"s3://{own_bucket}/data/x.csv"
    (step,) = machine.reader.steps(runs["t4"].cloud_id)
    assert machine.job(step)["HyperParameters"]["num_round"] == "9"
    assert source(machine.job(step)) == f"{BUCKET}/input/train.csv"

    for key in ("t3", "t4"):
        BLUEPRINT.pause(machine.session, own.spec, key)
    assert {proof.state for proof in machine.proofs()} == {TriggerState.PAUSED}
    down = own.run(Operation.DESTROY)
    assert down.status == "succeeded", down.error


def test_functions_stand_around_the_job_and_are_told_of_it(
    engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    aws = cast(SandboxAws, open_session(sandbox.access()))
    prepare = make_function(
        aws, "prepare-key", "def main(event, _): return {'key': event['Folder'] + '/train.csv'}"
    )
    evaluate = make_function(
        aws,
        "evaluate-model",
        """
        def main(event, _):
            print("looks at", event["training"]["ModelArtifacts"])
            if event["Folder"] == "input":
                raise ValueError("not good enough")
        """,
    )
    told = make_function(
        aws,
        "told-of-failures",
        "def main(event, _): print(event['detail']['status'], event['detail']['error'])",
    )
    settings = form(
        {"functions": {"before": prepare, "after": evaluate}},
        inputs=[{"source": f"{BUCKET}/${{Prepared.key}}"}],
        output=f"{BUCKET}/output/models/",
    ) | {
        "parameters": [{"name": "Folder", "default": "input"}],
        "data_access": {"read": [f"{BUCKET}/input/"]},
        "on_failure": told,
    }
    wanted = spec(settings, slug="machine-calls", triggers=(daily(),))
    own = DeployedStack(tmp_path, engine, sandbox.access(), wanted)
    up = own.run(Operation.UP)
    assert up.status == "succeeded", up.error
    machine = Steered(sandbox, own.spec)
    cloud_id = machine.start("calls")
    for _ in range(3):  # functions take real time
        machine.advance(machine.session.now() + timedelta(minutes=2))
    run = machine.reader.run(cloud_id)
    assert (run.status, run.reason) == (RunStatus.FAILED, "ValueError: not good enough")
    steps = machine.reader.steps(cloud_id)
    assert [(step.name, step.kind, step.status) for step in steps] == [
        ("Prepare", "Lambda", RunStatus.SUCCEEDED),
        ("Train", "Training", RunStatus.SUCCEEDED),
        ("Evaluate", "Lambda", RunStatus.FAILED),
    ]
    assert source(machine.job(steps[1])) == f"{BUCKET}/input/train.csv"
    log = machine.reader.log(cloud_id, "Evaluate")
    assert any("looks at s3://" in line.text for line in log.lines)
    written = eventually(lambda: log_lines(aws, "told-of-failures"))
    assert any("FAILED ValueError" in line for line in written)
    assert own.run(Operation.DESTROY).status == "succeeded"


def test_a_destroy_ends_what_runs_and_leaves_nothing(
    engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    own = DeployedStack(
        tmp_path, engine, sandbox.access(), spec(slug="machine-short", triggers=(daily(),))
    )
    assert own.run(Operation.UP).status == "succeeded"
    machine = Steered(sandbox, own.spec)
    cloud_id = machine.start("in flight")
    machine.advance(machine.session.now() + timedelta(seconds=2))
    (step,) = machine.reader.steps(cloud_id)
    gone = own.run(Operation.DESTROY)
    assert gone.status == "succeeded", gone.error
    assert [proof.state for proof in gone.proofs] == [TriggerState.MISSING]
    assert machine.reader.runs(since=None).runs == ()
    with pytest.raises(NotFound):
        machine.reader.run(cloud_id)
    machine.advance(machine.session.now() + timedelta(minutes=2))
    assert machine.job(step)["TrainingJobStatus"] == "Stopped"


def test_a_pasted_machine_runs_as_the_roles_that_follow_from_it(
    engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    job = train(
        Retry=[{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 5, "MaxAttempts": 1}]
    )
    channel = job["Parameters"]["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    del channel["S3Uri"]
    channel["S3Uri.$"] = f"States.Format('{BUCKET}/{{}}/', $.Folder)"
    job["Parameters"]["OutputDataConfig"] = {"S3OutputPath": f"{BUCKET}/output/pasted/"}
    content = states("Settle", Settle={"Type": "Wait", "Seconds": 30, "Next": "Train"}, Train=job)
    given = {**pasted(content), "parameters": [{"name": "Folder", "default": "input"}]}
    wanted = spec(given, slug="machine-pasted", triggers=(daily(),))
    own = DeployedStack(tmp_path, engine, sandbox.access(), wanted)
    up = own.run(Operation.UP)
    assert up.status == "succeeded", up.error
    machine = Steered(sandbox, own.spec)
    machine.fail_jobs("skyclock-*", "bad luck")
    run = machine.ended(machine.start("pasted"))
    steps = machine.reader.steps(run.cloud_id)
    assert run.status is RunStatus.SUCCEEDED, steps
    assert [(step.name, step.after, step.attempt) for step in steps] == [
        ("Settle", (), 1), ("Train", ("Settle",), 2),
    ]  # fmt: skip
    assert own.run(Operation.DESTROY).status == "succeeded"


def test_a_sandbox_that_is_killed_in_mid_run_goes_on_truthfully(
    engine: EngineCommand, tmp_path: Path
) -> None:
    sandbox = SandboxProcess(data=tmp_path / "sandbox").start()
    try:
        job = train(Next="Settle")
        del job["End"], job["Parameters"]["InputDataConfig"]
        job["Parameters"]["OutputDataConfig"] = {"S3OutputPath": f"{BUCKET}/output/killed/"}
        settle = {"Type": "Wait", "Seconds": 3600, "End": True}
        given = pasted(states("Train", Train=job, Settle=settle))
        wanted = spec(given, slug="machine-killed", triggers=(daily(),))
        own = DeployedStack(tmp_path / "stack", engine, sandbox.access(), wanted)
        assert own.run(Operation.UP).status == "succeeded"
        machine = Steered(sandbox, own.spec)

        def killed() -> list[StepRecord]:
            """The steps, when the sandbox is back."""
            sandbox.end(signal.SIGKILL)
            sandbox.start()
            return list(machine.reader.steps(cloud_id))

        cloud_id = machine.start("killed")
        machine.advance(machine.session.now() + timedelta(seconds=2))
        (before,) = machine.reader.steps(cloud_id)
        assert before.status is RunStatus.RUNNING and before.cloud_id
        after = killed()[0]  # its job may have ended meanwhile, but it is the same
        assert (after.cloud_id, after.started) == (before.cloud_id, before.started)

        machine.advance(machine.session.now() + timedelta(minutes=5))
        waits = machine.reader.steps(cloud_id)
        assert [step.status for step in waits] == [RunStatus.SUCCEEDED, RunStatus.RUNNING]
        assert killed() == list(waits), "nothing is lost, nothing is done again"
        assert machine.reader.run(cloud_id).status is RunStatus.RUNNING
        assert machine.ended(cloud_id, within=timedelta(hours=1)).status is RunStatus.SUCCEEDED
        jobs = machine.session.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
        assert [each["TrainingJobArn"] for each in jobs] == [before.cloud_id]
        assert len(machine.reader.runs(since=None).runs) == 1
        assert own.run(Operation.DESTROY).status == "succeeded"
    finally:
        sandbox.end()
