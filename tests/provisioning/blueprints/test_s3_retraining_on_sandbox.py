"""A deployed retraining on the sandbox: objects land, jobs train; read, steered, paused,
tampered with."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from provisioning.blueprints.aws_s3_retraining import names, wiring
from provisioning.blueprints.aws_s3_retraining.blueprint import BLUEPRINT
from provisioning.contracts import (
    EngineCommand,
    ObjectSample,
    Operation,
    RunStatus,
    TriggerState,
)
from provisioning.errors import CloudError, NotPossible
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.pipelines import landing
from tests.provisioning.blueprints.retrained import landed, retrained
from tests.provisioning.blueprints.retrained_stack import Retraining, succeeded
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

SLUG = "retrained"


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, engine: EngineCommand, sandbox: SandboxProcess
) -> Iterator[DeployedStack]:
    """CSV in data/, JSON in late/, and mornings at six in Berlin."""
    wanted = retrained(slug=SLUG)
    deployed = DeployedStack(tmp_path_factory.mktemp("stack"), engine, sandbox.access(), wanted)
    up = deployed.run(Operation.UP)
    assert up.status == "succeeded", up.error
    assert {each.state for each in up.proofs} == {TriggerState.ACTIVE}
    yield deployed
    down = deployed.run(Operation.DESTROY)
    assert down.status == "succeeded", down.error
    assert {each.state for each in down.proofs} == {TriggerState.MISSING}


@pytest.fixture
def pipeline(sandbox: SandboxProcess, stack: DeployedStack) -> Retraining:
    """A bucket of its own time: what ran before is over."""
    found = Retraining(sandbox, stack.spec)
    found.advance()
    return found


# ── What starts a run ───────────────────────────────────────────────────────────────


def test_what_matches_starts_a_run_and_what_does_not_starts_none(pipeline: Retraining) -> None:
    since = pipeline.session.now()
    for key in ("data/x.csv", "other/x.csv", "data/x.txt", "late/x.json"):
        pipeline.put(key)
    pipeline.advance()
    runs = pipeline.runs(since)
    assert {(run.cause, run.trigger) for run in runs} == {
        ("data/x.csv", "t1"), ("late/x.json", "t2"),
    }  # fmt: skip
    assert succeeded(runs)
    job = pipeline.session.client("sagemaker").describe_training_job(
        TrainingJobName=runs[0].cloud_id.rpartition("/")[2]
    )
    source = job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    assert source == f"s3://{pipeline.bucket}/{runs[0].cause}"
    looked = pipeline.journal("other/x.csv") + pipeline.journal("data/x.txt")
    assert {each["outcome"] for each in looked} == {"ignored"}
    reasons = {each["reason"] for each in looked}
    assert "The prefix data/ does not match other/x.csv." in reasons
    assert "The suffix .csv does not match data/x.txt." in reasons


def test_two_objects_at_once_start_two_jobs(pipeline: Retraining) -> None:
    since = pipeline.session.now()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(pipeline.put, ("data/one.csv", "data/two.csv")))
    pipeline.advance()
    assert Counter(run.cause for run in pipeline.runs(since)) == {
        "data/one.csv": 1, "data/two.csv": 1,
    }  # fmt: skip


def test_an_object_that_is_written_again_trains_again(pipeline: Retraining) -> None:
    since = pipeline.session.now()
    pipeline.put("data/again.csv")
    pipeline.put("data/again.csv")
    pipeline.advance()
    assert [run.cause for run in pipeline.runs(since)] == ["data/again.csv"] * 2


def test_an_event_that_s3_delivers_twice_trains_once(pipeline: Retraining) -> None:
    since = pipeline.session.now()
    pipeline.put("late/twice.json")
    record = landed("late/twice.json")
    record["s3"] |= {"configurationId": "t2", "bucket": {"name": pipeline.bucket}}
    client = pipeline.session.client("lambda")
    for _ in range(2):
        client.invoke(
            FunctionName=names.function(SLUG),
            InvocationType="Event",
            Payload=json.dumps({"Records": [record]}).encode(),
        )
    pipeline.advance()
    runs = pipeline.runs(since)
    assert len(runs) == 2, "the object that was put, and the event that was sent twice"
    assert succeeded(runs)


def test_the_mark_of_a_folder_starts_nothing(pipeline: Retraining) -> None:
    since = pipeline.session.now()
    pipeline.put("data/folder.csv/", b"")
    pipeline.advance()
    assert pipeline.runs(since) == []


def test_a_schedule_trains_on_the_folder(pipeline: Retraining) -> None:
    pipeline.put("data/base.csv")
    pipeline.advance()
    before = pipeline.session.now()
    upcoming = pipeline.proofs()["t3"].next
    assert upcoming is not None
    pipeline.advance(f"PT{int((upcoming - before).total_seconds()) + 600}S")
    (run,) = pipeline.runs(before)
    assert (run.trigger, run.cause, run.status) == ("t3", "data/", RunStatus.SUCCEEDED)
    assert timedelta() <= run.started - upcoming < timedelta(minutes=1)


# ── Runs ────────────────────────────────────────────────────────────────────────────


def test_a_run_has_steps_and_their_logs(pipeline: Retraining) -> None:
    since = pipeline.session.now()
    pipeline.put("data/steps.csv")
    pipeline.advance()
    (run,) = pipeline.runs(since)
    steps = pipeline.reader.steps(run.cloud_id)
    assert [step.name for step in steps][:2] == ["Start", "Starting"]
    assert "Training" in [step.name for step in steps]
    assert [step.after for step in steps] == [(), *((step.name,) for step in steps[:-1])]
    assert {step.status for step in steps} == {RunStatus.SUCCEEDED}
    start = [line.text for line in pipeline.reader.log(run.cloud_id, "Start").lines]
    assert any("training-asked" in line and "data/steps.csv" in line for line in start)
    assert pipeline.reader.log(run.cloud_id, "Training").lines


def test_a_run_that_is_started_by_hand_has_its_object(pipeline: Retraining) -> None:
    pipeline.put("elsewhere/by-hand.csv")
    cloud_id = pipeline.controls.start({"object": "elsewhere/by-hand.csv"}, token="by hand")
    again = pipeline.controls.start({"object": "elsewhere/by-hand.csv"}, token="by hand")
    assert again == cloud_id, "one token, one run"
    run = pipeline.ended(cloud_id)
    assert (run.trigger, run.cause) == ("manual", "elsewhere/by-hand.csv")
    assert run.status is RunStatus.SUCCEEDED
    repeated = pipeline.ended(pipeline.controls.rerun(cloud_id, from_failure=False, token="more"))
    assert repeated.cloud_id != cloud_id
    assert (repeated.cause, repeated.status) == (run.cause, RunStatus.SUCCEEDED)


def test_a_run_is_stopped(pipeline: Retraining) -> None:
    pipeline.put("elsewhere/stop.csv")
    cloud_id = pipeline.controls.start({"object": "elsewhere/stop.csv"}, token="to stop")
    pipeline.controls.stop(cloud_id)
    assert pipeline.ended(cloud_id).status is RunStatus.STOPPED
    with pytest.raises(NotPossible, match="already ended: Stopped"):
        pipeline.controls.stop(cloud_id)


def test_an_object_that_is_not_there_is_refused_at_once(pipeline: Retraining) -> None:
    with pytest.raises(CloudError, match=r"No S3 objects found .*/nowhere/x\.csv"):
        pipeline.controls.start({"object": "nowhere/x.csv"}, token="nowhere")
    run = next(each for each in pipeline.runs() if each.cause == "nowhere/x.csv")
    assert (run.trigger, run.status) == ("manual", RunStatus.FAILED)


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("data/throttled.csv", {"kind": "throttle", "count": 3}),
        ("data/quota.csv", {"kind": "refuse", "count": 1, "code": "ResourceLimitExceeded"}),
    ],
)
def test_a_start_that_did_not_succeed_at_once_is_one_run_later(
    pipeline: Retraining, key: str, fault: dict[str, Any]
) -> None:
    since = pipeline.session.now()
    where = {"cloud": "aws", "match": "*CreateTrainingJob"}
    pipeline.sandbox.control("/faults", {**where, **fault})
    pipeline.put(key)
    pipeline.advance("PT20M")
    assert not [
        each for each in pipeline.sandbox.control("/faults")["faults"] if "CreateT" in each["match"]
    ], "the fault has struck"
    (run,) = pipeline.runs(since)
    assert (run.cause, run.status) == (key, RunStatus.SUCCEEDED)
    assert {step.status for step in pipeline.reader.steps(run.cloud_id)} == {RunStatus.SUCCEEDED}


def test_a_start_that_fails_is_a_failed_run_and_a_dead_letter(pipeline: Retraining) -> None:
    """Somebody took the permission to start jobs away; Lambda gives up after two retries."""
    iam, since = pipeline.session.client("iam"), pipeline.session.now()
    role = names.function_role(SLUG)
    policy = iam.get_role_policy(RoleName=role, PolicyName="start-jobs")["PolicyDocument"]
    less = [each for each in policy["Statement"] if each["Sid"] != "StartJobs"]
    iam.put_role_policy(
        RoleName=role, PolicyName="start-jobs",
        PolicyDocument=json.dumps(policy | {"Statement": less}),
    )  # fmt: skip
    try:
        pipeline.put("data/failed.csv")
        pipeline.advance("PT1H")
    finally:
        iam.put_role_policy(
            RoleName=role, PolicyName="start-jobs", PolicyDocument=json.dumps(policy)
        )
    (listed,) = pipeline.reader.runs(since=since).runs
    run = pipeline.reader.run(listed.cloud_id)
    assert (listed, run.status, run.trigger) == (run, RunStatus.FAILED, "t1")
    assert "not authorized to perform: sagemaker:CreateTrainingJob" in run.reason
    (step,) = pipeline.reader.steps(run.cloud_id)
    assert (step.name, step.status) == ("Start", RunStatus.FAILED)
    log = [line.text for line in pipeline.reader.log(run.cloud_id, "Start").lines]
    assert sum("training-asked" in line for line in log) == 3, "the first, and two retries"
    sqs = pipeline.session.client("sqs")
    url = str((pipeline.spec.outputs or {})["dead_letter_queue_url"])
    (letter,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert "data/failed.csv" in letter["Body"]
    cloud_id = pipeline.controls.rerun(run.cloud_id, from_failure=False, token="repaired")
    again = pipeline.ended(cloud_id)
    assert (again.cause, again.status) == ("data/failed.csv", RunStatus.SUCCEEDED)


# ── Triggers ────────────────────────────────────────────────────────────────────────


def test_a_paused_trigger_starts_nothing_until_it_is_resumed(pipeline: Retraining) -> None:
    since = pipeline.session.now()
    BLUEPRINT.pause(pipeline.session, pipeline.spec, "t1")
    proofs = pipeline.proofs()
    assert (proofs["t1"].state, proofs["t2"].state) == (TriggerState.PAUSED, TriggerState.ACTIVE)
    pipeline.put("data/meanwhile.csv")
    pipeline.put("late/meanwhile.json")
    pipeline.advance()
    assert [run.cause for run in pipeline.runs(since)] == ["late/meanwhile.json"]
    BLUEPRINT.resume(pipeline.session, pipeline.spec, "t1")
    assert pipeline.proofs()["t1"].state is TriggerState.ACTIVE
    pipeline.put("data/afterwards.csv")
    pipeline.advance()
    assert {run.cause for run in pipeline.runs(since)} == {
        "late/meanwhile.json", "data/afterwards.csv",
    }  # fmt: skip


def test_a_pause_outlives_a_deployment(stack: DeployedStack, pipeline: Retraining) -> None:
    whole = stack.spec
    BLUEPRINT.pause(pipeline.session, pipeline.spec, "t1")
    paused = (landing("t1", paused=True), *whole.triggers[1:])
    stack.spec = retrained(slug=SLUG, triggers=paused)
    try:
        kept = stack.run(Operation.UP)
        assert kept.status == "succeeded", kept.error
        assert {each.key: each.state for each in kept.proofs}["t1"] is TriggerState.PAUSED
    finally:
        stack.spec = whole
        again = stack.run(Operation.UP)
    assert {each.state for each in again.proofs} == {TriggerState.ACTIVE}


def test_a_sample_object_starts_a_run(pipeline: Retraining) -> None:
    since = pipeline.session.now()
    sample = ObjectSample(key="data/sample.csv", content=b"1,0.5\n")
    address = BLUEPRINT.emit(pipeline.session, pipeline.spec, sample)
    assert address == f"s3://{pipeline.bucket}/data/sample.csv"
    pipeline.advance()
    assert [run.cause for run in pipeline.runs(since)] == ["data/sample.csv"]


# ── Tampered with ───────────────────────────────────────────────────────────────────


def test_what_somebody_changed_is_said_and_put_right(
    stack: DeployedStack, pipeline: Retraining
) -> None:
    session = pipeline.session
    session.client("lambda").update_function_code(
        FunctionName=names.function(SLUG), ZipFile=_other_code()
    )
    session.client("s3").put_public_access_block(
        Bucket=pipeline.bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": False, "IgnorePublicAcls": True,
            "BlockPublicPolicy": True, "RestrictPublicBuckets": True,
        },
    )  # fmt: skip
    session.client("s3").put_bucket_notification_configuration(
        Bucket=pipeline.bucket, NotificationConfiguration={}
    )
    emptied = pipeline.proofs()["t1"]
    assert emptied.state is TriggerState.PAUSED
    assert "taken out in AWS" in emptied.message
    late = landing("t2", prefix="elsewhere/", suffix=".json")
    arn = names.function_arn(SLUG, _place(pipeline))
    session.client("s3").put_bucket_notification_configuration(
        Bucket=pipeline.bucket,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                wiring.rule(each.key, each.prefix, each.suffix, arn)
                for each in (landing("t1"), late)
            ]
        },
    )
    assert "another filter" in pipeline.proofs()["t2"].message
    refreshed = stack.run(Operation.REFRESH)
    said = " ".join(each.sentence for each in refreshed.drifts)
    for words in ("runs other code", "was opened in the cloud", "tells the function of other"):
        assert words in said, said
    assert stack.run(Operation.UP).status == "succeeded"
    again = stack.run(Operation.UP)
    assert again.changes.same == sum(again.changes.model_dump().values()), again.changes
    since = session.now()
    pipeline.put("late/mended.json")
    pipeline.advance()
    assert succeeded(pipeline.runs(since))
    assert pipeline.proofs()["t2"].message == ""


def _place(pipeline: Retraining) -> Any:
    return names.Place(pipeline.spec.region, pipeline.spec.account)


def _other_code() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("retraining/handler.py", "def handler(event, context):\n    pass\n")
    return file.getvalue()
