"""A deployed SageMaker pipeline that objects and events start."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from provisioning.blueprints.aws_sagemaker_pipeline.blueprint import BLUEPRINT
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
    TriggerState,
)
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.pipelines import landing, ready, spec
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

OWN = "skyclock-by-events-111122223333"
CSV = b"age,balance,products,active,left\n" + b"30,1.0,1,1,0\n" * 80


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, engine: EngineCommand, sandbox: SandboxProcess
) -> Iterator[DeployedStack]:
    settings = BLUEPRINT.example()
    settings["starts"]["event_parameters"] = [{"parameter": "InputKey", "path": "$.detail.key"}]
    wanted = spec(settings, slug="by-events", triggers=(landing("t1"), ready("t2")))
    deployed = DeployedStack(tmp_path_factory.mktemp("stack"), engine, sandbox.access(), wanted)
    outcome = deployed.run(Operation.UP)
    assert outcome.status == "succeeded", outcome.error
    assert {proof.state for proof in outcome.proofs} == {TriggerState.ACTIVE}
    yield deployed
    outcome = deployed.run(Operation.DESTROY)
    assert outcome.status == "succeeded", outcome.error


@pytest.fixture
def session(stack: DeployedStack) -> Session:
    return open_session(stack.access)


def drop(session: Session, spec: StackSpec, key: str) -> str:
    return BLUEPRINT.emit(session, spec, ObjectSample(key=key, content=CSV))


def ended(
    sandbox: SandboxProcess, session: Session, spec: StackSpec, since: datetime, count: int
) -> list[RunRecord]:
    reader, deadline = BLUEPRINT.reader(session, spec), time.monotonic() + 150
    while True:
        found = reader.runs(since=since).runs
        assert len(found) <= count, found
        if len(found) == count and all(run.status.final for run in found):
            return [reader.run(run.cloud_id) for run in found]
        assert time.monotonic() < deadline, found
        sandbox.control("/clock", {"advance": "PT15S"})


def test_an_object_starts_it_with_its_place_and_others_do_not(
    sandbox: SandboxProcess, stack: DeployedStack, session: Session
) -> None:
    since = session.now()
    for key in ("other/x.csv", "data/x.txt", "data/x.csv", "data/deep/y.csv"):
        drop(session, stack.spec, key)
    runs = ended(sandbox, session, stack.spec, since, 2)
    assert {run.cause for run in runs} == {"data/x.csv", "data/deep/y.csv"}
    assert {run.trigger for run in runs} == {"t1"}
    assert {run.parameters["InputBucket"] for run in runs} == {OWN}
    assert {run.status for run in runs} == {RunStatus.SUCCEEDED}


def test_an_event_starts_it_until_the_trigger_is_paused(
    sandbox: SandboxProcess, stack: DeployedStack, session: Session
) -> None:
    since = session.now()
    sample = EventSample(
        source="example.data", type="dataset.ready", detail={"key": "input/train.csv"}
    )
    BLUEPRINT.emit(session, stack.spec, sample)
    (run,) = ended(sandbox, session, stack.spec, since, 1)
    assert (run.trigger, run.cause) == ("t2", "dataset.ready input/train.csv")
    assert run.status is RunStatus.SUCCEEDED
    BLUEPRINT.pause(session, stack.spec, "t2")
    states = {each.key: each.state for each in BLUEPRINT.trigger_states(session, stack.spec)}
    assert states == {"t1": TriggerState.ACTIVE, "t2": TriggerState.PAUSED}
    BLUEPRINT.emit(session, stack.spec, sample)
    sandbox.control("/clock", {"advance": "PT30S"})
    assert len(BLUEPRINT.reader(session, stack.spec).runs(since=since).runs) == 1
    BLUEPRINT.resume(session, stack.spec, "t2")
    BLUEPRINT.emit(session, stack.spec, sample)
    assert len(ended(sandbox, session, stack.spec, since, 2)) == 2
