"""Pulling history. The reader answers recorded pages; what is saved is the subject."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.models import Connection, Pipeline, Run, Step
from dashboard.services import history, run_rows, triggers
from dashboard.services.entering import Entered
from provisioning.contracts import (
    Level,
    RunPage,
    RunRecord,
    RunStatus,
    StepRecord,
    TriggerProof,
    TriggerState,
)
from provisioning.errors import CloudAway, NotFound, NotPossible, PermissionDenied, Throttled

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@dataclass
class RecordedCloud:
    """A Blueprint, a session and a reader in one, of which the test says what they answer."""

    records: dict[str, RunRecord] = field(default_factory=dict)
    steps_of: dict[str, tuple[StepRecord, ...]] = field(default_factory=dict)
    page: int = 2
    clock: datetime = NOON
    error: Exception | None = None
    asked: list[Any] = field(default_factory=list)
    proofs: tuple[TriggerProof, ...] = ()

    def has(self, id: str, status: str, at: datetime, **more: Any) -> None:
        self.records[id] = RunRecord(
            cloud_id=id, status=RunStatus(status), cloud_status=status.title(), started=at, **more
        )

    def runs(self, *, since: datetime | None, cursor: str | None = None) -> RunPage:
        self.asked.append(("runs", since, cursor))
        if self.error:
            raise self.error
        newest = sorted(self.records.values(), key=lambda one: one.started, reverse=True)
        found = [one for one in newest if since is None or one.started >= since]
        begin = int(cursor or 0)
        end = begin + self.page
        # As SageMaker does: the list lacks the end, the parameters and the trigger.
        bare = [
            one.model_copy(update={"finished": None, "parameters": {}, "trigger": ""})
            for one in found[begin:end]
        ]
        return RunPage(runs=tuple(bare), cursor=str(end) if end < len(found) else None)

    def run(self, cloud_id: str) -> RunRecord:
        self.asked.append(("run", cloud_id))
        if cloud_id not in self.records:
            raise NotFound("No such execution.")
        return self.records[cloud_id]

    def steps(self, cloud_id: str) -> tuple[StepRecord, ...]:
        self.asked.append(("steps", cloud_id))
        return self.steps_of.get(cloud_id, ())

    def now(self) -> datetime:
        return self.clock

    def reader(self, session: Any, spec: Any) -> RecordedCloud:
        return self

    def trigger_states(self, session: Any, spec: Any) -> tuple[TriggerProof, ...]:
        self.asked.append(("triggers",))
        return self.proofs

    def looked_at(self) -> list[str]:
        return [one[1] for one in self.asked if one[0] == "run"]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> RecordedCloud:
    recorded = RecordedCloud()

    def enter(pipeline: Pipeline, level: Level) -> Entered:
        return Entered(blueprint=recorded, session=recorded, spec=None)

    monkeypatch.setattr(history, "enter", enter)
    return recorded


def step(name: str, status: str = "succeeded", **more: Any) -> StepRecord:
    return StepRecord(
        name=name, kind="Training", status=RunStatus(status), cloud_status=status, **more
    )


def by_id(pipeline: Pipeline) -> Mapping[str, Run]:
    return {run.cloud_id: run for run in pipeline.runs.select_related("trigger")}


# ── What is saved ───────────────────────────────────────────────────────────────────


def test_all_pages_are_read_and_saved(cloud: RecordedCloud, deployed: Pipeline) -> None:
    for number in range(5):
        cloud.has(f"r{number}", "succeeded", NOON + minutes(number), finished=NOON + minutes(9))
    history.sync(deployed)
    assert sorted(by_id(deployed)) == ["r0", "r1", "r2", "r3", "r4"]
    assert [one for one in cloud.asked if one[0] == "runs"] == [
        ("runs", None, None), ("runs", None, "2"), ("runs", None, "4"),
    ]  # fmt: skip
    assert deployed.synced_at
    assert (deployed.sync_error, deployed.sync_lease_until) == ("", None)


def test_a_run_has_what_a_look_at_it_tells(cloud: RecordedCloud, deployed: Pipeline) -> None:
    cloud.has(
        "r", "failed", NOON, finished=NOON + minutes(3), trigger="t1", started_by="arn:role",
        parameters={"Rate": "0.1"}, reason="It broke.",
    )  # fmt: skip
    cloud.steps_of["r"] = (
        step("prepare", started=NOON, finished=NOON + minutes(1)),
        step("train", "failed", reason="Out of memory.", attempt=2),
    )
    history.sync(deployed)
    run = by_id(deployed)["r"]
    assert (run.status, run.cloud_status, run.reason) == ("failed", "Failed", "It broke.")
    assert (run.finished, run.parameters) == (NOON + minutes(3), {"Rate": "0.1"})
    assert (run.trigger.key, run.trigger_kind, run.started_by) == ("t1", "schedule", "arn:role")
    assert run.version == deployed.deployed_version
    assert [(one.name, one.status, one.reason, one.attempt) for one in run.steps.all()] == [
        ("prepare", "succeeded", "", 1),
        ("train", "failed", "Out of memory.", 2),
    ]


def test_manual_and_unknown_starts_are_told_apart(cloud: RecordedCloud, deployed: Pipeline) -> None:
    cloud.has("hand", "succeeded", NOON, trigger="manual")
    cloud.has("else", "succeeded", NOON)
    history.sync(deployed)
    found = by_id(deployed)
    assert (found["hand"].trigger, found["hand"].trigger_kind) == (None, "manual")
    assert (found["else"].trigger, found["else"].trigger_kind) == (None, "")


def test_runs_of_a_removed_trigger_still_name_it(cloud: RecordedCloud, deployed: Pipeline) -> None:
    deployed.triggers.update(removed_at=timezone.now())
    cloud.has("r", "succeeded", NOON, trigger="t1")
    history.sync(deployed)
    assert by_id(deployed)["r"].trigger.key == "t1"


def test_pulling_again_changes_nothing(cloud: RecordedCloud, deployed: Pipeline) -> None:
    cloud.has("r", "succeeded", NOON, finished=NOON + minutes(1), parameters={"a": "b"})
    cloud.steps_of["r"] = (step("train"),)
    history.sync(deployed)
    before = Run.objects.values().get()
    cloud.asked.clear()
    history.sync(deployed)
    assert Run.objects.values().get() == before
    assert cloud.looked_at() == []
    assert Step.objects.count() == 1


def test_a_running_one_is_followed_to_its_end(cloud: RecordedCloud, deployed: Pipeline) -> None:
    cloud.has("r", "running", NOON)
    cloud.steps_of["r"] = (step("train", "running", started=NOON),)
    history.sync(deployed)
    assert by_id(deployed)["r"].finished is None
    cloud.has("r", "succeeded", NOON, finished=NOON + minutes(5))
    cloud.steps_of["r"] = (step("train", finished=NOON + minutes(4)),)
    history.sync(deployed)
    run = by_id(deployed)["r"]
    assert (run.status, run.finished) == ("succeeded", NOON + minutes(5))
    assert run.steps.get().status == "succeeded"


def test_the_pull_reaches_back_to_the_oldest_unfinished_run(
    cloud: RecordedCloud, deployed: Pipeline
) -> None:
    cloud.has("old", "running", NOON)
    for number in range(4):
        cloud.has(f"r{number}", "succeeded", NOON + minutes(60 + number))
    history.sync(deployed)
    cloud.asked.clear()
    history.sync(deployed)
    assert cloud.asked[0] == ("runs", NOON - history.OVERLAP, None)
    cloud.has("old", "stopped", NOON)
    history.sync(deployed)
    cloud.asked.clear()
    history.sync(deployed)
    assert cloud.asked[0] == ("runs", NOON + minutes(63) - history.OVERLAP, None)


def test_a_run_that_is_taken_up_again_has_not_ended(
    cloud: RecordedCloud, deployed: Pipeline
) -> None:
    cloud.has("r", "failed", NOON, finished=NOON + minutes(1))
    history.sync(deployed)
    cloud.has("r", "running", NOON)
    history.sync(deployed)
    assert (by_id(deployed)["r"].status, by_id(deployed)["r"].finished) == ("running", None)
    cloud.has("r", "succeeded", NOON, finished=NOON + minutes(9))
    history.sync(deployed)
    assert by_id(deployed)["r"].finished == NOON + minutes(9)


def test_a_run_that_the_cloud_forgot_is_let_go(cloud: RecordedCloud, deployed: Pipeline) -> None:
    cloud.has("r", "running", NOON)
    history.sync(deployed)
    cloud.records.clear()
    history.sync(deployed)
    run = by_id(deployed)["r"]
    assert (run.status, run.complete) == ("stopped", True)
    assert run.reason == run_rows.GONE
    cloud.asked.clear()
    history.sync(deployed)
    assert cloud.looked_at() == []


def test_who_asked_for_a_run_stays_known(
    cloud: RecordedCloud, deployed: Pipeline, member: Any
) -> None:
    Run.objects.create(
        pipeline=deployed, cloud_id="r", status="queued", cloud_status="", started=NOON,
        requested_by=member, trigger_kind="manual",
    )  # fmt: skip
    cloud.has("r", "running", NOON)
    history.sync(deployed)
    run = by_id(deployed)["r"]
    assert (run.status, run.requested_by, run.trigger_kind) == ("running", member, "manual")


def test_a_large_import_is_looked_at_in_portions(
    cloud: RecordedCloud, deployed: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_LOOKS", 3)
    for number in range(5):
        cloud.has(f"r{number}", "succeeded", NOON + minutes(number), finished=NOON + minutes(9))
    history.sync(deployed)
    assert cloud.looked_at() == ["r4", "r3", "r2"]
    assert deployed.sync_due_at < timezone.now() + minutes(0.5)
    history.sync(deployed)
    assert cloud.looked_at() == ["r4", "r3", "r2", "r1", "r0"]


def test_the_dots_are_the_last_thirty(cloud: RecordedCloud, deployed: Pipeline) -> None:
    cloud.page = 50
    for number in range(33):
        at = NOON + minutes(number)
        cloud.has(f"r{number:02}", "succeeded", at, finished=at + minutes(1))
    cloud.has("now", "running", NOON + minutes(100))
    history.sync(deployed)
    assert len(deployed.recent) == 30
    assert deployed.recent[-1] == {
        "id": by_id(deployed)["now"].pk,
        "status": "running",
        "started": (NOON + minutes(100)).isoformat(),
        "seconds": None,
    }
    assert deployed.recent[0]["seconds"] == 60


# ── When, and what if ───────────────────────────────────────────────────────────────


def due_in(pipeline: Pipeline) -> float:
    assert pipeline.sync_due_at
    return round((pipeline.sync_due_at - timezone.now()).total_seconds())


def test_what_runs_is_pulled_soon_the_rest_from_time_to_time(
    cloud: RecordedCloud, deployed: Pipeline
) -> None:
    history.sync(deployed)
    assert due_in(deployed) == 30
    cloud.has("r", "running", NOON)
    history.sync(deployed)
    assert due_in(deployed) == 5
    Connection.objects.update(sandbox=False)
    cloud.has("r", "succeeded", NOON)
    history.sync(deployed)
    assert due_in(deployed) == 60


def test_errors_are_noted_and_delay_the_next_more_and_more(
    cloud: RecordedCloud, deployed: Pipeline
) -> None:
    cloud.error = Throttled("Rate exceeded", code="ThrottlingException")
    waits = []
    for _ in range(7):
        with pytest.raises(Throttled):
            history.sync(deployed)
        deployed.refresh_from_db()
        waits.append(due_in(deployed))
    assert waits == [30, 60, 120, 240, 480, 900, 900]
    assert (deployed.sync_error, deployed.synced_at) == ("Rate exceeded", None)
    assert deployed.sync_lease_until is None
    cloud.error = None
    history.sync(deployed)
    assert (deployed.sync_error, deployed.sync_failures) == ("", 0)


@pytest.mark.parametrize("error", [CloudAway("away"), PermissionDenied("no")])
def test_what_was_saved_stays_after_an_error(
    cloud: RecordedCloud, deployed: Pipeline, error: Exception
) -> None:
    cloud.has("r", "running", NOON)
    history.sync(deployed)
    synced = deployed.synced_at
    cloud.error = error
    with pytest.raises(type(error)):
        history.sync(deployed)
    deployed.refresh_from_db()
    assert (deployed.runs.count(), deployed.synced_at) == (1, synced)


def test_what_is_not_in_the_cloud_is_not_pulled(cloud: RecordedCloud, pipeline: Pipeline) -> None:
    Pipeline.objects.update(sync_due_at=timezone.now())
    history.sync(pipeline)
    assert cloud.asked == []
    assert pipeline.sync_due_at is None


def test_a_disabled_connection_is_noted(deployed: Pipeline) -> None:
    Connection.objects.update(enabled=False)
    with pytest.raises(NotPossible, match="disabled"):
        history.sync(deployed)
    deployed.refresh_from_db()
    assert "disabled" in deployed.sync_error
    assert due_in(deployed) == 900


def test_triggers_are_read_back_once_a_minute(cloud: RecordedCloud, deployed: Pipeline) -> None:
    cloud.proofs = (TriggerProof(key="t1", state=TriggerState.ACTIVE, next=NOON, verified_at=NOON),)
    history.sync(deployed)
    assert deployed.triggers.get().state == "active"
    history.sync(deployed)
    assert cloud.asked.count(("triggers",)) == 1
    history.sync(deployed, verify=True)
    assert cloud.asked.count(("triggers",)) == 2
    Pipeline.objects.update(verified_at=timezone.now() - 2 * history.VERIFY_EVERY)
    history.sync(deployed)
    assert cloud.asked.count(("triggers",)) == 3


def test_the_connections_clock_is_kept_for_the_pages(
    cloud: RecordedCloud, deployed: Pipeline
) -> None:
    cloud.clock = timezone.now() + timedelta(days=3)
    history.sync(deployed)
    row = Connection.objects.get()
    assert abs(row.now(timezone.now()) - cloud.clock) < timedelta(seconds=5)


# ── One at a time ───────────────────────────────────────────────────────────────────


def test_a_pull_under_way_is_left_alone(cloud: RecordedCloud, deployed: Pipeline) -> None:
    Pipeline.objects.update(sync_lease_until=timezone.now() + minutes(1))
    history.sync_if_free(deployed.pk)
    assert cloud.asked == []


def test_a_pull_whose_worker_died_is_taken_over(cloud: RecordedCloud, deployed: Pipeline) -> None:
    Pipeline.objects.update(sync_lease_until=timezone.now() - minutes(1))
    history.sync_if_free(deployed.pk)
    assert cloud.asked


@pytest.mark.django_db(transaction=True)
def test_pulls_at_once_go_one_after_the_other(cloud: RecordedCloud, deployed: Pipeline) -> None:
    for number in range(6):
        cloud.has(f"r{number}", "running", NOON + minutes(number))
    cloud.steps_of = {id: (step("a"), step("b")) for id in cloud.records}
    failures: list[BaseException] = []

    def pull() -> None:
        try:
            history.sync(Pipeline.objects.get(pk=deployed.pk))
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    pulls = [threading.Thread(target=pull) for _ in range(4)]
    for one in pulls:
        one.start()
    for one in pulls:
        one.join()
    assert failures == []
    assert (Run.objects.count(), Step.objects.count()) == (6, 12)


# ── Triggers ────────────────────────────────────────────────────────────────────────


def test_a_proof_is_recorded_on_its_trigger(deployed: Pipeline) -> None:
    proof = TriggerProof(
        key="t1", state=TriggerState.MISSING, verified_at=NOON, message="AWS has none."
    )
    triggers.record(deployed, [proof])
    row = deployed.triggers.get()
    assert (row.state, row.next, row.message) == ("missing", None, "AWS has none.")
