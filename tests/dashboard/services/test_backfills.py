"""Backfill: what was missed is started once, at its rate, and known as what it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard import launch
from dashboard.models import (
    AuditEntry,
    Backfill,
    BackfillItem,
    Maintenance,
    Occurrence,
    Pipeline,
    Run,
    Start,
    User,
)
from dashboard.services import backfills, history, starts
from provisioning.contracts import ParameterSpec
from provisioning.errors import CloudAway, InvalidInput, NotPossible, PermissionDenied
from tests.dashboard.services.recorded_cloud import RecordedCloud

FIRST = datetime(2026, 11, 16, 5, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def missed(deployed: Pipeline) -> list[Occurrence]:
    """Five mornings on which nothing came."""
    trigger = deployed.triggers.get()
    return [
        Occurrence.objects.create(
            pipeline=deployed, trigger=trigger, due=FIRST + n * DAY, at=FIRST + n * DAY,
            deadline=FIRST + n * DAY + timedelta(hours=1), status="missed",
        )
        for n in range(5)
    ]  # fmt: skip


@pytest.fixture(autouse=True)
def takes(monkeypatch: pytest.MonkeyPatch) -> list[ParameterSpec]:
    """What a run takes."""
    specs = [ParameterSpec(name=name, kind="string", default="") for name in ("Day", "Rate")]
    monkeypatch.setattr(backfills, "parameters", lambda pipeline: (tuple(specs), ""))
    return specs


@pytest.fixture
def ask(cloud: RecordedCloud, deployed: Pipeline, member: User, missed: Any) -> Callable[..., Any]:
    def asked(occurrences: Any = None, **more: Any) -> Backfill:
        chosen = missed if occurrences is None else occurrences
        usual = {"per_minute": 60, "at_once": 50}
        row = backfills.request(
            actor=member, pipeline=deployed, occurrences=chosen, **{**usual, **more}
        )
        backfills.release_due()
        return row

    return asked


def perform_all() -> None:
    for id in starts.due().order_by("next_attempt_at").values_list("pk", flat=True):
        starts.perform(id)


def states(row: Backfill) -> list[str]:
    items = row.items.select_related("start__run").order_by("occurrence__due")
    return [str(backfills.outcome(each)["state"]) for each in items]


def test_each_is_started_once_with_its_logical_date(
    cloud: RecordedCloud, ask: Any, missed: list[Occurrence]
) -> None:
    row = ask(date_parameter="Day", date_form="date", parameters={"Rate": "0.1"})
    perform_all()
    given = [asked[1] for asked in cloud.asked if asked[0] == "start"]
    assert given == [{"Rate": "0.1", "Day": f"2026-11-{16 + n}"} for n in range(5)]
    assert len(cloud.started) == 5
    assert missed[0].start.run.cause == "backfill of 2026-11-16T05:00:00Z"
    assert (row.items.count(), AuditEntry.objects.get(action="backfill.request").detail) == (
        5,
        {"pipeline": "Churn", "starts": 5, "note": ""},
    )


def test_a_backfills_run_is_nobody_elses_and_stays_so(
    cloud: RecordedCloud, ask: Any, missed: list[Occurrence], deployed: Pipeline
) -> None:
    ask(missed[:1])
    perform_all()
    id = next(iter(cloud.started.values()))
    cloud.has(id, "succeeded", cloud.clock, finished=cloud.clock, trigger="manual")
    history.sync(deployed)
    run = Run.objects.get()
    assert (run.trigger, run.trigger_kind, run.status) == (None, "backfill", "succeeded")
    missed[0].refresh_from_db()
    assert (missed[0].status, missed[0].run, missed[0].start.run) == ("missed", None, run)
    assert not Occurrence.objects.filter(status="extra").exists()


def test_not_more_than_its_rate_in_a_minute_nor_at_once(cloud: RecordedCloud, ask: Any) -> None:
    row = ask(per_minute=2)
    backfills.release_due()
    assert Start.objects.count() == 2
    BackfillItem.objects.exclude(released_at=None).update(
        released_at=timezone.now() - timedelta(seconds=61)
    )
    backfills.release_due()
    assert Start.objects.count() == 4
    perform_all()
    # All four run: with two at once nothing follows until some have ended.
    Backfill.objects.update(at_once=2, per_minute=60)
    backfills.release_due()
    assert states(row) == ["queued"] * 4 + ["waiting"]
    Run.objects.update(status="succeeded")
    backfills.release_due()
    assert states(row) == ["succeeded"] * 4 + ["waiting"]  # now a Start that waits
    assert Start.objects.count() == 5


def test_it_ends_when_its_last_run_has_ended(cloud: RecordedCloud, ask: Any) -> None:
    row = ask()
    perform_all()
    backfills.release_due()
    row.refresh_from_db()
    assert row.state == "running"
    Run.objects.update(status="failed")
    backfills.release_due()
    row.refresh_from_db()
    assert (row.state, row.ended_at is None) == ("ended", False)


def test_what_was_asked_for_is_not_offered_nor_started_again(
    ask: Any, missed: list[Occurrence], deployed: Pipeline
) -> None:
    ask(missed[:2])
    left = backfills.missing(deployed, FIRST, FIRST + 9 * DAY)
    assert list(left) == missed[2:]
    with pytest.raises(NotPossible, match="another backfill"):
        ask(missed[1:3])
    assert (Backfill.objects.count(), BackfillItem.objects.count()) == (1, 2)


def test_a_crash_after_the_cloud_had_started_starts_nothing_twice(
    cloud: RecordedCloud, ask: Any, missed: list[Occurrence]
) -> None:
    ask(missed[:1])
    perform_all()
    Start.objects.update(state="waiting", run=None, next_attempt_at=timezone.now())
    Run.objects.all().delete()
    perform_all()
    assert (len(cloud.started), Start.objects.count(), Run.objects.count()) == (1, 1, 1)


def test_one_that_was_refused_is_started_by_the_next_backfill(
    cloud: RecordedCloud, ask: Any, missed: list[Occurrence], member: User
) -> None:
    cloud.error = PermissionDenied("You may not.")
    row = ask(missed[:1])
    perform_all()
    assert states(row) == ["refused"]
    cloud.error = None
    start = starts.retry(actor=member, start=Start.objects.get())
    starts.perform(start.pk)
    assert states(row) == ["queued"]


def test_a_cloud_that_is_away_holds_the_others_up(cloud: RecordedCloud, ask: Any) -> None:
    cloud.error = CloudAway("Nobody there.")
    row = ask(at_once=1)
    perform_all()
    backfills.release_due()
    assert (states(row), Start.objects.count()) == (["waiting"] * 5, 1)


def test_it_starts_what_a_trigger_missed_that_is_paused_now(
    cloud: RecordedCloud, ask: Any, missed: list[Occurrence], deployed: Pipeline
) -> None:
    deployed.triggers.update(paused=True)
    ask(missed[:1])
    perform_all()
    assert len(cloud.started) == 1


def test_a_maintenance_holds_it(
    cloud: RecordedCloud, ask: Any, deployed: Pipeline, missed: list[Occurrence]
) -> None:
    held = Maintenance.objects.create(
        clock=deployed.connection, connection=deployed.connection, since=FIRST, state="active"
    )
    row = ask()
    assert (Start.objects.count(), states(row)) == (0, ["waiting"] * 5)
    Maintenance.objects.filter(pk=held.pk).update(state="ended")
    backfills.release_due()
    assert Start.objects.count() == 5


def test_what_ran_after_all_is_left_out(
    cloud: RecordedCloud, ask: Any, missed: list[Occurrence], deployed: Pipeline
) -> None:
    row = ask(at_once=1)
    run = Run.objects.create(
        pipeline=deployed, cloud_id="late", status="succeeded", started=FIRST + DAY
    )
    Occurrence.objects.filter(pk=missed[1].pk).update(run=run, status="late")
    perform_all()
    Run.objects.update(status="succeeded")
    backfills.release_due()
    assert states(row)[:2] == ["succeeded", "cancelled"]
    assert row.items.get(occurrence=missed[1]).note == "It was started after all."


def test_stopping_it_starts_no_more(cloud: RecordedCloud, ask: Any, member: User) -> None:
    row = ask(at_once=1)
    backfills.stop(actor=member, backfill=row)
    backfills.release_due()
    assert (row.state, Start.objects.count()) == ("stopped", 1)
    assert states(row) == ["waiting", *["cancelled"] * 4]
    with pytest.raises(NotPossible):
        backfills.stop(actor=member, backfill=row)


def test_what_is_unknown_is_offered_only_when_asked_for(
    missed: list[Occurrence], deployed: Pipeline
) -> None:
    Occurrence.objects.filter(pk=missed[0].pk).update(status="unknown")
    Occurrence.objects.filter(pk=missed[1].pk).update(status="due")  # overdue, and never looked at
    Occurrence.objects.filter(pk=missed[2].pk).update(status="done")
    assert list(backfills.missing(deployed, FIRST, FIRST + 9 * DAY)) == missed[3:]
    also = backfills.missing(deployed, FIRST, FIRST + 9 * DAY, unknown=True)
    assert list(also) == [missed[0], missed[1], *missed[3:]]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"per_minute": 0}, "per_minute"), ({"at_once": 51}, "at_once"),
        ({"date_form": "x"}, "date_form"), ({"date_parameter": "Date"}, "date_parameter"),
        ({"parameters": {"Size": "1"}}, "parameters.Size"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field(asked: dict[str, Any], field: str, ask: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        ask(**asked)
    assert [each.field for each in refused.value.problems] == [field]


def test_a_parameter_without_a_default_needs_a_value(ask: Any, takes: list[ParameterSpec]) -> None:
    takes.append(ParameterSpec(name="Object", kind="string"))
    with pytest.raises(InvalidInput, match="no default"):
        ask()
    assert ask(parameters={"Object": "data/x.csv"}).items.count() == 5


def test_a_request_sends_the_first_at_once(
    cloud: RecordedCloud, deployed: Pipeline, missed: list[Occurrence], member: User,
    messages: Any, django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        launch.request_backfill(actor=member, pipeline=deployed, occurrences=missed, at_once=1)
    assert [name for name, _ in messages()] == ["dashboard.tasks.perform_start"]
