"""What a pull of the history saves."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from dashboard.models import Pipeline, Run, Step
from dashboard.services import history, run_rows
from tests.dashboard.services.recorded_cloud import NOON, RecordedCloud, by_id, minutes, step


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
    assert (run.status, run.cloud_status) == ("failed", "Failed")
    assert run.reason == "train: Out of memory."
    assert (run.finished, run.parameters) == (NOON + minutes(3), {"Rate": "0.1"})
    assert (run.trigger.key, run.trigger_kind, run.started_by) == ("t1", "schedule", "arn:role")
    assert run.version == deployed.deployed_version
    assert [(one.name, one.status, one.reason, one.attempt) for one in run.steps.all()] == [
        ("prepare", "succeeded", "", 1),
        ("train", "failed", "Out of memory.", 2),
    ]


def test_a_failed_run_whose_steps_say_nothing_keeps_its_own_reason(
    cloud: RecordedCloud, deployed: Pipeline
) -> None:
    cloud.has("r", "failed", NOON, finished=NOON + minutes(3), reason="It broke.")
    cloud.steps_of["r"] = (step("train"),)
    history.sync(deployed)
    assert by_id(deployed)["r"].reason == "It broke."


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
    cloud.has("r", "failed", NOON, finished=NOON + minutes(1), reason="Out of memory.")
    history.sync(deployed)
    assert by_id(deployed)["r"].reason == "Out of memory."
    cloud.has("r", "running", NOON)
    history.sync(deployed)
    run = by_id(deployed)["r"]
    assert (run.status, run.finished, run.reason) == ("running", None, "")
    cloud.has("r", "succeeded", NOON, finished=NOON + minutes(9))
    history.sync(deployed)
    run = by_id(deployed)["r"]
    assert (run.finished, run.reason) == (NOON + minutes(9), "")


def test_a_list_that_gives_no_reason_takes_none_away(
    cloud: RecordedCloud, deployed: Pipeline
) -> None:
    cloud.has("r", "failed", NOON, finished=NOON + minutes(1), reason="Out of memory.")
    history.sync(deployed)
    cloud.has("r", "failed", NOON, finished=NOON + minutes(2))
    run_rows.save_page(deployed, list(cloud.records.values()))
    assert by_id(deployed)["r"].reason == "Out of memory."


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


def test_all_of_a_large_import_is_looked_at_when_somebody_waits_for_it(
    cloud: RecordedCloud, deployed: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_LOOKS", 3)
    for number in range(8):
        cloud.has(f"r{number}", "succeeded", NOON + minutes(number), finished=NOON + minutes(9))
    cloud.has("going on", "running", NOON + minutes(30))
    history.sync(deployed, whole=True)
    assert cloud.looked_at() == ["going on", *(f"r{number}" for number in range(7, -1, -1))]


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
