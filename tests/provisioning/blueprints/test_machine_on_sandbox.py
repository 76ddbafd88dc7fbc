"""A deployed state machine on the sandbox: fired, read, steered and paused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from provisioning.blueprints.aws_stepfunctions_training.blueprint import BLUEPRINT
from provisioning.blueprints.aws_stepfunctions_training.example import BUCKET, BUCKET_NAME
from provisioning.contracts import (
    EngineCommand,
    Operation,
    RunStatus,
    TriggerState,
)
from provisioning.errors import NotPossible
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.machines import (
    daily,
    spec,
)
from tests.provisioning.blueprints.steered_machine import Steered, source
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

SLUG = "machine-steered"


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
