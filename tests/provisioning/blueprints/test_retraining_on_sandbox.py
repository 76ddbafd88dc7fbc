"""Deployed retraining on the simulated Google: the shipped service really runs and trains."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provisioning.blueprints import registry
from provisioning.blueprints.google_common.hunting import EVENTS
from provisioning.blueprints.google_eventarc_retraining.blueprint import BLUEPRINT
from provisioning.contracts import Cloud, EngineCommand, Operation, RunStatus, TriggerState
from provisioning.errors import NotPossible
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.google_steered import Steered, deploy
from tests.provisioning.blueprints.retraining import on_event, on_object, settings, spec
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

QUIET = timedelta(minutes=3)
BURST = 200
CREATES = "aiplatform.projects.locations.customJobs.create"
TRIGGERS = (on_object(), on_event(), on_object("t3", prefix="labels/", suffix=""))


def wanted(slug: str) -> Any:
    return spec(settings(), slug=slug, triggers=TRIGGERS)


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, engine: EngineCommand, sandbox: SandboxProcess
) -> Iterator[DeployedStack]:
    deployed = deploy(tmp_path_factory.mktemp("stack"), engine, sandbox, wanted("retrained"))
    yield deployed
    outcome = deployed.run(Operation.DESTROY)
    assert outcome.status == "succeeded", outcome.error


@pytest.fixture
def pipeline(sandbox: SandboxProcess, stack: DeployedStack) -> Steered:
    return Steered(BLUEPRINT, sandbox, stack.spec)


def fault(pipeline: Steered, kind: str, match: str, **more: Any) -> None:
    pipeline.sandbox.control("/faults", {"kind": kind, "cloud": "google", "match": match, **more})


def test_every_trigger_is_proved(pipeline: Steered) -> None:
    assert {key: proof.state for key, proof in pipeline.proofs().items()} == dict.fromkeys(
        ("t1", "t2", "t3"), TriggerState.ACTIVE
    )


def test_an_object_of_its_prefix_and_suffix_trains(pipeline: Steered) -> None:
    since = pipeline.session.now()
    pipeline.put("data/x.csv", "other/x.csv", "data/x.txt")
    (run,) = pipeline.ended(1, since)
    assert (run.status, run.trigger, run.cause) == (RunStatus.SUCCEEDED, "t1", "data/x.csv")
    assert run.parameters["input"].endswith("/data/x.csv")
    steps = pipeline.reader.steps(run.cloud_id)
    assert [step.name for step in steps] == ["delivery 1", "machines", "train"]
    assert {step.status for step in steps} == {RunStatus.SUCCEEDED}
    pipeline.advance(QUIET)
    assert len(pipeline.runs(since)) == 1


def test_two_objects_at_once_start_two_jobs(pipeline: Steered) -> None:
    since = pipeline.session.now()
    pipeline.put("data/a.csv", "labels/b")
    found = pipeline.ended(2, since)
    assert {(run.trigger, run.cause) for run in found} == {("t1", "data/a.csv"), ("t3", "labels/b")}


def test_an_event_of_its_source_and_type_trains_with_what_it_names(pipeline: Steered) -> None:
    since = pipeline.session.now()
    pipeline.put("elsewhere/y.parquet")  # for which no trigger waits
    data = f"gs://{pipeline.spec.outputs['data_bucket']}/elsewhere/y.parquet"
    pipeline.publish("lab", "dataset.gone")
    pipeline.publish("lab", "dataset.ready", input=data)
    (run,) = pipeline.ended(1, since)
    assert (run.status, run.trigger) == (RunStatus.SUCCEEDED, "t2")
    assert run.cause.startswith("dataset.ready ")
    assert run.parameters == {"input": data}


def test_each_step_has_its_own_log(pipeline: Steered) -> None:
    since = pipeline.session.now()
    pipeline.put("data/logged.csv")
    (run,) = pipeline.ended(1, since)
    delivery = pipeline.reader.log(run.cloud_id, "delivery 1")
    assert any("Training is started." in line.text for line in delivery.lines)
    assert pipeline.reader.log(run.cloud_id, "train").lines


def test_deliveries_that_failed_are_retries_of_one_run(pipeline: Steered) -> None:
    since = pipeline.session.now()
    fault(pipeline, "throttle", CREATES, count=2)
    pipeline.put("data/retried.csv")
    (run,) = pipeline.until(lambda runs: len(runs) == 1 and bool(runs[0].cloud_status), since)
    (run,) = pipeline.until(
        lambda runs: [each.status for each in runs] == [RunStatus.SUCCEEDED], since
    )
    steps = pipeline.reader.steps(run.cloud_id)
    deliveries = [step for step in steps if step.name.startswith("delivery")]
    assert [step.status for step in deliveries] == [
        RunStatus.FAILED,
        RunStatus.FAILED,
        RunStatus.SUCCEEDED,
    ]
    assert [step.attempt for step in deliveries] == [1, 2, 3]
    pipeline.advance(QUIET)
    assert len(pipeline.runs(since)) == 1


def test_a_job_that_fails_says_why(pipeline: Steered) -> None:
    since = pipeline.session.now()
    fault(
        pipeline,
        "fail_step",
        "skyclock-retrained-*",
        count=1,
        message="The data has no label column.",
    )
    pipeline.put("data/bad.csv")
    (run,) = pipeline.ended(1, since)
    assert run.status is RunStatus.FAILED
    assert "no label column" in run.reason


def test_training_is_started_once_by_hand_stopped_and_repeated(pipeline: Steered) -> None:
    since = pipeline.session.now()
    pipeline.put("elsewhere/y.csv")  # for which no trigger waits
    cloud_id = pipeline.controls.start({"object": "elsewhere/y.csv"}, token="once")
    assert pipeline.controls.start({"object": "elsewhere/y.csv"}, token="once") == cloud_id
    pipeline.controls.stop(cloud_id)
    (run,) = pipeline.ended(1, since)
    assert (run.cloud_id, run.status, run.trigger) == (cloud_id, RunStatus.STOPPED, "manual")
    with pytest.raises(NotPossible, match="already ended"):
        pipeline.controls.stop(cloud_id)
    pipeline.controls.rerun(cloud_id, from_failure=False, token="repeat")
    again = pipeline.ended(2, since)[-1]
    assert (again.status, again.cause) == (RunStatus.SUCCEEDED, "elsewhere/y.csv")


@pytest.mark.parametrize("key", ["t1", "t2"])
def test_what_arrives_for_a_paused_trigger_trains_nothing(pipeline: Steered, key: str) -> None:
    pipeline.pause(key)
    states = {each: proof.state for each, proof in pipeline.proofs().items()}
    assert states[key] is TriggerState.PAUSED
    assert [*states.values()].count(TriggerState.ACTIVE) == 2
    before = pipeline.session.now()
    pipeline.put("data/paused.csv")
    pipeline.publish("lab", "dataset.ready")
    found = pipeline.ended(1, before)
    assert [run.trigger for run in found] == ["t2" if key == "t1" else "t1"]
    pipeline.advance(QUIET)
    assert len(pipeline.runs(before)) == 1
    pipeline.resume(key)
    assert pipeline.proofs()[key].state is TriggerState.ACTIVE


def test_a_burst_of_objects_trains_as_often_none_twice_none_lost(pipeline: Steered) -> None:
    since = pipeline.session.now()
    keys = [f"data/burst-{number:03}.csv" for number in range(BURST)]
    pipeline.put(*keys)
    found = pipeline.all_ended(BURST, since)
    assert sorted(run.cause for run in found) == keys
    assert {(run.status, run.trigger) for run in found} == {(RunStatus.SUCCEEDED, "t1")}
    pipeline.advance(QUIET)
    assert len(pipeline.runs(since)) == BURST


def test_a_hunter_removes_a_trigger_and_no_other(pipeline: Steered) -> None:
    hunter, session = registry.hunter(Cloud.GOOGLE), pipeline.session
    before = {each.name: each.cloud_id for each in hunter.listed(session, EVENTS)}
    (name,) = (each for each in before if each == f"skyclock-{pipeline.spec.slug}-messages")
    with pytest.raises(NotPossible, match="no pause"):
        hunter.pause(session, before[name])
    for _ in range(2):  # again is harmless
        hunter.remove(session, before[name])
        assert {each.name for each in hunter.listed(session, EVENTS)} == before.keys() - {name}
    assert {key: proof.state for key, proof in pipeline.proofs().items()} == {
        "t1": TriggerState.ACTIVE, "t2": TriggerState.MISSING, "t3": TriggerState.ACTIVE,
    }  # fmt: skip


def test_a_kill_in_the_middle_of_a_burst_loses_and_doubles_nothing(
    engine: EngineCommand, tmp_path: Path
) -> None:
    own = SandboxProcess(data=tmp_path / "sandbox").start()
    try:
        stack = deploy(tmp_path / "stack", engine, own, wanted("killed"))
        pipeline = Steered(BLUEPRINT, own, stack.spec)
        since = pipeline.session.now()
        keys = [f"data/{number:03}.csv" for number in range(40)]
        pipeline.put(*keys)
        own.end(signal.SIGKILL)
        own.start()
        assert {proof.state for proof in pipeline.proofs().values()} == {TriggerState.ACTIVE}
        found = pipeline.all_ended(len(keys), since)
        assert sorted(run.cause for run in found) == keys
        jobs = {step.cloud_id for run in found for step in pipeline.reader.steps(run.cloud_id)}
        assert len(jobs - {""}) == len(keys)
        assert stack.run(Operation.DESTROY).status == "succeeded"
    finally:
        own.end()


def test_a_destroy_ends_what_trains_and_leaves_nothing(
    engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    own = deploy(tmp_path, engine, sandbox, wanted("short-lived-too"))
    pipeline = Steered(BLUEPRINT, sandbox, own.spec)
    pipeline.controls.start({"object": "x.csv"}, token="in flight")
    gone = own.run(Operation.DESTROY)
    assert gone.status == "succeeded", gone.error
    assert {proof.state for proof in gone.proofs} == {TriggerState.MISSING}
    assert pipeline.reader.runs(since=None).runs == ()
