"""An event-sourced training on the sandbox: events come, models come of them, and the log tells."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from provisioning.blueprints.aws_event_sourced_training.assets.training_events.wording import (
    REGISTERED,
    REQUESTED,
    STARTED,
    SUCCEEDED,
)
from provisioning.blueprints.aws_event_sourced_training.blueprint import BLUEPRINT
from provisioning.blueprints.aws_event_sourced_training.example import BUCKET as SHARED
from provisioning.blueprints.base import EventLog
from provisioning.contracts import (
    EngineCommand,
    EventSample,
    LoggedEvent,
    ObjectSample,
    Operation,
    RunRecord,
    RunStatus,
    StackSpec,
    TriggerState,
)
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.deployed_on_aws import DeployedOnAws
from tests.provisioning.blueprints.pipelines import daily, landing, ready
from tests.provisioning.blueprints.sourced import sourced
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox, pytest.mark.timeout(300)]

DATA = f"{SHARED}/input/"
SECONDS = 150
BURST = 200
F = TypeVar("F")
TRIGGERS = (daily("t1"), landing("t2"), ready("t3"))


@dataclass
class Watched(DeployedOnAws):
    """The deployed pipeline, as a person with Skyclock sees it."""

    blueprint = BLUEPRINT

    @property
    def log(self) -> EventLog:
        found = BLUEPRINT.event_log(self.session, self.spec)
        assert found is not None
        return found

    def send(self, kind: str = "dataset.ready", **detail: Any) -> str:
        sample = EventSample(source="example.data", type=kind, detail=detail or {"data": DATA})
        return BLUEPRINT.emit(self.session, self.spec, sample)

    def drop(self, key: str) -> str:
        sample = ObjectSample(key=key, content=b"1,2,3\n")
        return BLUEPRINT.emit(self.session, self.spec, sample)

    def advance(self, seconds: float) -> None:
        self.sandbox.control("/clock", {"advance": f"PT{int(seconds)}S"})

    def until(self, look: Callable[[], F], *, seconds: float = SECONDS) -> F:
        """What `look` finds; sandbox time goes on meanwhile."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            assert time.monotonic() < deadline, self.sandbox.output.read_text()[-3000:]
            self.advance(3)
        return found

    def runs(self, since: datetime) -> list[RunRecord]:
        page = self.reader.runs(since=since)
        found = [*page.runs]
        while page.cursor:
            page = self.reader.runs(since=since, cursor=page.cursor)
            found += page.runs
        return found

    def ended(
        self, since: datetime, count: int = 1, *, seconds: float = SECONDS
    ) -> list[RunRecord]:
        """The runs since then, when there are so many and all have ended."""

        def look() -> list[RunRecord]:
            found = self.runs(since)
            assert len(found) <= count, found
            return found if len(found) == count and all(r.status.final for r in found) else []

        return [self.reader.run(run.cloud_id) for run in self.until(look, seconds=seconds)]

    def events(self, since: datetime) -> list[LoggedEvent]:
        page = self.log.events(since=since, until=None)
        found = [*page.events]
        while page.cursor:
            page = self.log.events(since=since, until=None, cursor=page.cursor)
            found += page.events
        return found

    def said(self, since: datetime, *kinds: str) -> list[LoggedEvent]:
        """The events since then, when all of these kinds have been said."""

        def look() -> list[LoggedEvent]:
            found = self.events(since)
            return found if set(kinds) <= {each.type for each in found if not each.replay} else []

        return self.until(look)

    def replayed(self, since: datetime, until: datetime, *, again: bool, token: str) -> str:
        """The replay's name, when it is over."""
        name = self.log.replay(since=since, until=until, again=again, token=token)
        self.until(lambda: any(r.name == name and r.status.final for r in self.log.replays()))
        return name


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, engine: EngineCommand, sandbox: SandboxProcess
) -> Iterator[DeployedStack]:
    deployed = DeployedStack(
        tmp_path_factory.mktemp("stack"), engine, sandbox.access(), bare("watched")
    )
    outcome = deployed.run(Operation.UP)
    assert outcome.status == "succeeded", outcome.error
    yield deployed
    outcome = deployed.run(Operation.DESTROY)
    assert outcome.status == "succeeded", outcome.error


def bare(slug: str) -> StackSpec:
    """As the product hands it over: not prepared yet."""
    return sourced(slug=slug, triggers=TRIGGERS).model_copy(
        update={"natives": {}, "triggers": TRIGGERS}
    )


@pytest.fixture
def pipeline(sandbox: SandboxProcess, stack: DeployedStack) -> Watched:
    found = Watched(sandbox, stack.spec)
    found.advance(61)  # what a test looks at begins after what the one before has done
    return found


# ── From an event to a model ────────────────────────────────────────────────────────


def test_an_event_becomes_a_model_and_every_step_is_an_event(pipeline: Watched) -> None:
    since = pipeline.session.now()
    cause = pipeline.send()
    (run,) = pipeline.ended(since)
    assert (run.status, run.trigger, run.reason) == (RunStatus.SUCCEEDED, "t3", "")
    assert run.started_by == f"event {cause}"
    assert run.cause.startswith("dataset.ready ")
    assert run.parameters == {"data": DATA}
    events = pipeline.said(since, REGISTERED)
    assert [each.type for each in events] == [
        "dataset.ready", REQUESTED, STARTED, SUCCEEDED, REGISTERED,
    ]  # fmt: skip
    assert events[0].id == cause
    assert [event.time for event in events] == sorted(event.time for event in events)
    states = [pipeline.log.state(events[: count + 1]) for count in range(len(events))]
    assert [state.step for state in states] == [
        "waiting", "requested", "training", "trained", "trained",
    ]  # fmt: skip
    assert states[-1].data == DATA
    assert states[-2].model == ""
    assert states[-1].model.startswith("skyclock-watched version ")


def test_a_run_has_its_steps_in_a_chain_and_its_logs(pipeline: Watched) -> None:
    since = pipeline.session.now()
    pipeline.send()
    (run,) = pipeline.ended(since)
    pipeline.said(since, REGISTERED)
    steps = pipeline.reader.steps(run.cloud_id)
    assert [step.name for step in steps] == [
        "Request", "Starting", "Downloading", "Training", "Uploading", "Register",
    ]  # fmt: skip
    assert [step.after for step in steps[1:]] == [(step.name,) for step in steps[:-1]]
    assert {step.status for step in steps} == {RunStatus.SUCCEEDED}
    training = pipeline.reader.log(run.cloud_id, "Training")
    assert any("Reporting training SUCCESS" in line.text for line in training.lines)
    request = pipeline.reader.log(run.cloud_id, "Request")
    assert any("CreateTrainingJob" in line.text or "Train" in line.text for line in request.lines)


def test_an_object_trains_on_itself_and_others_start_nothing(pipeline: Watched) -> None:
    since = pipeline.session.now()
    pipeline.drop("other/x.csv")
    pipeline.drop("data/x.txt")
    address = pipeline.drop("data/x.csv")
    (run,) = pipeline.ended(since)
    assert (run.trigger, run.cause, run.parameters) == ("t2", "data/x.csv", {"data": address})
    landed = [each for each in pipeline.events(since) if each.source == "aws.s3"]
    assert [each.detail["object"]["key"] for each in landed] == ["data/x.csv"]


def test_an_event_names_a_key_of_the_own_bucket(pipeline: Watched) -> None:
    since = pipeline.session.now()
    address = pipeline.drop("other/y.csv")
    pipeline.send(data="other/y.csv")
    (run,) = pipeline.ended(since)
    assert (run.status, run.trigger) == (RunStatus.SUCCEEDED, "t3")
    assert run.parameters == {"data": address}


def test_an_event_that_names_no_data_of_s3_is_a_failed_run_with_the_reason(
    pipeline: Watched,
) -> None:
    since = pipeline.session.now()
    pipeline.send(data="gs://another-cloud/x.csv")
    (run,) = pipeline.ended(since)
    assert (run.status, run.trigger) == (RunStatus.FAILED, "t3")
    assert "detail.data" in run.reason


def test_a_schedule_trains_on_what_the_settings_name(pipeline: Watched) -> None:
    proofs = {each.key: each for each in BLUEPRINT.trigger_states(pipeline.session, pipeline.spec)}
    assert {each.state for each in proofs.values()} == {TriggerState.ACTIVE}
    due = proofs["t1"].next
    assert due is not None
    pipeline.advance((due - pipeline.session.now()).total_seconds() + 1)
    (run,) = pipeline.ended(due - timedelta(seconds=5))
    assert (run.trigger, run.parameters) == ("t1", {"data": DATA})
    assert run.status is RunStatus.SUCCEEDED
    assert run.started - due < timedelta(minutes=1)


def test_data_that_are_not_there_fail_the_run_with_sagemakers_words(pipeline: Watched) -> None:
    since = pipeline.session.now()
    pipeline.send(data=f"{SHARED}/nothing-here/")
    (run,) = pipeline.ended(since)
    assert (run.status, run.trigger) == (RunStatus.FAILED, "t3")
    assert "nothing-here" in run.reason
    state = pipeline.log.state(pipeline.events(since))
    assert (state.step, state.data) == ("failed", f"{SHARED}/nothing-here/")
    (step,) = pipeline.reader.steps(run.cloud_id)
    assert step.status is RunStatus.FAILED


# ── Asked for by people ─────────────────────────────────────────────────────────────


def test_a_run_is_asked_for_once_and_can_be_stopped_and_repeated(pipeline: Watched) -> None:
    since = pipeline.session.now()
    cloud_id = pipeline.controls.start({}, token="by hand")
    assert pipeline.controls.start({}, token="by hand") == cloud_id
    assert not pipeline.reader.run(cloud_id).status.final
    pipeline.until(lambda: pipeline.reader.run(cloud_id).status is RunStatus.RUNNING)
    pipeline.controls.stop(cloud_id)
    (run,) = pipeline.ended(since)
    assert (run.cloud_id, run.status, run.trigger) == (cloud_id, RunStatus.STOPPED, "manual")
    again = pipeline.controls.rerun(cloud_id, from_failure=False, token="once more")
    assert again != cloud_id
    found = {run.cloud_id: run for run in pipeline.ended(since, 2)}
    assert found[again].status is RunStatus.SUCCEEDED
    assert found[again].parameters == {"data": DATA}


# ── Replayed ────────────────────────────────────────────────────────────────────────


def test_replaying_twice_does_not_train_twice_unless_asked(pipeline: Watched) -> None:
    since = pipeline.session.now()
    pipeline.send()
    (first,) = pipeline.ended(since)
    pipeline.said(since, REGISTERED)
    until = pipeline.session.now()
    before = pipeline.events(since)
    for token in ("one", "two"):
        pipeline.replayed(since, until, again=False, token=token)
    pipeline.advance(30)
    assert [run.cloud_id for run in pipeline.runs(since)] == [first.cloud_id]
    after = pipeline.events(since)
    assert [each.replay for each in after[: len(before)]] == [""] * len(before)
    assert len([each for each in after if each.replay]) == 2 * len(before)
    assert [each for each in after if not each.replay] == before
    assert pipeline.log.state(after) == pipeline.log.state(before)

    name = pipeline.replayed(since, until, again=True, token="three")
    found = {run.cloud_id: run for run in pipeline.ended(since, 2)}
    assert first.cloud_id in found
    (again,) = [run for run in found.values() if run.cloud_id != first.cloud_id]
    assert (again.status, again.trigger) == (RunStatus.SUCCEEDED, "t3")
    assert again.cause == f"{first.cause} (replayed)"
    assert pipeline.log.replay(since=since, until=until, again=True, token="three") == name
    pipeline.advance(30)
    assert len(pipeline.runs(since)) == 2
    assert [each.again for each in pipeline.log.replays()[:3]] == [True, False, False]


def test_what_came_while_a_trigger_was_paused_is_made_up_for_by_a_replay(
    pipeline: Watched,
) -> None:
    BLUEPRINT.pause(pipeline.session, pipeline.spec, "t3")
    states = {
        each.key: each.state for each in BLUEPRINT.trigger_states(pipeline.session, pipeline.spec)
    }
    assert states["t3"] is TriggerState.PAUSED
    since = pipeline.session.now()
    pipeline.send()
    pipeline.advance(30)
    assert pipeline.runs(since) == []
    assert [each.type for each in pipeline.events(since)] == ["dataset.ready"]
    BLUEPRINT.resume(pipeline.session, pipeline.spec, "t3")
    pipeline.replayed(since, pipeline.session.now(), again=False, token="made up")
    (run,) = pipeline.ended(since)
    assert (run.status, run.trigger) == (RunStatus.SUCCEEDED, "t3")


# ── The notebook instance ───────────────────────────────────────────────────────────


def test_the_notebook_is_stopped_and_started(pipeline: Watched) -> None:
    session, spec = pipeline.session, pipeline.spec
    (found,) = pipeline.until(lambda: in_status(pipeline, "running"))
    assert found.url is None, "there is nothing to open in the sandbox"
    BLUEPRINT.switch_instance(session, spec, found.name, running=False)
    pipeline.until(lambda: in_status(pipeline, "stopped"))
    BLUEPRINT.switch_instance(session, spec, found.name, running=True)
    pipeline.until(lambda: in_status(pipeline, "running"))


def in_status(pipeline: Watched, status: str) -> list[Any]:
    found = BLUEPRINT.instances(pipeline.session, pipeline.spec)
    return [each for each in found if each.status == status]


# ── Many, and mishaps ───────────────────────────────────────────────────────────────


def test_two_hundred_events_at_once_are_two_hundred_runs(pipeline: Watched) -> None:
    since = pipeline.session.now()
    events = pipeline.session.client("events")
    sent: list[str] = []
    for number in range(0, BURST, 10):
        entries = [
            {
                "EventBusName": "skyclock-watched",
                "Source": "example.data",
                "DetailType": "dataset.ready",
                "Detail": f'{{"data": "{DATA}", "number": {number + one}}}',
            }
            for one in range(10)
        ]
        answer = events.put_events(Entries=entries)
        sent += [each["EventId"] for each in answer["Entries"]]
    runs = pipeline.ended(since, BURST, seconds=200)
    assert {run.status for run in runs} == {RunStatus.SUCCEEDED}
    assert sorted(run.started_by for run in runs) == sorted(f"event {id}" for id in sent)
    logged = pipeline.events(since)
    assert [each.id for each in logged if each.type == "dataset.ready"] == sent, "order is kept"
    pipeline.until(lambda: registered(pipeline, since) == BURST)
    state = pipeline.log.state(pipeline.events(since))
    assert state.facts["trained"] == state.facts["model versions"] == str(BURST)


def registered(pipeline: Watched, since: datetime) -> int:
    return len({e.detail["job"] for e in pipeline.events(since) if e.type == REGISTERED})


def test_a_kill_in_the_middle_loses_nothing_and_doubles_nothing(
    engine: EngineCommand, tmp_path: Path
) -> None:
    sandbox = SandboxProcess(data=tmp_path / "sandbox").start()
    try:
        own = DeployedStack(tmp_path, engine, sandbox.access(), bare("killed"))
        assert own.run(Operation.UP).status == "succeeded"
        pipeline = Watched(sandbox, own.spec)
        since = pipeline.session.now()
        sent = [pipeline.send() for _ in range(12)]
        pipeline.until(lambda: len(pipeline.runs(since)) >= 3)
        sandbox.end(signal.SIGKILL)
        sandbox.start()
        pipeline = Watched(sandbox, own.spec)
        runs = pipeline.ended(since, len(sent))
        assert {run.status for run in runs} == {RunStatus.SUCCEEDED}
        assert sorted(run.started_by for run in runs) == sorted(f"event {id}" for id in sent)
        pipeline.until(lambda: registered(pipeline, since) == len(sent))
        state = pipeline.log.state(pipeline.events(since))
        assert state.facts["trained"] == str(len(sent))
        assert own.run(Operation.DESTROY).status == "succeeded"
    finally:
        sandbox.end()
