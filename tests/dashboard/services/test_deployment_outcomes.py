"""From an operation's spool to rows. The spool's lines are as `provisioning.operations` writes
them; the operation itself is the subject of other tests."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pydantic import BaseModel

from dashboard import queries
from dashboard.models import Deployment, Pipeline, Run
from dashboard.services import deployment_log, deployments, leases, outcomes, plans
from dashboard.services.deployment_log import Recorder
from dashboard.services.leases import Child, LeaseLost
from provisioning.contracts import (
    Changes,
    LogEvent,
    OperationError,
    OutcomeEvent,
    PhaseEvent,
    PhaseName,
    ResourceEvent,
    ResourceOp,
    TriggerProof,
    TriggerState,
)

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
URN = "urn:pulumi:churn::skyclock::aws:sqs/queue:Queue::letters"


def line(text: str, **more: Any) -> LogEvent:
    return LogEvent(time=NOW, level="info", text=text, **more)


def phase(name: PhaseName, state: Any) -> PhaseEvent:
    return PhaseEvent(time=NOW, phase=name, state=state)


def resource(state: Any, *, urn: str = URN, op: ResourceOp = ResourceOp.CREATE) -> ResourceEvent:
    return ResourceEvent(
        time=NOW, urn=urn, kind="aws:sqs/queue:Queue", name="letters", op=op, state=state,
        seconds=1.5 if state == "done" else None, cloud_id="q-1" if state == "done" else None,
    )  # fmt: skip


def outcome(status: Any = "succeeded", **more: Any) -> OutcomeEvent:
    usual = {"changes": Changes(create=3), "outputs": {"arn": "a"}, "engine": "pulumi 3.256.0"}
    return OutcomeEvent(time=NOW, status=status, **{**usual, **more})


PROOF = TriggerProof(
    key="t1",
    state=TriggerState.ACTIVE,
    native=("cron(0 6 * * ? *) Europe/Berlin",),
    next=NOW + timedelta(hours=2),
    verified_at=NOW,
)


class Begun:
    """A Deployment under a lease, with a spool to write to."""

    def __init__(self, row: Deployment) -> None:
        lease = leases.claim(row)
        assert lease
        row.refresh_from_db()
        self.row, self.lease = row, lease
        self.recorder = Recorder(row, lease)
        self.spool = deployment_log.spool_path(row.pk)
        self.spool.parent.mkdir(parents=True, exist_ok=True)

    def tell(self, *events: BaseModel, tail: str = "") -> Begun:
        with self.spool.open("a") as file:
            file.write("".join(event.model_dump_json() + "\n" for event in events) + tail)
        return self

    def end(self) -> Deployment:
        self.recorder.pull()
        assert self.recorder.outcome
        outcomes.write(self.recorder, self.recorder.outcome, self.row)
        return self.again()

    def again(self) -> Deployment:
        self.row.refresh_from_db()
        self.row.pipeline.refresh_from_db()
        return self.row


@pytest.fixture
def begin(pipeline: Pipeline, new_deployment: Any) -> Callable[..., Begun]:
    return lambda operation="up", **more: Begun(new_deployment(pipeline, operation, **more))


def texts(row: Deployment) -> list[tuple[int, str]]:
    return [(one.n, one.text) for one in queries.deployment_lines(row)]


# ── Lines, resources, phases ────────────────────────────────────────────────────────


def test_lines_are_numbered_without_gaps_over_batches(begin: Any) -> None:
    begun = begin().tell(line("one"), resource("running"), line("two"))
    assert begun.recorder.pull()
    assert not begun.recorder.pull()
    begun.tell(line("three", resource=URN))
    begun.recorder.pull()
    row = begun.again()
    assert texts(row) == [(1, "one"), (2, "two"), (3, "three")]
    assert row.last_line == 3
    assert row.spool_offset == begun.spool.stat().st_size


def test_half_a_line_is_left_for_later(begin: Any) -> None:
    whole = line("second").model_dump_json() + "\n"
    begun = begin().tell(line("first"), tail=whole[:10])
    begun.recorder.pull()
    begun.tell(tail=whole[10:])
    begun.recorder.pull()
    assert texts(begun.row) == [(1, "first"), (2, "second")]


def test_another_worker_goes_on_where_the_rows_end(begin: Any) -> None:
    begun = begin().tell(line("one"), resource("running"))
    begun.recorder.pull()
    begun.tell(line("two"), resource("done"), resource("running", urn=URN + "2"))
    again = Recorder(begun.again(), begun.lease)
    again.pull()
    assert texts(begun.row) == [(1, "one"), (2, "two")]
    found = queries.deployment_resources(begun.row)
    assert [(one.position, one.state) for one in found] == [(0, "done"), (1, "running")]


def test_without_the_lease_nothing_is_written(begin: Any) -> None:
    begun = begin().tell(line("one"))
    Deployment.objects.update(lease_owner="another|b|1|w")
    with pytest.raises(LeaseLost):
        begun.recorder.pull()
    assert texts(begun.row) == []
    with pytest.raises(LeaseLost):
        outcomes.fail(begun.recorder, OperationError(summary="no"), begun.row)
    assert begun.again().status == "running"


def test_a_resource_keeps_its_last_state_and_its_place(begin: Any) -> None:
    begun = begin().tell(resource("running", urn=URN + "1"), resource("running"))
    begun.recorder.pull()
    begun.tell(resource("done"))
    begun.recorder.pull()
    first, second = queries.deployment_resources(begun.row)
    assert (first.state, first.seconds) == ("running", None)
    assert (second.urn, second.state, second.seconds, second.cloud_id) == (URN, "done", 1.5, "q-1")


def test_phases_are_in_words_and_with_times(begin: Any) -> None:
    begun = begin().tell(
        phase(PhaseName.PREPARE, "started"),
        phase(PhaseName.PREPARE, "finished"),
        phase(PhaseName.APPLY, "started"),
    )
    begun.recorder.pull()
    row = begun.again()
    assert row.phase == "Changing the cloud"
    assert [(one["phase"], one["state"]) for one in row.phases] == [
        ("prepare", "finished"),
        ("apply", "started"),
    ]
    outcomes.fail(begun.recorder, OperationError(summary="It broke."), row)
    assert begun.again().phases[1]["state"] == "failed"
    assert row.phases[1]["finished"]


def test_what_no_database_takes_is_replaced(begin: Any) -> None:
    begun = begin().tell(line("a\x00b"), resource("done", urn="urn:" + "x" * 600))
    begun.recorder.pull()
    assert texts(begun.row) == [(1, "a\ufffdb")]
    assert len(queries.deployment_resources(begun.row)[0].urn) == 500


# ── Ends ────────────────────────────────────────────────────────────────────────────


def test_an_up_that_succeeded(begin: Any) -> None:
    row = begin().tell(line("one"), outcome(proofs=(PROOF,))).end()
    assert (row.status, row.error, row.engine) == ("succeeded", None, "pulumi 3.256.0")
    assert (row.changes["create"], row.lease_owner, row.lease_until) == (3, "", None)
    pipeline = row.pipeline
    assert pipeline.deployed_version == row.version
    assert (pipeline.outputs, pipeline.may_exist_in_cloud) == ({"arn": "a"}, True)
    assert pipeline.sync_due_at <= timezone.now()
    trigger = pipeline.triggers.get()
    assert (trigger.state, trigger.next, trigger.native) == (
        "active", PROOF.next, list(PROOF.native),
    )  # fmt: skip


def test_the_spool_and_used_plans_are_removed(begin: Any, pipeline: Pipeline) -> None:
    plan = plans.work_dir(pipeline) / "plans" / "1.json"
    plan.parent.mkdir(parents=True)
    plan.write_text("{}")
    begun = begin().tell(outcome())
    words = begun.spool.with_name(begun.spool.name + ".err")
    words.write_text("")
    begun.end()
    assert not begun.spool.exists()
    assert not words.exists()
    assert not plan.exists()


def test_a_removed_trigger_is_missing_after_the_up(begin: Any, pipeline: Pipeline) -> None:
    old = pipeline.triggers.create(key="t0", kind="schedule", state="active", next=NOW)
    begin().tell(outcome(proofs=(PROOF,))).end()
    old.refresh_from_db()
    assert (old.state, old.next) == ("missing", None)


def test_an_up_that_failed_keeps_what_was_deployed_before(begin: Any, deployed: Pipeline) -> None:
    Pipeline.objects.update(outputs={"arn": "before"})
    error = OperationError(summary="Not allowed.", resource=URN, cloud_message="AccessDenied")
    row = begin().tell(outcome("failed", outputs=None, error=error)).end()
    assert row.status == "failed"
    assert row.error == {
        "summary": "Not allowed.", "resource": URN, "cloud_message": "AccessDenied", "hint": None,
    }  # fmt: skip
    assert row.pipeline.outputs == {"arn": "before"}
    assert row.pipeline.deployed_version


def test_a_first_up_that_failed_may_have_left_something(begin: Any) -> None:
    row = begin().tell(outcome("failed", outputs=None, error=OperationError(summary="No."))).end()
    assert row.pipeline.may_exist_in_cloud
    assert row.pipeline.deployed_version is None


def test_a_preview_changes_nothing_on_the_pipeline(begin: Any) -> None:
    row = begin("preview").tell(outcome(outputs=None)).end()
    assert row.status == "succeeded"
    assert (row.pipeline.may_exist_in_cloud, row.pipeline.deployed_version) == (False, None)
    assert row.pipeline.triggers.get().state == "unknown"


def test_after_a_destroy_nothing_is_there_and_history_stays(begin: Any, deployed: Pipeline) -> None:
    Pipeline.objects.update(outputs={"arn": "a"}, sync_due_at=timezone.now())
    deployed.triggers.update(state="active", next=NOW)
    run = Run.objects.create(
        pipeline=deployed, cloud_id="r1", status="running", cloud_status="Executing", started=NOW
    )
    row = begin("destroy").tell(outcome(outputs=None)).end()
    pipeline = row.pipeline
    assert (pipeline.may_exist_in_cloud, pipeline.deployed_version) == (False, None)
    assert (pipeline.outputs, pipeline.sync_due_at) == ({}, None)
    assert pipeline.triggers.get().state == "missing"
    run.refresh_from_db()
    assert (run.status, bool(run.finished)) == ("stopped", True)
    assert "destroyed" in run.reason


def test_a_cancel_that_people_asked_for_is_cancelled(begin: Any) -> None:
    begun = begin().tell(outcome("cancelled", outputs=None))
    Deployment.objects.update(cancel_requested_at=NOW)
    row = begun.end()
    assert (row.status, row.error) == ("cancelled", None)


def test_a_cancel_that_nobody_asked_for_is_an_interruption(begin: Any) -> None:
    row = begin().tell(outcome("cancelled", outputs=None)).end()
    assert row.status == "interrupted"
    assert "goes on from what exists" in row.error["hint"]


def test_a_process_that_died_is_a_failure_with_its_last_words(begin: Any) -> None:
    begun = begin().tell(line("one"))
    begun.recorder.pull()
    outcomes.died(begun.recorder, begun.row, last_words="MemoryError")
    row = begun.again()
    assert (row.status, row.error["cloud_message"]) == ("failed", "MemoryError")
    assert [text for _, text in texts(row)] == [
        "one", "The operation's process ended without an outcome.",
    ]  # fmt: skip


def test_one_that_was_cancelled_before_it_could_speak_is_cancelled(begin: Any) -> None:
    begun = begin()
    Deployment.objects.update(cancel_requested_at=NOW)
    outcomes.died(begun.recorder, begun.row, last_words="")
    assert begun.again().status == "cancelled"


# ── Workers that die ────────────────────────────────────────────────────────────────


def let_lease_run_out(begun: Begun, *, child: str = "") -> None:
    past = timezone.now() - timedelta(seconds=1)
    Deployment.objects.filter(pk=begun.row.pk).update(lease_until=past, child=child)


def dead_child() -> str:
    process = subprocess.Popen(["true"])
    child = str(Child.of(process.pid))
    process.wait()
    return child


def test_reaping_imports_what_is_left_and_says_interrupted(begin: Any) -> None:
    begun = begin().tell(line("one"))
    begun.recorder.pull()
    begun.tell(line("two"), tail='{"half')
    let_lease_run_out(begun, child=dead_child())
    found = deployments.reap()
    assert (found.pipelines, found.orphans) == ([begun.row.pipeline_id], [])
    row = begun.again()
    assert row.status == "interrupted"
    assert row.error["summary"] == "The worker died during the operation."
    assert row.error["hint"]
    assert [n for n, _ in texts(row)] == [1, 2, 3]
    assert not begun.spool.exists()
    assert deployments.reap().pipelines == []


def test_reaping_believes_the_operation_that_finished(begin: Any) -> None:
    begun = begin().tell(line("one"), outcome(proofs=(PROOF,)))
    let_lease_run_out(begun, child=dead_child())
    deployments.reap()
    row = begun.again()
    assert (row.status, row.pipeline.outputs) == ("succeeded", {"arn": "a"})


def test_a_worker_that_died_before_it_began_is_reaped(begin: Any) -> None:
    begun = begin()
    let_lease_run_out(begun)
    deployments.reap()
    assert begun.again().status == "interrupted"


def test_a_lease_that_holds_is_left_alone(begin: Any) -> None:
    begun = begin()
    assert deployments.reap() == deployments.Reaped(pipelines=[], orphans=[])
    assert begun.again().status == "running"


def test_while_the_process_lives_it_is_followed_by_another_worker(begin: Any) -> None:
    begun = begin().tell(line("one"))
    process = subprocess.Popen(["sleep", "0.5"], start_new_session=True)
    let_lease_run_out(begun, child=str(Child.of(process.pid)))
    assert deployments.reap().orphans == [begun.row.pk]
    assert begun.again().status == "running"
    begun.tell(line("two"), outcome())
    deployments.execute(begun.row.pk)
    process.wait()
    row = begun.again()
    assert row.status == "succeeded"
    assert texts(row) == [(1, "one"), (2, "two")]


def test_executing_what_has_ended_or_is_being_followed_changes_nothing(begin: Any) -> None:
    begun = begin()
    deployments.execute(begun.row.pk)
    assert begun.again().status == "running"
    Deployment.objects.update(status="succeeded")
    deployments.execute(begun.row.pk)
    deployments.execute(987654)
    assert begun.again().status == "succeeded"


# ── Waiting ─────────────────────────────────────────────────────────────────────────


def test_without_an_engine_it_waits_and_says_for_what(
    pipeline: Pipeline, new_deployment: Any, settings: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("PATH", "")
    settings.ENGINE_ROOT, settings.ENGINE_CACHE = None, tmp_path / "none"
    row = new_deployment(pipeline, enqueued_at=timezone.now())
    told = tmp_path / "engine.json"
    for text, phase_text in (
        (None, "waiting for the Pulumi engine: it is going to be prepared"),
        ('{"state": "preparing", "message": "Building, 40%"}',
         "waiting for the Pulumi engine: Building, 40%"),
        ('{"state": "ready", "message": "Pulumi 3"}',
         "waiting for the Pulumi engine: it was here and is gone"),
    ):  # fmt: skip
        if text:
            told.write_text(text)
        deployments.execute(row.pk)
        row.refresh_from_db()
        assert (row.status, row.phase, row.enqueued_at) == ("queued", phase_text, None)


def test_an_engine_that_settings_name_wrongly_is_waited_for(
    pipeline: Pipeline, new_deployment: Any, settings: Any
) -> None:
    settings.ENGINE_ROOT = "/nowhere"
    row = new_deployment(pipeline)
    deployments.execute(row.pk)
    row.refresh_from_db()
    assert row.status == "queued"
    assert "/nowhere" in row.phase


def test_when_all_slots_are_taken_it_waits(
    pipeline: Pipeline, new_deployment: Any, settings: Any
) -> None:
    row = new_deployment(pipeline)
    held = [deployments._slots.acquire(blocking=False) for _ in range(settings.DEPLOYMENT_SLOTS)]
    try:
        deployments.execute(row.pk)
    finally:
        for _ in held:
            deployments._slots.release()
    row.refresh_from_db()
    assert (row.status, row.phase) == ("queued", "waiting for a free worker")
