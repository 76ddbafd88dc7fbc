"""Runs of a deployed Data Factory pipeline on the sandbox: started by every kind of trigger and
by hand, read, stopped, repeated."""

from __future__ import annotations

import itertools
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from provisioning.blueprints.azure_data_factory.blueprint import BLUEPRINT
from provisioning.blueprints.base import Controls, RunReader
from provisioning.clouds import open_session
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Cloud,
    EngineCommand,
    EventSample,
    EventSpec,
    ObjectCreatedSpec,
    ObjectSample,
    Operation,
    RunRecord,
    RunStatus,
    ScheduleSpec,
    TriggerState,
    TumblingWindowSpec,
)
from provisioning.errors import NotPossible
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.factories import ACCOUNT
from tests.provisioning.blueprints.factories import spec as factory_spec
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

DAILY = ScheduleSpec(key="t1", cron="0 6 * * *", timezone="Europe/Berlin")
CREATED = ObjectCreatedSpec(key="t3", prefix="in/", suffix=".csv")
READY = EventSpec(key="t4", source="lab", types=("dataset.ready",))


@dataclass
class Deployed:
    """The pipeline, as a person with Skyclock sees it."""

    sandbox: SandboxProcess
    stack: DeployedStack
    began: datetime

    @cached_property
    def session(self) -> Session:
        return open_session(self.stack.access)

    @property
    def reader(self) -> RunReader:
        return BLUEPRINT.reader(self.session, self.stack.spec)

    @property
    def controls(self) -> Controls:
        return BLUEPRINT.controls(self.session, self.stack.spec)

    def advance(self, **delta: float) -> datetime:
        seconds = int(timedelta(**delta).total_seconds())
        self.sandbox.control("/clock", {"advance": f"PT{seconds}S"})
        return self.session.now()

    def runs(self, trigger: str, since: datetime | None = None) -> list[RunRecord]:
        reader, found, cursor = self.reader, [], None
        while True:
            page = reader.runs(since=since or self.began, cursor=cursor)
            found += [run for run in page.runs if run.trigger == trigger]
            cursor = page.cursor
            if not cursor:
                return found

    def put(self, key: str, content: bytes = b"1,2\n") -> str:
        return BLUEPRINT.emit(self.session, self.stack.spec, ObjectSample(key=key, content=content))

    def content(self, key: str) -> bytes:
        blobs = self.session.client(f"blobs/{self.stack.spec.outputs['storage_account']}")
        return bytes(blobs.get_blob_client("data", key).download_blob().readall())

    def publish(self, source: str, type: str, **detail: Any) -> str:
        sample = EventSample(source=source, type=type, detail=detail)
        return BLUEPRINT.emit(self.session, self.stack.spec, sample)

    def ended(self, cloud_id: str) -> RunRecord:
        self.advance(minutes=2)
        run = self.reader.run(cloud_id)
        assert run.status.final
        return run


@pytest.fixture(scope="module")
def deployed(
    tmp_path_factory: pytest.TempPathFactory, engine: EngineCommand, sandbox: SandboxProcess
) -> Iterator[Deployed]:
    now = datetime.fromisoformat(sandbox.control("/clock")["now"]).astimezone(UTC)
    began = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    windows = TumblingWindowSpec(
        key="t2", frequency="hour", interval=1, start=began, end=began + timedelta(hours=5)
    )
    wanted = factory_spec(DAILY, windows, CREATED, READY).model_copy(update={"slug": "running"})
    access = sandbox.access(ACCOUNT, cloud=Cloud.AZURE)
    stack = DeployedStack(tmp_path_factory.mktemp("stack"), engine, access, wanted)
    up = stack.run(Operation.UP)
    assert up.status == "succeeded", up.error
    yield Deployed(sandbox, stack, began)
    assert stack.run(Operation.DESTROY).status == "succeeded"


def test_a_schedule_fires_when_it_said_it_would(deployed: Deployed) -> None:
    proof = next(each for each in BLUEPRINT.trigger_states(deployed.session, deployed.stack.spec)
                 if each.key == "t1")  # fmt: skip
    since = deployed.session.now()
    deployed.advance(hours=25)
    runs = deployed.runs("t1", since)
    assert proof.next and proof.next in [run.started for run in runs]
    assert all(run.cause == "" for run in runs)


def test_windows_in_the_past_are_made_up_for_and_none_is_left_out(deployed: Deployed) -> None:
    deployed.advance(hours=6)
    causes = sorted(run.cause for run in deployed.runs("t2"))
    ends = [deployed.began + timedelta(hours=number) for number in range(6)]
    wanted = [
        f"{since:%Y-%m-%d %H:%M} to "
        + (f"{until:%H:%M}" if since.date() == until.date() else f"{until:%Y-%m-%d %H:%M}")
        + " UTC"
        for since, until in itertools.pairwise(ends)
    ]
    assert causes == sorted(wanted)


def test_a_run_by_hand_is_a_graph_of_steps_with_their_logs(deployed: Deployed) -> None:
    run = deployed.ended(deployed.controls.start({"regions": '["n", "s", "w"]'}, token="by hand"))
    assert (run.status, run.trigger, run.cause) == (RunStatus.SUCCEEDED, "manual", "")
    assert run.parameters["regions"].replace(" ", "") == '["n","s","w"]'
    steps = {step.name: step for step in deployed.reader.steps(run.cloud_id)}
    assert set(steps) == {
        "a file came", "regions", "prepare 1", "prepare 2", "prepare 3", "train",
    }  # fmt: skip
    assert steps["train"].after == ("regions",)
    assert steps["prepare 2"].after == ("regions",)
    assert all(step.status is RunStatus.SUCCEEDED for step in steps.values())
    log = deployed.reader.log(run.cloud_id, "prepare 2")
    assert '  "waitTimeInSeconds": 1' in [line.text for line in log.lines]


def test_the_same_request_starts_one_run(deployed: Deployed) -> None:
    first = deployed.controls.start({}, token="a click")
    assert deployed.controls.start({}, token="a click") == first
    assert deployed.controls.start({}, token="another click") != first


def test_a_run_that_is_stopped_says_so(deployed: Deployed) -> None:
    cloud_id = deployed.controls.start({}, token="to be stopped")
    deployed.controls.stop(cloud_id)
    assert deployed.ended(cloud_id).status is RunStatus.STOPPED
    with pytest.raises(NotPossible, match="already ended"):
        deployed.controls.stop(cloud_id)


def test_a_failed_run_goes_on_from_where_it_failed(deployed: Deployed) -> None:
    fault = {"kind": "fail_step", "cloud": "azure", "match": "train", "count": 1,
             "message": "out of memory"}  # fmt: skip
    deployed.sandbox.control("/faults", fault)
    failed = deployed.ended(deployed.controls.start({}, token="to fail"))
    assert failed.status is RunStatus.FAILED and "out of memory" in failed.reason
    step = deployed.reader.steps(failed.cloud_id)[-1]
    assert (step.name, step.reason) == ("train", "out of memory")
    lines = [line.text for line in deployed.reader.log(failed.cloud_id, "train").lines]
    assert any("out of memory" in line for line in lines)

    again = deployed.controls.rerun(failed.cloud_id, from_failure=True, token="on")
    assert deployed.controls.rerun(failed.cloud_id, from_failure=True, token="on") == again
    assert deployed.ended(again).status is RunStatus.SUCCEEDED
    assert [step.name for step in deployed.reader.steps(again)] == ["train"]
    with pytest.raises(NotPossible, match="this one is Succeeded"):
        deployed.controls.rerun(again, from_failure=True, token="more")


def test_a_run_is_repeated_with_its_parameters(deployed: Deployed) -> None:
    first = deployed.controls.start({"regions": '["n"]'}, token="first")
    again = deployed.controls.rerun(first, from_failure=False, token="again")
    assert again != first
    assert deployed.reader.run(again).parameters["regions"] == '["n"]'


def test_a_file_that_lands_starts_a_run_that_knows_it(deployed: Deployed) -> None:
    since = deployed.session.now()
    deployed.put("in/2027/x.csv", b"a,b\n")
    deployed.advance(minutes=2)
    (run,) = deployed.runs("t3", since)
    assert (run.status, run.cause) == (RunStatus.SUCCEEDED, "in/2027/x.csv")
    assert (run.parameters["file"], run.parameters["folder"]) == ("x.csv", "data/in/2027")
    assert run.started_by == "skyclock-running-t3"
    steps = {step.name: step for step in deployed.reader.steps(run.cloud_id)}
    assert steps["archive"].status is RunStatus.SUCCEEDED
    assert deployed.content(f"archive/{run.started:%Y-%m-%d}/x.csv") == b"a,b\n"
    log = [line.text.strip() for line in deployed.reader.log(run.cloud_id, "archive").lines]
    assert '"dataWritten": 4,' in log


def test_a_file_that_is_not_there_fails_the_step_that_wants_it(deployed: Deployed) -> None:
    parameters = {"file": "none.csv", "folder": "data/in"}
    run = deployed.ended(deployed.controls.start(parameters, token="a file that is missing"))
    assert run.status is RunStatus.FAILED and "none.csv" in run.reason
    steps = {step.name: step for step in deployed.reader.steps(run.cloud_id)}
    assert steps["archive"].status is RunStatus.FAILED
    assert "none.csv" in steps["archive"].reason


def test_files_elsewhere_and_of_other_kinds_start_nothing(deployed: Deployed) -> None:
    since = deployed.session.now()
    deployed.put("other/x.csv")
    deployed.put("in/x.txt")
    deployed.advance(minutes=2)
    assert deployed.runs("t3", since) == []


def test_an_empty_file_is_a_file(deployed: Deployed) -> None:
    since = deployed.session.now()
    deployed.put("in/empty.csv", b"")
    deployed.advance(minutes=2)
    assert [run.cause for run in deployed.runs("t3", since)] == ["in/empty.csv"]


def test_an_event_starts_a_run_that_knows_it(deployed: Deployed) -> None:
    since = deployed.session.now()
    identifier = deployed.publish("lab", "dataset.ready", rows=3)
    deployed.advance(minutes=2)
    (run,) = deployed.runs("t4", since)
    assert (run.status, run.cause) == (RunStatus.SUCCEEDED, f"dataset.ready {identifier}")


def test_events_of_others_and_of_other_types_start_nothing(deployed: Deployed) -> None:
    since = deployed.session.now()
    deployed.publish("lab", "dataset.deleted")
    deployed.publish("laboratory", "dataset.ready")
    deployed.publish("the lab", "dataset.ready")
    deployed.advance(minutes=2)
    assert deployed.runs("t4", since) == []


def test_what_is_paused_hears_nothing_and_hears_again_when_it_is_resumed(
    deployed: Deployed,
) -> None:
    since, spec = deployed.session.now(), deployed.stack.spec
    BLUEPRINT.pause(deployed.session, spec, "t3")
    deployed.put("in/unheard.csv")
    BLUEPRINT.resume(deployed.session, spec, "t3")
    deployed.put("in/heard.csv")
    deployed.advance(minutes=2)
    assert [run.cause for run in deployed.runs("t3", since)] == ["in/heard.csv"]


def test_two_hundred_files_at_once_are_two_hundred_runs(deployed: Deployed) -> None:
    since = deployed.session.now()
    keys = [f"in/burst/{number:03d}.csv" for number in range(200)]
    with ThreadPoolExecutor(max_workers=16) as threads:
        list(threads.map(deployed.put, keys))
    deployed.advance(minutes=30)
    runs = deployed.runs("t3", since)
    assert sorted(run.cause for run in runs) == keys, "no double, none lost"
    assert len({run.cloud_id for run in runs}) == 200
    assert {run.status for run in runs} == {RunStatus.SUCCEEDED}


def test_a_sandbox_that_is_killed_in_mid_run_goes_on_and_tells_the_truth(
    tmp_path: Path, engine: EngineCommand
) -> None:
    sandbox = SandboxProcess(data=tmp_path / "sandbox")
    sandbox.start()
    try:
        access = sandbox.access(ACCOUNT, cloud=Cloud.AZURE)
        wanted = factory_spec(CREATED).model_copy(update={"slug": "killed"})
        stack = DeployedStack(tmp_path, engine, access, wanted)
        assert stack.run(Operation.UP).status == "succeeded"
        deployed = Deployed(sandbox, stack, open_session(access).now())
        deployed.put("in/before.csv")
        wait_for(lambda: deployed.runs("t3"))
        sandbox.end(signal.SIGKILL)
        sandbox.start()

        (proof,) = BLUEPRINT.trigger_states(deployed.session, stack.spec)
        assert proof.state is TriggerState.ACTIVE
        deployed.put("in/after.csv")
        deployed.advance(minutes=2)
        runs = deployed.runs("t3")
        assert sorted(run.cause for run in runs) == ["in/after.csv", "in/before.csv"]
        assert {run.status for run in runs} == {RunStatus.SUCCEEDED}
        assert stack.run(Operation.UP).changes.update == 0
        assert stack.run(Operation.DESTROY).status == "succeeded"
    finally:
        sandbox.end()


def wait_for(found: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.05)
