"""A deployed Data Factory pipeline on the sandbox: changed while its triggers run, cut off,
failed, paused, destroyed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from provisioning.blueprints.azure_data_factory import names
from provisioning.blueprints.azure_data_factory.api import FactoryApi
from provisioning.blueprints.azure_data_factory.blueprint import BLUEPRINT
from provisioning.clouds import open_session
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Changes,
    Cloud,
    EngineCommand,
    EventSpec,
    LogEvent,
    ObjectCreatedSpec,
    Operation,
    OutcomeEvent,
    ScheduleSpec,
    TriggerSpec,
    TriggerState,
    TumblingWindowSpec,
)
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.factories import ACCOUNT
from tests.provisioning.blueprints.factories import spec as factory_spec
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

DAILY = ScheduleSpec(key="t1", cron="0 6 * * *", timezone="Europe/Berlin")
WINDOWS = TumblingWindowSpec(
    key="t2", frequency="hour", interval=6, start=datetime(2031, 1, 1, tzinfo=UTC)
)
CREATED = ObjectCreatedSpec(key="t3", prefix="in/", suffix=".csv")
READY = EventSpec(key="t4", source="lab", types=("dataset.ready",))
ALL = (DAILY, WINDOWS, CREATED, READY)
ACTIVE = dict.fromkeys(("t1", "t2", "t3", "t4"), TriggerState.ACTIVE)


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, engine: EngineCommand, sandbox: SandboxProcess
) -> Iterator[DeployedStack]:
    wanted = factory_spec(*ALL).model_copy(update={"slug": "changing"})
    access = sandbox.access(ACCOUNT, cloud=Cloud.AZURE)
    deployed = DeployedStack(tmp_path_factory.mktemp("stack"), engine, access, wanted)
    up = deployed.run(Operation.UP)
    assert up.status == "succeeded", up.error
    yield deployed
    down = deployed.run(Operation.DESTROY)
    assert down.status == "succeeded", down.error
    assert states(down) == dict.fromkeys(ACTIVE, TriggerState.MISSING)


@pytest.fixture(autouse=True)
def as_it_was(stack: DeployedStack) -> Iterator[None]:
    """Each test finds all four triggers running."""
    whole = stack.spec
    yield
    stack.spec = whole
    up = stack.run(Operation.UP)
    assert (up.status, states(up)) == ("succeeded", ACTIVE), up.error


@pytest.fixture
def session(stack: DeployedStack) -> Session:
    return open_session(stack.access)


def states(outcome: OutcomeEvent) -> dict[str, TriggerState]:
    return {proof.key: proof.state for proof in outcome.proofs}


def said(stack: DeployedStack) -> list[str]:
    """What was told of triggers, their names shortened to their keys."""
    lines = [event.text for event in stack.events if isinstance(event, LogEvent)]
    start = "skyclock-changing-"
    return [line.replace(start, "") for line in lines if line.startswith("Trigger ")]


def with_triggers(stack: DeployedStack, *triggers: TriggerSpec) -> None:
    stack.spec = stack.spec.model_copy(update={"triggers": triggers})


def in_cloud(stack: DeployedStack, session: Session) -> dict[str, str]:
    found = FactoryApi(session, stack.spec).triggers()
    return {name[-2:]: str(each["runtimeState"]) for name, each in found.items()}


def wait_until(ready: Callable[[], bool], seconds: float = 150) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.02)


@contextmanager
def refusing(sandbox: SandboxProcess, operation: str) -> Iterator[None]:
    """The simulated Azure refuses an operation, by its name in the API's description."""
    fault = {
        "kind": "refuse", "cloud": "azure", "match": operation, "code": "AuthorizationFailed",
        "message": "somebody took the right away",
    }  # fmt: skip
    added = sandbox.control("/faults", fault)
    try:
        yield
    finally:
        sandbox.control(f"/faults?id={added['id']}", method="DELETE")


def test_the_pipeline_changes_in_place_while_its_triggers_run(stack: DeployedStack) -> None:
    stack.change(concurrency=3)
    up = stack.run(Operation.UP)
    assert up.changes.update == 1 and states(up) == ACTIVE
    assert said(stack) == [], "nothing had to be stopped"


def test_only_the_trigger_that_changes_is_stopped_and_started(stack: DeployedStack) -> None:
    with_triggers(stack, DAILY, WINDOWS, CREATED.model_copy(update={"suffix": ".txt"}), READY)
    up = stack.run(Operation.UP)
    assert (up.changes.update, states(up)) == (1, ACTIVE), up.error
    assert said(stack) == [
        "Trigger t3 is stopped.",
        "Trigger t3 is being subscribed to its events.",
        "Trigger t3 is started.",
    ]


def test_a_failed_up_starts_again_exactly_what_ran(
    stack: DeployedStack, sandbox: SandboxProcess, session: Session
) -> None:
    paused = DAILY.model_copy(update={"paused": True})
    with_triggers(stack, paused, WINDOWS, CREATED, READY)
    stack.run(Operation.UP)
    assert in_cloud(stack, session)["t1"] == "Stopped"

    other = ScheduleSpec(key="t1", cron="0 7 * * *", timezone="UTC", paused=True)
    with_triggers(stack, other, WINDOWS, CREATED.model_copy(update={"suffix": ".txt"}), READY)
    with refusing(sandbox, "Triggers.CreateOrUpdate"):
        up = stack.run(Operation.UP)
    assert up.status == "failed" and up.error and "AuthorizationFailed" in up.error.summary
    assert in_cloud(stack, session) == {
        "t1": "Stopped", "t2": "Started", "t3": "Started", "t4": "Started",
    }  # fmt: skip
    assert said(stack) == [
        "Trigger t3 is stopped.",
        "Trigger t3 is being subscribed to its events.",
        "Trigger t3 is started.",
    ]
    assert states(up)["t3"] is TriggerState.ACTIVE, "the proof is read all the same"


def test_triggers_come_and_go(stack: DeployedStack) -> None:
    with_triggers(stack, DAILY, WINDOWS)
    up = stack.run(Operation.UP)
    assert up.status == "succeeded", up.error
    assert up.changes.delete >= 2, "the topic goes with the last event trigger"
    assert states(up) == {"t1": TriggerState.ACTIVE, "t2": TriggerState.ACTIVE}


def test_a_window_that_moves_is_replaced(stack: DeployedStack) -> None:
    later = datetime(2032, 1, 1, tzinfo=UTC)
    with_triggers(stack, DAILY, WINDOWS.model_copy(update={"start": later}), CREATED, READY)
    up = stack.run(Operation.UP)
    assert (up.status, up.changes.replace) == ("succeeded", 1), up.error
    assert states(up) == ACTIVE
    assert said(stack) == [
        "Trigger t2 is made anew: its windows run from the first one on.",
        "Trigger t2 is stopped.",
        "Trigger t2 is started.",
    ]


def test_a_trigger_of_another_kind_takes_the_place_of_the_old_one(stack: DeployedStack) -> None:
    other = ObjectCreatedSpec(key="t1", prefix="other/")
    with_triggers(stack, other, WINDOWS, CREATED, READY)
    up = stack.run(Operation.UP)
    assert (up.status, up.changes.replace) == ("succeeded", 1), up.error
    assert states(up) == ACTIVE


def test_what_a_crash_left_stopped_is_said_and_started_by_the_next_deployment(
    stack: DeployedStack, session: Session
) -> None:
    with_triggers(stack, DAILY, WINDOWS, CREATED.model_copy(update={"suffix": ".txt"}), READY)
    running = stack.start(Operation.UP)
    wait_until(lambda: "Trigger t3 is stopped." in said(stack))
    running.kill()
    wait_until(lambda: running.poll() is not None)
    proofs = {each.key: each for each in BLUEPRINT.trigger_states(session, stack.spec)}
    assert proofs["t3"].state is TriggerState.PAUSED
    assert "though it ought to run" in proofs["t3"].message
    assert proofs["t1"].state is TriggerState.ACTIVE

    up = stack.run(Operation.UP)
    assert (up.status, states(up)) == ("succeeded", ACTIVE), up.error


def test_a_trigger_that_cannot_be_started_fails_the_deployment_with_its_proof(
    stack: DeployedStack, sandbox: SandboxProcess
) -> None:
    with_triggers(stack, DAILY, WINDOWS, CREATED.model_copy(update={"suffix": ".txt"}), READY)
    with refusing(sandbox, "Triggers.Start"):
        up = stack.run(Operation.UP)
    assert up.status == "failed" and up.changes.update == 1
    assert up.error and up.error.cloud_message == "somebody took the right away"
    assert states(up) == {**ACTIVE, "t3": TriggerState.PAUSED}


def test_paused_and_resumed_is_what_the_cloud_says(stack: DeployedStack, session: Session) -> None:
    for key in ACTIVE:
        BLUEPRINT.pause(session, stack.spec, key)
        assert in_cloud(stack, session)[key] == "Stopped"
        BLUEPRINT.resume(session, stack.spec, key)
    assert set(in_cloud(stack, session).values()) == {"Started"}


def test_nothing_is_changed_by_deploying_again(stack: DeployedStack) -> None:
    up = stack.run(Operation.UP)
    assert up.changes == Changes(same=up.changes.same)
    assert said(stack) == []


def test_what_others_changed_is_told_in_words(stack: DeployedStack, session: Session) -> None:
    assert stack.run(Operation.REFRESH).drifts == (), "that triggers are started is no change"
    BLUEPRINT.pause(session, stack.spec, "t1")
    place = FactoryApi(session, stack.spec).place
    pipelines = session.client("datafactory").pipelines
    found = pipelines.get(*place, "skyclock-changing")
    found["properties"]["concurrency"] = 9
    pipelines.create_or_update(*place, "skyclock-changing", found)

    refresh = stack.run(Operation.REFRESH)
    assert [drift.sentence for drift in refresh.drifts if not drift.cosmetic] == [
        "The pipeline pipeline does something else: concurrency, 20 → 9.",
        "The trigger t1 was stopped in the cloud.",
    ]
    assert states(refresh) == {**ACTIVE, "t1": TriggerState.PAUSED}
    stopped = next(proof for proof in refresh.proofs if proof.key == "t1")
    assert "though it ought to run" in stopped.message


def test_names_are_those_that_the_stack_tells(stack: DeployedStack) -> None:
    outputs: dict[str, Any] = stack.spec.outputs
    assert outputs["factory_name"] == names.factory("changing", ACCOUNT)
    assert outputs["storage_account"] == names.account("changing", ACCOUNT)
    assert outputs["triggers"]["t3"] == ["skyclock-changing-t3"]
