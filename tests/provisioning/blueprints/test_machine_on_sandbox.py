"""A deployed state machine on the sandbox: fired, read, steered, paused, destroyed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import pytest

from provisioning.blueprints.aws_stepfunctions_training.blueprint import BLUEPRINT
from provisioning.blueprints.aws_stepfunctions_training.example import BUCKET, BUCKET_NAME
from provisioning.blueprints.base import Controls, RunReader
from provisioning.clouds import open_session
from provisioning.clouds.session import Session
from provisioning.contracts import (
    EngineCommand,
    EventSample,
    ObjectSample,
    Operation,
    RunRecord,
    RunStatus,
    StackSpec,
    StepRecord,
    TriggerProof,
    TriggerState,
)
from provisioning.errors import NotFound, NotPossible
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
from tests.sandbox.aws.conftest import SandboxAws
from tests.sandbox.aws.functions import eventually, log_lines, make_function
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

SLUG = "machine-steered"


@dataclass
class Steered:
    """The deployed machine, as a person with Skyclock sees it."""

    sandbox: SandboxProcess
    spec: StackSpec

    @cached_property
    def session(self) -> Session:
        return open_session(self.sandbox.access())

    @property
    def reader(self) -> RunReader:
        return BLUEPRINT.reader(self.session, self.spec)

    @property
    def controls(self) -> Controls:
        return BLUEPRINT.controls(self.session, self.spec)

    def proofs(self) -> tuple[TriggerProof, ...]:
        return BLUEPRINT.trigger_states(self.session, self.spec)

    def start(self, token: str, **parameters: str) -> str:
        return self.controls.start(parameters, token=token)

    def advance(self, until: datetime) -> None:
        seconds = int((until - self.session.now()).total_seconds()) + 1
        self.sandbox.control("/clock", {"advance": f"PT{seconds}S"})

    def ended(self, cloud_id: str, *, within: timedelta = timedelta(minutes=5)) -> RunRecord:
        """The run, when the clock has gone on until its end."""
        self.advance(self.session.now() + within)
        found = self.reader.run(cloud_id)
        assert found.status.final, found
        return found

    def fail_jobs(self, match: str, message: str, *, count: int = 1) -> None:
        fault: dict[str, Any] = {
            "kind": "fail_step", "cloud": "aws", "match": match, "message": message,
            "count": count,
        }  # fmt: skip
        self.sandbox.control("/faults", fault)

    def job(self, step: StepRecord) -> dict[str, Any]:
        """As SageMaker describes what stands behind a step."""
        name = step.cloud_id.rpartition("/")[2]
        found: dict[str, Any] = self.session.client("sagemaker").describe_training_job(
            TrainingJobName=name
        )
        return found


def source(job: dict[str, Any]) -> str:
    found: str = job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    return found


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, engine: EngineCommand, sandbox: SandboxProcess
) -> Iterator[DeployedStack]:
    """The example, on two schedules that both fire at 06:00 in Berlin."""
    wanted = spec(slug=SLUG, triggers=(daily("t1"), daily("t2")))
    deployed = DeployedStack(tmp_path_factory.mktemp("stack"), engine, sandbox.access(), wanted)
    outcome = deployed.run(Operation.UP)
    assert outcome.status == "succeeded", outcome.error
    yield deployed
    outcome = deployed.run(Operation.DESTROY)
    assert outcome.status == "succeeded", outcome.error


@pytest.fixture
def machine(sandbox: SandboxProcess, stack: DeployedStack) -> Steered:
    return Steered(sandbox, stack.spec)


def test_schedules_of_one_minute_are_runs_and_jobs_of_their_own(machine: Steered) -> None:
    first, second = machine.proofs()
    assert first.state is second.state is TriggerState.ACTIVE
    assert first.next is not None and first.next == second.next
    machine.advance(first.next + timedelta(minutes=5))
    listed = machine.reader.runs(since=first.next - timedelta(minutes=1)).runs
    runs = [machine.reader.run(each.cloud_id) for each in listed]
    assert {run.trigger for run in runs} == {"t1", "t2"}
    assert [run.status for run in runs] == [RunStatus.SUCCEEDED] * 2, runs
    assert all(timedelta() <= run.started - first.next < timedelta(minutes=1) for run in runs)
    (one,), (other,) = (machine.reader.steps(run.cloud_id) for run in runs)
    assert one.cloud_id != other.cloud_id
    tags = {"Key": "skyclock:pipeline", "Value": SLUG}
    client = machine.session.client("sagemaker")
    assert tags in client.list_tags(ResourceArn=one.cloud_id)["Tags"]


def test_a_run_waits_for_its_job_and_has_its_outcome(machine: Steered) -> None:
    cloud_id = machine.start("waits")
    machine.advance(machine.session.now() + timedelta(seconds=2))
    assert machine.reader.run(cloud_id).status is RunStatus.RUNNING
    (step,) = machine.reader.steps(cloud_id)
    assert (step.status, step.finished) == (RunStatus.RUNNING, None)
    assert machine.job(step)["TrainingJobStatus"] == "InProgress"

    run = machine.ended(cloud_id)
    (step,) = machine.reader.steps(cloud_id)
    job = machine.job(step)
    assert (run.status, job["TrainingJobStatus"]) == (RunStatus.SUCCEEDED, "Completed")
    assert (step.name, step.kind, step.status) == ("Train", "Training", RunStatus.SUCCEEDED)
    assert job["ModelArtifacts"]["S3ModelArtifacts"] in step.reason
    assert step.finished and job["TrainingEndTime"] <= step.finished


def test_the_job_is_given_what_the_run_was(machine: Steered) -> None:
    cloud_id = machine.start("given", Rounds="7")
    assert machine.start("given", Rounds="7") == cloud_id, "one token, one run"
    run = machine.ended(cloud_id)
    assert machine.start("given", Rounds="7") == cloud_id, "not even when it has ended"
    assert (run.trigger, run.parameters) == (
        "manual",
        {"InputBucket": BUCKET_NAME, "InputKey": "input/train.csv", "Rounds": "7"},
    )  # fmt: skip
    (step,) = machine.reader.steps(cloud_id)
    job = machine.job(step)
    assert job["HyperParameters"]["num_round"] == "7"
    assert source(job) == f"{BUCKET}/input/train.csv"


def test_a_failed_job_fails_the_run_with_its_reason_and_the_run_goes_on(
    machine: Steered,
) -> None:
    machine.fail_jobs("skyclock-*", "AlgorithmError: the data are empty")
    cloud_id = machine.start("failing")
    run = machine.ended(cloud_id)
    assert (run.status, run.reason) == (RunStatus.FAILED, "AlgorithmError: the data are empty")
    (failed,) = machine.reader.steps(cloud_id)
    assert (failed.status, failed.reason) == (RunStatus.FAILED, run.reason)
    assert machine.job(failed)["FailureReason"] == run.reason

    assert machine.controls.rerun(cloud_id, from_failure=True, token="on") == cloud_id
    assert machine.controls.rerun(cloud_id, from_failure=True, token="on") == cloud_id
    run = machine.ended(cloud_id)
    assert (run.status, run.reason) == (RunStatus.SUCCEEDED, "")
    (again,) = machine.reader.steps(cloud_id)
    assert (again.status, again.attempt) == (RunStatus.SUCCEEDED, 2)
    assert again.cloud_id != failed.cloud_id, "another job, under another name"
    with pytest.raises(NotPossible, match="cannot be redriven"):
        machine.controls.rerun(cloud_id, from_failure=True, token="more")


def test_a_run_is_stopped_with_its_job_and_repeated(machine: Steered) -> None:
    cloud_id = machine.start("to stop", Rounds="9")
    machine.advance(machine.session.now() + timedelta(seconds=2))
    (step,) = machine.reader.steps(cloud_id)
    machine.controls.stop(cloud_id)
    run = machine.ended(cloud_id)
    assert (run.status, run.reason) == (RunStatus.STOPPED, "Stopped by hand.")
    assert machine.job(step)["TrainingJobStatus"] == "Stopped"
    with pytest.raises(NotPossible, match="already ended: ABORTED"):
        machine.controls.stop(cloud_id)
    again = machine.controls.rerun(cloud_id, from_failure=False, token="repeat")
    assert again != cloud_id
    repeated = machine.ended(again)
    assert (repeated.status, repeated.parameters["Rounds"]) == (RunStatus.SUCCEEDED, "9")


def test_steps_have_logs_and_so_has_the_run(machine: Steered) -> None:
    run = machine.ended(machine.start("logged"))
    job = machine.reader.log(run.cloud_id, "Train")
    assert job.lines and not job.note
    own = [line.text for line in machine.reader.log(run.cloud_id, "").lines]
    assert own[0] == "1 ExecutionStarted"
    assert "5 TaskSubmitted sagemaker createTrainingJob.sync" in own
    written = machine.session.client("logs").filter_log_events(
        logGroupName=f"/aws/vendedlogs/states/skyclock-{SLUG}"
    )
    assert any(run.cloud_id in event["message"] for event in written["events"])


def test_a_paused_trigger_does_not_fire_until_it_is_resumed(machine: Steered) -> None:
    for key in ("t1", "t2"):
        BLUEPRINT.pause(machine.session, machine.spec, key)
    assert {proof.state for proof in machine.proofs()} == {TriggerState.PAUSED}
    before = machine.session.now()
    machine.advance(before + timedelta(days=2))
    assert machine.reader.runs(since=before).runs == ()
    for key in ("t1", "t2"):
        BLUEPRINT.resume(machine.session, machine.spec, key)
    first, _ = machine.proofs()
    assert first.state is TriggerState.ACTIVE and first.next
    machine.advance(first.next + timedelta(minutes=1))
    assert len(machine.reader.runs(since=before).runs) == 2


def test_who_copies_the_input_of_a_scheduled_run_starts_by_hand(machine: Steered) -> None:
    first, _ = machine.proofs()
    assert first.next
    machine.advance(first.next + timedelta(minutes=1))
    scheduled = machine.reader.runs(since=first.next - timedelta(minutes=1)).runs[0]
    client = machine.session.client("stepfunctions")
    found = client.describe_execution(executionArn=scheduled.cloud_id)
    machine.advance(first.next + timedelta(hours=3))
    copied = client.start_execution(stateMachineArn=found["stateMachineArn"], input=found["input"])
    assert machine.reader.run(scheduled.cloud_id).trigger in ("t1", "t2")
    assert machine.reader.run(copied["executionArn"]).trigger == "manual"


def test_the_jobs_read_nothing_beyond_what_the_settings_name(machine: Steered) -> None:
    s3 = machine.session.client("s3")
    s3.put_object(Bucket=BUCKET_NAME, Key="elsewhere/x.csv", Body=b"left\n")
    run = machine.ended(machine.start("outside", InputKey="elsewhere/"))
    assert run.status is RunStatus.FAILED
    assert f'role/skyclock-{SLUG}-jobs" has "s3:ListBucket"' in run.reason


def test_history_is_newest_first_and_from_an_instant_on(machine: Steered) -> None:
    everything = machine.reader.runs(since=None).runs
    times = [run.started for run in everything]
    assert len(times) >= 5
    assert times == sorted(times, reverse=True)
    newest = machine.reader.runs(since=times[0])
    assert newest.runs[0].cloud_id == everything[0].cloud_id
    assert newest.cursor is None
    assert all(run.started >= times[0] for run in newest.runs)


def test_a_role_that_somebody_changed_is_no_proof(machine: Steered) -> None:
    scheduler = machine.session.client("scheduler")
    found = scheduler.get_schedule(Name=f"skyclock-{SLUG}-t2")
    other = found["Target"] | {"RoleArn": found["Target"]["RoleArn"].replace("-t2", "-t1")}
    keys = ("Name", "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow")
    whole = {key: found[key] for key in keys}
    scheduler.update_schedule(**whole, Target=other)
    _, proof = machine.proofs()
    assert proof.state is TriggerState.UNKNOWN
    assert "uses another role" in proof.message
    scheduler.update_schedule(**whole, Target=found["Target"])


def test_a_triggers_role_starts_this_machine_and_nothing_else(machine: Steered) -> None:
    iam, role = machine.session.client("iam"), f"skyclock-{SLUG}-on-t1"
    policy = iam.get_role_policy(RoleName=role, PolicyName="start-pipeline")["PolicyDocument"]
    start = next(each for each in policy["Statement"] if each["Sid"] == "StartThisPipeline")
    arn = f"arn:aws:states:eu-west-1:111122223333:stateMachine:skyclock-{SLUG}"
    assert (start["Action"], start["Resource"]) == (["states:StartExecution"], [arn])
    trusted = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert trusted["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


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
