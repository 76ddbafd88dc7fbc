"""A deployed Google data pipeline on the sandbox: fired, started by objects and events, steered."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from provisioning.blueprints.google_data_pipeline.blueprint import BLUEPRINT
from provisioning.contracts import EngineCommand, Operation, RunStatus, TriggerState
from provisioning.errors import NotPossible
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.data_pipelines import daily, on_event, on_object, settings, spec
from tests.provisioning.blueprints.google_steered import Steered, deploy
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

QUIET = timedelta(minutes=3)
BURST = 200


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, engine: EngineCommand, sandbox: SandboxProcess
) -> Iterator[DeployedStack]:
    wanted = spec(slug="counted", triggers=(daily(), on_object(), on_event()))
    deployed = deploy(tmp_path_factory.mktemp("stack"), engine, sandbox, wanted)
    yield deployed
    outcome = deployed.run(Operation.DESTROY)
    assert outcome.status == "succeeded", outcome.error


@pytest.fixture
def pipeline(sandbox: SandboxProcess, stack: DeployedStack) -> Steered:
    return Steered(BLUEPRINT, sandbox, stack.spec)


def test_the_schedule_fires_when_it_said_and_its_run_succeeds(pipeline: Steered) -> None:
    proof = pipeline.proofs()["t1"]
    assert proof.state is TriggerState.ACTIVE
    assert proof.next is not None and proof.next > pipeline.session.now()
    pipeline.advance_to(proof.next + timedelta(minutes=1))
    (run,) = pipeline.ended(1, proof.next - timedelta(minutes=1))
    assert (run.status, run.trigger, run.reason) == (RunStatus.SUCCEEDED, "t1", "")
    assert timedelta() <= run.started - proof.next < timedelta(minutes=1)
    assert pipeline.proofs()["t1"].next == proof.next + timedelta(days=1)


def test_an_object_of_its_prefix_and_suffix_starts_a_run(pipeline: Steered) -> None:
    since = pipeline.session.now()
    pipeline.put("data/x.csv", "other/x.csv", "data/x.txt")
    (run,) = pipeline.ended(1, since)
    assert (run.status, run.trigger, run.cause) == (RunStatus.SUCCEEDED, "t2", "data/x.csv")
    pipeline.advance(QUIET)
    assert len(pipeline.runs(since)) == 1


def test_two_objects_at_once_start_two_runs(pipeline: Steered) -> None:
    since = pipeline.session.now()
    pipeline.put("data/a.csv", "data/b.csv")
    assert {run.cause for run in pipeline.ended(2, since)} == {"data/a.csv", "data/b.csv"}


def test_an_event_of_its_source_and_type_starts_a_run(pipeline: Steered) -> None:
    since = pipeline.session.now()
    pipeline.publish("lab", "dataset.gone")
    pipeline.publish("elsewhere", "dataset.ready")
    pipeline.publish("lab", "dataset.ready", rows=3)
    (run,) = pipeline.ended(1, since)
    assert (run.status, run.trigger) == (RunStatus.SUCCEEDED, "t3")
    assert run.cause.startswith("dataset.ready ")
    pipeline.advance(QUIET)
    assert len(pipeline.runs(since)) == 1


def test_stages_are_steps_and_messages_are_their_log(pipeline: Steered) -> None:
    since = pipeline.session.now()
    cloud_id = pipeline.controls.start({}, token="steps")
    pipeline.ended(1, since)
    steps = pipeline.reader.steps(cloud_id)
    assert [(step.name, step.after) for step in steps] == [
        ("ReadLines", ()),
        ("CountWords", ("ReadLines",)),
        ("WriteCounts", ("CountWords",)),
    ]
    assert {step.status for step in steps} == {RunStatus.SUCCEEDED}
    log = pipeline.reader.log(cloud_id, "CountWords")
    assert log.lines and all("CountWords" in line.text for line in log.lines)
    assert len(pipeline.reader.log(cloud_id, "").lines) > len(log.lines)


def test_a_run_is_started_once_by_hand_stopped_and_repeated(pipeline: Steered) -> None:
    since = pipeline.session.now()
    cloud_id = pipeline.controls.start({}, token="once")
    assert pipeline.controls.start({}, token="once") == cloud_id
    pipeline.advance(timedelta(seconds=3))
    pipeline.controls.stop(cloud_id)
    (run,) = pipeline.ended(1, since)
    assert (run.cloud_id, run.status, run.trigger) == (cloud_id, RunStatus.STOPPED, "manual")
    with pytest.raises(NotPossible, match="already ended"):
        pipeline.controls.stop(cloud_id)
    again = pipeline.controls.rerun(cloud_id, from_failure=False, token="repeat")
    assert again != cloud_id
    assert [each.status for each in pipeline.ended(2, since)] == [
        RunStatus.STOPPED,
        RunStatus.SUCCEEDED,
    ]


def test_a_paused_schedule_is_taken_away_and_put_back(pipeline: Steered) -> None:
    pipeline.pause("t1")
    paused = pipeline.proofs()["t1"]
    assert (paused.state, paused.next) == (TriggerState.PAUSED, None)
    before = pipeline.session.now()
    pipeline.advance(timedelta(days=2))
    assert pipeline.runs(before) == []
    pipeline.resume("t1")
    active = pipeline.proofs()["t1"]
    assert active.state is TriggerState.ACTIVE and active.next
    pipeline.advance_to(active.next + timedelta(minutes=1))
    assert [run.trigger for run in pipeline.ended(1, before)] == ["t1"]


@pytest.mark.parametrize("key", ["t2", "t3"])
def test_what_arrives_for_a_paused_trigger_starts_nothing(pipeline: Steered, key: str) -> None:
    pipeline.pause(key)
    assert pipeline.proofs()[key].state is TriggerState.PAUSED
    before = pipeline.session.now()
    pipeline.put("data/paused.csv")
    pipeline.publish("lab", "dataset.ready")
    found = pipeline.ended(1, before)
    assert [run.trigger for run in found] == ["t3" if key == "t2" else "t2"]
    pipeline.advance(QUIET)
    assert len(pipeline.runs(before)) == 1
    pipeline.resume(key)
    assert pipeline.proofs()[key].state is TriggerState.ACTIVE


def test_a_failed_stage_says_why(pipeline: Steered) -> None:
    since = pipeline.session.now()
    fault = {"kind": "fail_step", "cloud": "google", "match": "CountWords", "count": 1}
    pipeline.sandbox.control("/faults", fault | {"message": "Out of memory."})
    pipeline.controls.start({}, token="failing")
    (run,) = pipeline.ended(1, since)
    assert run.status is RunStatus.FAILED
    assert "Out of memory." in run.reason
    failed = [step for step in pipeline.reader.steps(run.cloud_id) if step.name == "CountWords"]
    assert [step.status for step in failed] == [RunStatus.FAILED]


def test_a_start_that_google_refuses_is_a_failed_run_with_the_reason(pipeline: Steered) -> None:
    since = pipeline.session.now()
    fault = {
        "kind": "refuse",
        "cloud": "google",
        "match": "datapipelines.projects.locations.pipelines.run",
        "count": 1,
        "code": "PERMISSION_DENIED",
        "message": "Permission was taken away.",
    }
    pipeline.sandbox.control("/faults", fault)
    pipeline.put("data/refused.csv")
    (run,) = pipeline.ended(1, since)
    assert (run.status, run.trigger, run.cause) == (RunStatus.FAILED, "t2", "data/refused.csv")
    assert run.reason == "No job was started: Permission was taken away."
    assert pipeline.reader.log(run.cloud_id, "").lines


def test_a_burst_of_objects_starts_as_many_runs_none_twice_none_lost(pipeline: Steered) -> None:
    since = pipeline.session.now()
    keys = [f"data/burst-{number:03}.csv" for number in range(BURST)]
    pipeline.put(*keys)
    found = pipeline.ended(BURST, since)
    assert sorted(run.cause for run in found) == keys
    assert {(run.status, run.trigger) for run in found} == {(RunStatus.SUCCEEDED, "t2")}
    pipeline.advance(QUIET)
    assert len(pipeline.runs(since)) == BURST


def test_a_kill_in_the_middle_of_a_burst_loses_and_doubles_nothing(
    engine: EngineCommand, tmp_path: Path
) -> None:
    own = SandboxProcess(data=tmp_path / "sandbox").start()
    try:
        stack = deploy(
            tmp_path / "stack", engine, own, spec(slug="killed", triggers=(on_object(),))
        )
        pipeline = Steered(BLUEPRINT, own, stack.spec)
        since = pipeline.session.now()
        keys = [f"data/{number:03}.csv" for number in range(40)]
        pipeline.put(*keys)
        own.end(signal.SIGKILL)
        own.start()
        assert {proof.state for proof in pipeline.proofs().values()} == {TriggerState.ACTIVE}
        found = pipeline.ended(len(keys), since)
        assert sorted(run.cause for run in found) == keys
        jobs = {(pipeline.reader.behind(run.cloud_id) or {})["id"] for run in found}
        assert len(jobs) == len(keys)
        assert stack.run(Operation.DESTROY).status == "succeeded"
    finally:
        own.end()


def test_a_schedule_that_somebody_took_away_is_told_and_put_back_by_a_deployment(
    stack: DeployedStack, pipeline: Steered
) -> None:
    pipelines = pipeline.session.client("datapipelines").projects().locations().pipelines()
    name = f"projects/{pipeline.spec.account}/locations/{pipeline.spec.region}/pipelines"
    pipelines.patch(name=f"{name}/skyclock-counted", updateMask="scheduleInfo", body={}).execute()
    assert pipeline.proofs()["t1"].state is TriggerState.PAUSED
    stack.run(Operation.REFRESH)
    repaired = stack.run(Operation.UP)
    assert repaired.status == "succeeded", repaired.error
    assert pipeline.proofs()["t1"].state is TriggerState.ACTIVE


def test_a_destroy_ends_what_runs_and_leaves_nothing(
    engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    own = deploy(tmp_path, engine, sandbox, spec(slug="short-lived", triggers=(daily(),)))
    pipeline = Steered(BLUEPRINT, sandbox, own.spec)
    pipeline.controls.start({}, token="in flight")
    gone = own.run(Operation.DESTROY)
    assert gone.status == "succeeded", gone.error
    assert [proof.state for proof in gone.proofs] == [TriggerState.MISSING]
    assert pipeline.reader.runs(since=None).runs == ()


def test_a_pipeline_without_a_schedule_runs_by_hand(
    engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    flex = settings(
        template_kind="flex",
        template="gs://dataflow-templates/latest/flex/Cloud_Storage_to_BigQuery",
        parameters={"inputFilePattern": "gs://dataflow-samples/x/*", "output": "gs://${bucket}/o"},
    )
    own = deploy(tmp_path, engine, sandbox, spec(flex, slug="by-hand"))
    pipeline = Steered(BLUEPRINT, sandbox, own.spec)
    since = pipeline.session.now()
    pipeline.controls.start({}, token="flex")
    (run,) = pipeline.ended(1, since)
    assert run.status is RunStatus.SUCCEEDED, run.reason
    assert own.run(Operation.DESTROY).status == "succeeded"
