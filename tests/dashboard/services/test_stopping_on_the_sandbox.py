"""Cancelling in two steps: the first waits for what runs and saves it, the second does not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard import launch, queries
from dashboard.models import Deployment, Pipeline, User
from dashboard.services import deployments, leases
from provisioning.contracts import EngineCommand, Operation
from provisioning.errors import NotPossible
from tests.sandbox_process import SandboxProcess

pytestmark = [
    pytest.mark.engine,
    pytest.mark.sandbox,
    pytest.mark.usefixtures("on_sandbox"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
SLOW_SECONDS = 12.0


class Slow:
    """The cloud takes its time over calls of one name; others are as quick as ever."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self.faults: list[str] = []

    def __call__(self, call: str, seconds: float = SLOW_SECONDS) -> None:
        fault = {"kind": "delay", "cloud": "aws", "match": call, "seconds": seconds, "count": 1}
        self.faults.append(self.sandbox.control("/faults", fault)["id"])

    def end(self) -> None:
        known = {each["id"] for each in self.sandbox.control("/faults")["faults"]}
        for id in known & set(self.faults):
            self.sandbox.control(f"/faults/{id}", method="DELETE")


@pytest.fixture
def slow(sandbox: SandboxProcess) -> Iterator[Slow]:
    made = Slow(sandbox)
    yield made
    made.end()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployments, "TEND_SECONDS", 0.05)


class Running:
    """A Deployment executed by a worker's thread."""

    def __init__(self, row: Deployment, actor: User) -> None:
        self.row, self.actor = row, actor
        self.thread = threading.Thread(target=deployments.execute, args=(row.pk,))
        self.thread.start()

    def until(self, ready: Callable[[Deployment], Any]) -> Deployment:
        deadline = time.monotonic() + 150
        while not ready(self.now):
            assert time.monotonic() < deadline, (self.row.status, self.row.phase)
            time.sleep(0.02)
        return self.row

    @property
    def now(self) -> Deployment:
        self.row.refresh_from_db()
        return self.row

    def cancel(self, *, at_once: bool = False) -> None:
        launch.request_cancel(actor=self.actor, deployment=self.row, at_once=at_once)

    def end(self) -> Deployment:
        self.thread.join(150)
        assert not self.thread.is_alive()
        return self.now


@pytest.fixture
def begin(engine: EngineCommand, member: User) -> Callable[..., Running]:
    def begun(pipeline: Pipeline, operation: str = "up") -> Running:
        row = launch.request_deployment(actor=member, pipeline=pipeline, operation=operation)
        return Running(row, member)

    return begun


@pytest.fixture
def pipeline(new_pipeline: Any, operate: Any, request: pytest.FixtureRequest) -> Iterator[Pipeline]:
    made = new_pipeline(request.node.name[:60])
    yield made
    made.refresh_from_db()
    if made.may_exist_in_cloud:
        operate(made, Operation.DESTROY)


def creating(kind: str) -> Callable[[Deployment], bool]:
    return lambda row: row.resources.filter(kind=kind, state="running").exists()


def states(row: Deployment) -> dict[str, str]:
    return {one.kind: one.state for one in queries.deployment_resources(row)}


def texts(row: Deployment) -> list[str]:
    return [line.text for line in queries.deployment_lines(row)]


QUEUE = "aws:sqs/queue:Queue"


def test_the_first_step_waits_for_what_runs_and_saves_it(
    pipeline: Pipeline, begin: Any, operate: Any, slow: Slow
) -> None:
    slow("CreateQueue", 6.0)
    running = begin(pipeline)
    running.until(creating(QUEUE))
    began = time.monotonic()
    running.cancel()
    running.cancel()  # a double click is one wish
    words = running.until(lambda row: "finishing" in row.phase).phase
    assert words.startswith("stopping: finishing") and "aws:sqs/queue" in words
    assert running.now.status == "running"
    row = running.end()
    assert time.monotonic() - began > 2, "it waited"
    assert (row.status, row.error, row.phase) == ("cancelled", None, "")
    assert states(row)[QUEUE] == "done", "what ran was finished and saved"
    assert row.changes["create"] >= 1
    again = begin(pipeline).end()
    assert again.status == "succeeded", again.error
    assert not any("cut off" in text for text in texts(again))
    assert row.changes["create"] + again.changes["create"] == 9, "nothing was made twice"


def test_the_second_step_does_not_wait_and_the_next_deployment_doubles_nothing(
    pipeline: Pipeline, begin: Any, slow: Slow
) -> None:
    slow("CreateQueue")
    running = begin(pipeline)
    running.until(creating(QUEUE))
    running.cancel()
    began = time.monotonic()
    running.cancel(at_once=True)
    row = running.end()
    passed = time.monotonic() - began
    assert passed < SLOW_SECONDS - 1
    assert (row.status, row.error, row.phase) == ("cancelled", None, "")
    assert states(row)[QUEUE] == "running", "nobody knows how it ended"
    assert any(text.startswith("Stopped at once") for text in texts(row))
    time.sleep(SLOW_SECONDS + 1 - passed)  # the cloud goes on by itself
    again = begin(pipeline).end()
    assert again.status == "succeeded", again.error
    assert any("it is taken over" in text for text in texts(again))
    third = begin(pipeline).end()
    assert (third.changes["create"], third.changes["same"]) == (0, 9)


@pytest.mark.parametrize(
    ("operation", "phase"),
    [("up", "prepare"), ("up", "apply"), ("preview", "preview"), ("up", "verify")],
)
def test_a_cancel_is_heard_in_every_phase(
    pipeline: Pipeline, begin: Any, slow: Slow, operation: str, phase: str
) -> None:
    if phase == "verify":
        slow("GetSchedule", 2.0)
    running = begin(pipeline, operation)
    running.until(lambda row: any(each["phase"] == phase for each in row.phases) or row.final)
    if running.now.final:
        pytest.fail("it ended before the phase was seen")
    try:
        running.cancel()
    except NotPossible:
        assert running.end().status == "succeeded"
        return
    row = running.end()
    done = row.status == "succeeded"
    assert row.status in ("cancelled", "succeeded"), row.error
    assert done == ("All was done before the wish to stop reached it." in texts(row))
    assert row.error is None
    if phase == "verify":
        assert done


def test_a_wish_that_came_before_the_operation_began_starts_nothing(
    pipeline: Pipeline, begin: Any, member: User
) -> None:
    row = launch.request_deployment(actor=member, pipeline=pipeline, operation="preview")
    lease = leases.claim(row)
    assert lease
    launch.request_cancel(actor=member, deployment=row)
    Deployment.objects.filter(pk=row.pk).update(lease_until=timezone.now() - timedelta(minutes=5))
    assert deployments.reap().pipelines == [pipeline.pk]
    row.refresh_from_db()
    assert (row.status, row.error) == ("cancelled", None)


def test_whoever_follows_after_a_workers_death_passes_the_wish_on(
    pipeline: Pipeline, begin: Any, slow: Slow, member: User
) -> None:
    slow("CreateQueue", 30.0)
    running = begin(pipeline)
    running.until(creating(QUEUE))
    lost = Deployment.objects.filter(pk=running.row.pk)
    lost.update(lease_owner="gone|boot|1|x", lease_until=timezone.now() - timedelta(minutes=5))
    running.cancel()
    running.cancel(at_once=True)
    follower = threading.Thread(target=deployments.execute, args=(running.row.pk,))
    began = time.monotonic()
    follower.start()
    follower.join(150)
    assert time.monotonic() - began < 25
    assert running.end().status == "cancelled"
