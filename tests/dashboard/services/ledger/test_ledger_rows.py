"""The ledger's rows as pulls write them: a schedule at 06:00 in Berlin, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard import queries
from dashboard.models import Occurrence, Pipeline, Promise
from dashboard.services import history, pipelines, triggers
from dashboard.services.ledger import answering, keeping, promises, writing
from dashboard.services.ledger.promises import Change
from provisioning.contracts import MissedCause, TriggerState
from provisioning.errors import CloudAway, CloudError
from tests.dashboard.services.ledger.conftest import proof
from tests.dashboard.services.recorded_cloud import RecordedCloud

START = datetime(2027, 2, 1, 12, 0, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
FIRST = datetime(2027, 2, 2, 5, 0, tzinfo=UTC)  # 06:00 in Berlin


def runs_at(cloud: RecordedCloud, *moments: datetime, **more: Any) -> None:
    for moment in moments:
        usual = {"trigger": "t1", "finished": moment + 5 * MINUTE}
        cloud.has(f"r{moment:%m%d-%H%M%S}", "succeeded", moment, **{**usual, **more})


def statuses(pipeline: Pipeline) -> list[str]:
    return list(pipeline.occurrences.order_by("at").values_list("status", flat=True))


def test_a_week_as_it_should_be(cloud: RecordedCloud, promised: Any, pull: Any) -> None:
    pipeline = promised(START)
    runs_at(cloud, *(FIRST + n * DAY + timedelta(seconds=3) for n in range(7)))
    pull(pipeline, START + 7 * DAY)
    rows = list(pipeline.occurrences.select_related("run").order_by("due"))
    assert [row.due for row in rows] == [FIRST + n * DAY for n in range(7)]
    assert {row.status for row in rows} == {"done"}
    assert {row.late_seconds for row in rows} == {3}
    assert [row.run.started - row.due for row in rows] == [timedelta(seconds=3)] * 7
    assert {row.version for row in rows} == {pipeline.deployed_version}
    before = list(Occurrence.objects.values())
    pull(pipeline, START + 7 * DAY)
    assert list(Occurrence.objects.values()) == before


def test_a_dropped_firing_is_missed_when_its_grace_has_passed(
    cloud: RecordedCloud, promised: Any, pull: Any
) -> None:
    pipeline = promised(START)
    pull(pipeline, FIRST + 14 * MINUTE)
    assert statuses(pipeline) == ["due"]
    pull(pipeline, FIRST + 16 * MINUTE)
    assert statuses(pipeline) == ["missed"]
    (row,) = pipeline.occurrences.all()
    assert (row.cause_code, row.decided_at is not None) == ("", True)


def test_a_run_that_comes_after_all_repairs_it(
    cloud: RecordedCloud, promised: Any, pull: Any
) -> None:
    pipeline = promised(START)
    pull(pipeline, FIRST + HOUR)
    assert statuses(pipeline) == ["missed"]
    runs_at(cloud, FIRST + 90 * MINUTE)
    pull(pipeline, FIRST + 2 * HOUR)
    (row,) = pipeline.occurrences.all()
    assert (row.status, row.late_seconds, row.cause_code) == ("late", 5400, "")


def test_a_run_is_followed_to_its_end(cloud: RecordedCloud, promised: Any, pull: Any) -> None:
    pipeline = promised(START)
    cloud.has("r", "running", FIRST + timedelta(seconds=30), trigger="t1")
    pull(pipeline, FIRST + 3 * MINUTE)
    assert statuses(pipeline) == ["running"]
    cloud.has("r", "failed", FIRST + timedelta(seconds=30), trigger="t1", finished=FIRST + HOUR)
    pull(pipeline, FIRST + 2 * HOUR)
    assert statuses(pipeline) == ["done"]


def test_runs_by_hand_are_not_extra_and_unpromised_ones_are(
    cloud: RecordedCloud, promised: Any, pull: Any
) -> None:
    pipeline = promised(START)
    runs_at(cloud, FIRST, FIRST + 3 * HOUR)
    runs_at(cloud, FIRST + 5 * HOUR, trigger="manual")
    pull(pipeline, FIRST + 6 * HOUR)
    rows = list(pipeline.occurrences.order_by("at"))
    assert [(row.status, row.due) for row in rows] == [("done", FIRST), ("extra", None)]
    assert rows[1].run.started == FIRST + 3 * HOUR


def test_while_the_cloud_is_away_nothing_is_missed(
    cloud: RecordedCloud, promised: Any, pull: Any, at: Any
) -> None:
    pipeline = promised(START)
    pull(pipeline, START + HOUR)
    cloud.error = CloudAway("AWS does not answer.")
    for n in range(1, 4):
        with pytest.raises(CloudAway):
            pull(pipeline, START + n * DAY)
    assert statuses(pipeline) == ["due"] * 3  # written, though nothing could be read
    pipeline = Pipeline.objects.select_related("connection").get(pk=pipeline.pk)
    shown = queries.occurrences(pipeline, START, START + 3 * DAY)
    assert [(each.due, each.status) for each in shown] == [
        (FIRST + n * DAY, "unknown") for n in range(3)
    ]
    assert {each.cause.code for each in shown} == {"not_read"}
    assert "AWS does not answer." in shown[0].cause.message
    cloud.error = None
    runs_at(cloud, FIRST, FIRST + 2 * DAY)
    pull(pipeline, START + 3 * DAY)
    assert statuses(pipeline) == ["done", "missed", "done"]


def test_a_cloud_that_forgets_makes_unknown_what_it_forgot(
    cloud: RecordedCloud, promised: Any, pull: Any
) -> None:
    pipeline = promised(START)
    pull(pipeline, START + HOUR)
    cloud.kept = 10 * DAY
    runs_at(cloud, *(FIRST + n * DAY for n in range(20, 30)))
    pull(pipeline, START + 30 * DAY)
    assert statuses(pipeline) == ["unknown"] * 20 + ["done"] * 10
    assert pipeline.occurrences.first().cause_code == "history_gone"
    pull(pipeline, START + 30 * DAY + HOUR)
    assert statuses(pipeline) == ["unknown"] * 20 + ["done"] * 10


def test_a_trigger_that_others_stopped_is_the_cause(
    cloud: RecordedCloud, promised: Any, pull: Any
) -> None:
    pipeline = promised(START)
    runs_at(cloud, FIRST)
    pull(pipeline, FIRST + HOUR)
    cloud.proofs = (proof(TriggerState.PAUSED),)
    pull(pipeline, FIRST + DAY + HOUR)
    pull(pipeline, FIRST + 2 * DAY + HOUR)
    cloud.proofs = (proof(),)
    pull(pipeline, FIRST + 2 * DAY + 2 * HOUR)
    pull(pipeline, FIRST + 3 * DAY + HOUR)
    rows = list(pipeline.occurrences.order_by("due"))
    assert [row.status for row in rows] == ["done", "missed", "missed", "missed"]
    assert [row.cause_code for row in rows] == ["", "trigger_stopped", "trigger_stopped", ""]
    assert "not by Skyclock" in rows[1].cause


def test_what_the_cloud_tells_of_a_firing_is_its_cause(
    cloud: RecordedCloud, promised: Any, pull: Any
) -> None:
    pipeline = promised(START)
    cloud.missed[FIRST] = MissedCause(
        code="permission_denied", message="The role may not start it."
    )
    pull(pipeline, FIRST + 2 * DAY)
    rows = list(pipeline.occurrences.order_by("due"))
    assert [(row.status, row.cause_code) for row in rows] == [
        ("missed", "permission_denied"), ("missed", ""),
    ]  # fmt: skip
    # It tells of the second only when it has given up.
    cloud.missed[FIRST + DAY] = MissedCause(code="target_throttled", message="Too many.")
    pull(pipeline, FIRST + 2 * DAY + HOUR)
    assert pipeline.occurrences.get(due=FIRST + DAY).cause_code == "target_throttled"


def test_a_pause_promises_nothing_until_it_is_taken_back(
    cloud: RecordedCloud, promised: Any, pull: Any, at: Any, member: Any
) -> None:
    pipeline = promised(START)
    runs_at(cloud, FIRST, FIRST + 3 * DAY)
    cloud.pause = cloud.resume = lambda session, spec, key: None
    at(FIRST + HOUR)
    triggers.pause(actor=member, trigger=pipeline.triggers.get())
    at(FIRST + 2 * DAY + HOUR)
    triggers.resume(actor=member, trigger=pipeline.triggers.get())
    pull(pipeline, FIRST + 4 * DAY - HOUR)
    assert [row.due for row in pipeline.occurrences.all()] == [FIRST, FIRST + 3 * DAY]
    assert statuses(pipeline) == ["done", "done"]


def test_a_pause_that_the_cloud_refuses_leaves_the_promise(
    cloud: RecordedCloud, promised: Any, pull: Any, at: Any, member: Any
) -> None:
    def refuse(session: Any, spec: Any, key: str) -> None:
        raise CloudError("AWS says no.", code="AccessDenied")

    pipeline = promised(START)
    cloud.pause = refuse
    at(START + HOUR)
    with pytest.raises(CloudError):
        triggers.pause(actor=member, trigger=pipeline.triggers.get())
    pull(pipeline, FIRST + HOUR)
    assert statuses(pipeline) == ["missed"]


def test_a_time_just_after_a_deployment_is_not_promised(
    cloud: RecordedCloud, promised: Any, pull: Any
) -> None:
    pipeline = promised(FIRST - timedelta(seconds=20))
    pull(pipeline, FIRST + HOUR)
    assert statuses(pipeline) == []
    runs_at(cloud, FIRST)  # and if it fires it is not extra
    pull(pipeline, FIRST + 2 * HOUR)
    assert statuses(pipeline) == ["done"]


def test_runs_before_the_first_promise_are_nobodys_business(
    cloud: RecordedCloud, promised: Any, pull: Any
) -> None:
    pipeline = promised(START)
    runs_at(cloud, START - DAY, FIRST)
    pull(pipeline, FIRST + HOUR)
    assert statuses(pipeline) == ["done"]


def test_an_edit_counts_from_its_deployment_on(
    cloud: RecordedCloud, promised: Any, pull: Any, member: Any
) -> None:
    pipeline = promised(START)
    runs_at(cloud, FIRST)
    evening = {"key": "t1", "kind": "schedule", "cron": "0 20 * * *", "timezone": "Europe/Berlin"}
    version = pipelines.update(actor=member, pipeline=pipeline, triggers=[evening])
    pull(pipeline, FIRST + HOUR)
    deployed_at = FIRST + 2 * HOUR
    Pipeline.objects.update(deployed_version=version)
    promises.deployed(pipeline, version, Change(deployed_at - MINUTE, deployed_at))
    later = datetime(2027, 2, 2, 19, 0, tzinfo=UTC)
    runs_at(cloud, later)
    pull(pipeline, later + DAY - HOUR)
    rows = list(pipeline.occurrences.order_by("due"))
    assert [(row.due, row.status) for row in rows] == [(FIRST, "done"), (later, "done")]
    assert rows[1].version == version


def test_a_deployment_of_the_same_schedule_does_not_hide_what_it_missed(
    cloud: RecordedCloud, promised: Any, pull: Any
) -> None:
    pipeline = promised(START)
    change = Change(FIRST - MINUTE, FIRST + MINUTE)
    promises.deployed(pipeline, pipeline.deployed_version, change)
    runs_at(cloud, FIRST + DAY)
    pull(pipeline, FIRST + DAY + HOUR)
    rows = list(pipeline.occurrences.order_by("due"))
    assert [(row.status, row.cause_code) for row in rows] == [
        ("missed", "deployed_too_late"), ("done", ""),
    ]  # fmt: skip


def test_after_a_destroy_nothing_is_promised(
    cloud: RecordedCloud, promised: Any, pull: Any, at: Any
) -> None:
    pipeline = promised(START)
    runs_at(cloud, FIRST)
    pull(pipeline, FIRST + HOUR)
    promises.destroyed(pipeline, Change(FIRST + 2 * HOUR, FIRST + 3 * HOUR))
    at(FIRST + 5 * DAY)
    pipeline.refresh_from_db()
    shown = queries.occurrences(pipeline, START, FIRST + 9 * DAY)
    assert [each.status for each in shown] == ["done"]


def test_what_is_to_come_is_due(cloud: RecordedCloud, promised: Any, pull: Any) -> None:
    pipeline = promised(START)
    runs_at(cloud, FIRST)
    pipeline = pull(pipeline, FIRST + HOUR)
    shown = queries.occurrences(pipeline, START, START + 4 * DAY)
    assert [(each.due, each.status, bool(each.run)) for each in shown] == [
        (FIRST, "done", True),
        (FIRST + DAY, "due", False),
        (FIRST + 2 * DAY, "due", False),
        (FIRST + 3 * DAY, "due", False),
    ]


def test_deployed_before_there_was_a_ledger(
    cloud: RecordedCloud, deployed: Pipeline, pull: Any
) -> None:
    runs_at(cloud, FIRST - DAY, FIRST, FIRST + DAY)
    pull(deployed, FIRST + HOUR)
    assert statuses(deployed) == []
    pull(deployed, FIRST + 2 * DAY - HOUR)
    assert statuses(deployed) == ["done"]


def test_half_a_year_at_once_in_portions(
    cloud: RecordedCloud, promised: Any, pull: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in (answering, keeping, writing):
        monkeypatch.setattr(room, "PORTION", 7)
    monkeypatch.setattr(history, "MOST_LOOKS", 1000)
    pipeline = promised(START)
    summer = datetime(2027, 3, 28, 0, 0, tzinfo=UTC)  # from then on 06:00 is 04:00 UTC
    every = [FIRST + n * DAY - (HOUR if FIRST + n * DAY > summer else 0 * HOUR) for n in range(182)]
    dropped = {every[3], every[60], every[61]}
    runs_at(cloud, *(each for each in every if each not in dropped))
    pull(pipeline, START + 182 * DAY)
    found = {row.due: row.status for row in pipeline.occurrences.all()}
    assert found == {each: "missed" if each in dropped else "done" for each in every}
    assert Promise.objects.get().written_until == START + 182 * DAY


def test_too_much_for_one_pull_goes_on_with_the_next(
    cloud: RecordedCloud, promised: Any, pull: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MOST_WRITTEN", 5)
    pipeline = promised(START)
    runs_at(cloud, *(FIRST + n * DAY for n in range(12)))
    for written in (5, 10, 12):
        pipeline = pull(pipeline, START + 12 * DAY)
        assert statuses(pipeline) == ["done"] * written
    assert pipeline.sync_due_at > timezone.now() + timedelta(seconds=10)


def test_runs_that_were_only_listed_decide_nothing(
    cloud: RecordedCloud, promised: Any, pull: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of some clouds does not tell what started a run; a look at each does."""
    monkeypatch.setattr(history, "MOST_LOOKS", 2)
    pipeline = promised(START)
    runs_at(cloud, *(FIRST + n * DAY for n in range(5)))
    pull(pipeline, START + 6 * DAY)
    assert statuses(pipeline) == ["due", "due", "due", "done", "done", "missed"]
    pull(pipeline, START + 6 * DAY)
    pull(pipeline, START + 6 * DAY)
    assert statuses(pipeline) == ["done"] * 5 + ["missed"]


def test_a_grace_of_its_own(
    cloud: RecordedCloud, promised: Any, pull: Any, member: Any, deployed: Pipeline
) -> None:
    """It needs no deployment: the cloud does not hear of it."""
    pipeline = promised(START)
    (trigger,) = pipeline.current_version.triggers
    pipelines.update(actor=member, pipeline=pipeline, triggers=[{**trigger, "grace_minutes": 90}])
    pull(pipeline, FIRST + 89 * MINUTE)
    assert statuses(pipeline) == ["due"]
    pull(pipeline, FIRST + 91 * MINUTE)
    assert statuses(pipeline) == ["missed"]


def test_a_grace_of_its_own_counts_before_a_pull_and_for_runs_of_unknown_origin(
    cloud: RecordedCloud, promised: Any, pull: Any, at: Any, member: Any
) -> None:
    pipeline = promised(START)
    (trigger,) = pipeline.current_version.triggers
    pipelines.update(actor=member, pipeline=pipeline, triggers=[{**trigger, "grace_minutes": 90}])
    for minutes, status in ((89, "due"), (91, "unknown")):
        at(FIRST + minutes * MINUTE)
        fresh = Pipeline.objects.select_related("connection").get(pk=pipeline.pk)
        (shown,) = queries.occurrences(fresh, FIRST, FIRST + HOUR)
        assert shown.status == status
    runs_at(cloud, FIRST + HOUR, trigger="")
    pull(pipeline, FIRST + 2 * HOUR)
    (row,) = pipeline.occurrences.all()
    assert (row.status, row.late_seconds, row.cause_code) == ("late", 3600, "origin_unknown")


def test_saving_without_a_grace_makes_no_version(member: Any, pipeline: Pipeline) -> None:
    before = pipeline.current_version
    assert "grace_minutes" not in before.triggers[0]
    assert pipelines.update(actor=member, pipeline=pipeline) == before


def test_windows_are_due_when_they_have_ended(
    cloud: RecordedCloud, promised: Any, pull: Any, deployed: Pipeline
) -> None:
    """Those from before the deployment are run as well, and are promised by nobody."""
    window = {
        "key": "t1", "kind": "tumbling_window", "frequency": "hour", "interval": 6,
        "start": (START - 12 * HOUR).isoformat(), "delay_seconds": 60,
    }  # fmt: skip
    deployed.triggers.update(kind="tumbling_window", start=START - 12 * HOUR)
    version = deployed.current_version
    version.triggers = [window]
    version.save()
    pipeline = promised(START)
    ends = [START - 6 * HOUR, START, START + 6 * HOUR, START + 18 * HOUR]
    for end in ends:
        due = end + MINUTE
        at = max(due, START + 2 * MINUTE)
        runs_at(cloud, at + timedelta(seconds=ends.index(end)), scheduled_for=due)
    # Its third window is tried again.
    runs_at(cloud, START + 7 * HOUR, scheduled_for=START + 6 * HOUR + MINUTE)
    pull(pipeline, START + 24 * HOUR)
    found = {row.due - MINUTE: row.status for row in pipeline.occurrences.order_by("due")}
    assert found == {
        START - 6 * HOUR: "done",
        START: "done",
        START + 6 * HOUR: "done",
        START + 12 * HOUR: "missed",
        START + 18 * HOUR: "done",
    }
