"""Performing what Skyclock owes: at least once, never twice, and its row tells the truth."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.models import AuditEntry, Pipeline, Run, Start, User
from dashboard.services import history, pipelines, run_rows, runs, starts, triggers
from provisioning.errors import CloudAway, InvalidInput, NotPossible, PermissionDenied, Throttled
from tests.dashboard.services.chained import after, as_deployed
from tests.dashboard.services.recorded_cloud import RecordedCloud, minutes


@pytest.fixture
def train(new_pipeline: Callable[..., Pipeline]) -> Pipeline:
    ingest = as_deployed(new_pipeline("Ingest", triggers=[]))
    return as_deployed(new_pipeline("Train", triggers=[after(ingest)]))


@pytest.fixture
def start(train: Pipeline) -> Start:
    return Start.objects.create(
        pipeline=train, trigger=train.triggers.get(), key="run 41", cause="run 41 of Ingest",
        parameters={"Rate": "0.1"},
    )  # fmt: skip


def perform(start: Start) -> Start:
    starts.perform(start.pk)
    start.refresh_from_db()
    return start


def again(start: Start) -> Start:
    """When its time has come."""
    Start.objects.filter(pk=start.pk).update(next_attempt_at=timezone.now())
    return perform(start)


def test_a_start_becomes_a_run_with_its_origin(
    cloud: RecordedCloud, start: Start, train: Pipeline
) -> None:
    perform(start)
    assert (start.state, start.error, start.attempts) == ("started", "", 1)
    assert (start.next_attempt_at, start.lease_until) == (None, None)
    assert start.ended_at
    run = start.run
    assert (run.pipeline, run.cloud_id, run.status) == (train, "started-1", "queued")
    assert (run.trigger, run.trigger_kind) == (start.trigger, "completion")
    assert (run.cause, run.parameters) == ("run 41 of Ingest", {"Rate": "0.1"})
    assert run.requested_by is None
    assert cloud.asked[0] == ("start", {"Rate": "0.1"}, start.token)
    assert not AuditEntry.objects.filter(action="run.start").exists()


def test_its_origin_outlives_what_the_cloud_says(
    cloud: RecordedCloud, start: Start, train: Pipeline
) -> None:
    perform(start)
    cloud.has("started-1", "succeeded", cloud.clock, finished=cloud.clock, trigger="manual")
    history.sync(train)
    run = Run.objects.get()
    assert (run.status, run.trigger, run.trigger_kind) == ("succeeded", start.trigger, "completion")
    assert run.cause == "run 41 of Ingest"


def test_its_origin_outlives_that_somebody_takes_it_up_again(
    cloud: RecordedCloud, start: Start, train: Pipeline, member: User
) -> None:
    perform(start)
    cloud.has("started-1", "failed", cloud.clock, finished=cloud.clock, trigger="manual")
    history.sync(train)
    run = runs.rerun(actor=member, run=Run.objects.get(), from_failure=True)
    assert (run.requested_by, run.trigger_kind) == (member, "completion")
    assert (run.trigger, run.cause) == (start.trigger, "run 41 of Ingest")


def test_what_was_done_is_not_done_again(cloud: RecordedCloud, start: Start) -> None:
    perform(start)
    again(start)
    assert (start.attempts, len(cloud.started)) == (1, 1)


# ── Errors ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("error", [Throttled("Slow down."), CloudAway("Nobody there.")])
def test_what_passes_is_tried_again_later_and_later(
    error: Exception, cloud: RecordedCloud, start: Start
) -> None:
    cloud.error = error
    pauses = []
    for _ in range(12):
        began = timezone.now()
        again(start)
        assert (start.state, start.error, start.lease_until) == ("waiting", str(error), None)
        pauses.append(round((start.next_attempt_at - began).total_seconds()))
    assert pauses[:4] == [10, 20, 40, 80]
    assert max(pauses) == pauses[-1] == 900
    cloud.error = None
    again(start)
    assert (start.state, start.error, start.attempts) == ("started", "", 13)
    assert {asked[2] for asked in cloud.asked if asked[0] == "start"} == {start.token}


def test_nobody_tries_before_its_time(cloud: RecordedCloud, start: Start) -> None:
    cloud.error = Throttled("Slow down.")
    perform(start)
    perform(start)
    assert start.attempts == 1


def test_a_day_is_enough(cloud: RecordedCloud, start: Start) -> None:
    cloud.error = Throttled("Slow down.")
    Start.objects.update(requested_at=timezone.now() - timedelta(hours=25))
    start.refresh_from_db()
    perform(start)
    assert (start.state, start.error) == ("refused", "Given up after 1 attempts: Slow down.")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionDenied("You may not."), "You may not."),
        (NotPossible("The connection is for observe only."), "The connection is for observe only."),
        (InvalidInput.at("parameters.Rate", "Too much."), "parameters.Rate: Too much."),
    ],
)
def test_what_does_not_pass_is_given_up_with_its_reason(
    error: Exception, words: str, cloud: RecordedCloud, start: Start
) -> None:
    cloud.error = error
    perform(start)
    assert (start.state, start.error, start.next_attempt_at) == ("refused", words, None)
    again(start)
    assert start.attempts == 1
    assert not Run.objects.exists()


def test_a_fault_of_ours_leaves_its_reason_and_another_try(
    cloud: RecordedCloud, start: Start
) -> None:
    cloud.error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        starts.perform(start.pk)
    start.refresh_from_db()
    assert (start.state, start.error) == ("waiting", "Skyclock itself failed: ZeroDivisionError")
    assert start.next_attempt_at > timezone.now()


@pytest.mark.parametrize("how", ["paused", "removed", "deleted"])
def test_what_nobody_wants_any_more_is_not_started(
    how: str, cloud: RecordedCloud, start: Start, train: Pipeline, member: User
) -> None:
    if how == "paused":
        triggers.pause(actor=member, trigger=start.trigger)
    elif how == "removed":
        pipelines.update(actor=member, pipeline=train, triggers=[])
    else:
        Pipeline.objects.filter(pk=train.pk).update(may_exist_in_cloud=False)
        pipelines.delete(actor=member, pipeline=train)
    perform(start)
    assert start.state == "refused"
    assert f"was {how} before" in start.error
    assert cloud.started == {}


# ── Deaths ──────────────────────────────────────────────────────────────────────────


def test_a_worker_that_died_is_waited_for_and_then_replaced(
    cloud: RecordedCloud, start: Start
) -> None:
    Start.objects.update(lease_until=timezone.now() + timedelta(minutes=1), attempts=1)
    perform(start)
    assert (start.state, start.attempts) == ("waiting", 1)
    Start.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    perform(start)
    assert (start.state, start.attempts) == ("started", 2)


def test_one_that_died_after_the_cloud_had_started_starts_nothing_twice(
    cloud: RecordedCloud, start: Start, train: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_args: Any, **_more: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(run_rows, "save_one", die)
        with pytest.raises(Killed):
            starts.perform(start.pk)
    start.refresh_from_db()
    assert (start.state, start.run, start.attempts) == ("waiting", None, 1)
    history.sync(train)  # meanwhile the run is found in the cloud, as one that somebody started
    assert Run.objects.get().trigger_kind == "manual"
    Start.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    perform(start)
    run = Run.objects.get()
    assert (start.state, start.run, len(cloud.started)) == ("started", run, 1)
    assert (run.trigger, run.trigger_kind) == (start.trigger, "completion")


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_performs_it(cloud: RecordedCloud, start: Start) -> None:
    ready = threading.Barrier(6)

    def work() -> None:
        ready.wait()
        starts.perform(start.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    start.refresh_from_db()
    assert (start.state, start.attempts) == ("started", 1)
    assert [asked[0] for asked in cloud.asked].count("start") == 1


def test_a_clock_that_was_put_back_holds_nothing_up(cloud: RecordedCloud, start: Start) -> None:
    later = timezone.now() + timedelta(days=300)
    Start.objects.update(next_attempt_at=later, lease_until=later)
    perform(start)
    assert start.state == "started"


def test_it_is_shown_at_once_and_pulled_soon(
    cloud: RecordedCloud, start: Start, train: Pipeline
) -> None:
    Pipeline.objects.update(sync_due_at=timezone.now() + minutes(10))
    perform(start)
    train.refresh_from_db()
    assert train.sync_due_at <= timezone.now()
    assert train.recent[-1]["id"] == start.run_id
