"""How Deployments end, and what follows from it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from dashboard.models import Deployment, Pipeline, Run
from dashboard.services import outcomes, plans
from provisioning.contracts import Drift, ErrorKind, OperationError
from tests.dashboard.services.begun import NOW, PROOF, URN, line, outcome, texts


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
    error = OperationError(
        summary="Not allowed.", resource=URN, cloud_message="AccessDenied",
        kind=ErrorKind.PERMISSION,
    )  # fmt: skip
    row = begin().tell(outcome("failed", outputs=None, error=error)).end()
    assert row.status == "failed"
    assert row.error == {
        "summary": "Not allowed.", "resource": URN, "cloud_message": "AccessDenied", "hint": None,
        "code": "", "kind": "permission", "policy": None,
    }  # fmt: skip
    assert row.pipeline.outputs == {"arn": "before"}
    assert row.pipeline.deployed_version


def test_why_it_failed_stands_in_the_log_though_the_engine_said_nothing(begin: Any) -> None:
    failed = outcome("failed", outputs=None, error=OperationError(summary="Not allowed."))
    row = begin().tell(line("one"), failed).end()
    assert texts(row) == [(1, "one"), (2, "Not allowed.")]
    assert row.lines.get(n=2).level == "error"


def test_what_the_engine_said_of_a_failure_is_not_said_twice(begin: Any) -> None:
    failed = outcome("failed", outputs=None, error=OperationError(summary="Not allowed."))
    said = line("error: creating: Not allowed.").model_copy(update={"level": "error"})
    assert texts(begin().tell(said, failed).end()) == [(1, "error: creating: Not allowed.")]


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


def test_a_refresh_keeps_what_it_found(begin: Any, deployed: Pipeline) -> None:
    drift = Drift(sentence="The schedule t1 was stopped in the cloud.")
    row = begin("refresh").tell(outcome(drifts=(drift,))).end()
    assert row.drifts == [{"sentence": drift.sentence, "cosmetic": False}]


def test_a_process_that_was_killed_was_interrupted(begin: Any) -> None:
    begun = begin().tell(line("one"))
    begun.recorder.pull()
    outcomes.died(begun.recorder, begun.row, last_words="", killed=True)
    row = begun.again()
    assert row.status == "interrupted"
    assert "was killed" in row.error["summary"]
