"""The end of one Pipeline's run makes Skyclock owe a start of another one: once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.models import Pipeline, Run, Start, User
from dashboard.services import history, pipelines, run_rows, triggers
from tests.dashboard.services.chained import after, as_deployed, since
from tests.dashboard.services.recorded_cloud import NOON, RecordedCloud, by_id, minutes


@pytest.fixture
def ingest(new_pipeline: Callable[..., Pipeline]) -> Pipeline:
    return as_deployed(new_pipeline("Ingest", triggers=[]))


@pytest.fixture
def train(new_pipeline: Callable[..., Pipeline], ingest: Pipeline) -> Pipeline:
    """Waits for the success of Ingest since noon."""
    made = as_deployed(new_pipeline("Train", triggers=[after(ingest)]))
    since(NOON)
    return made


def owed() -> list[tuple[str, str]]:
    return list(Start.objects.order_by("pk").values_list("pipeline__name", "cause"))


def ended(cloud: RecordedCloud, id: str = "r", status: str = "succeeded", at: float = 1) -> None:
    cloud.has(id, status, NOON, finished=NOON + minutes(at))


def test_a_success_owes_one_start(cloud: RecordedCloud, ingest: Pipeline, train: Pipeline) -> None:
    ended(cloud)
    history.sync(ingest)
    run = by_id(ingest)["r"]
    assert owed() == [("Train", f"run {run.pk} of Ingest")]
    start = Start.objects.get()
    assert (start.state, start.attempts, start.parameters, start.run) == ("waiting", 0, {}, None)


def test_a_start_has_the_parameters_that_its_trigger_gives(
    cloud: RecordedCloud, ingest: Pipeline, new_pipeline: Any
) -> None:
    given = {"object": "data/latest.csv"}
    as_deployed(new_pipeline("Train", triggers=[after(ingest, parameters=given)]))
    since(NOON)
    ended(cloud)
    history.sync(ingest)
    assert Start.objects.get().parameters == given


def test_pulling_the_same_end_again_owes_nothing_more(
    cloud: RecordedCloud, ingest: Pipeline, train: Pipeline
) -> None:
    ended(cloud)
    for _ in range(3):
        history.sync(ingest)
        Run.objects.update(complete=False)
    assert len(owed()) == 1


@pytest.mark.django_db(transaction=True)
def test_pulls_at_the_same_moment_owe_one_start(
    cloud: RecordedCloud, ingest: Pipeline, train: Pipeline
) -> None:
    ended(cloud)
    run_rows.save_page(ingest, [cloud.records["r"]])
    ready = threading.Barrier(6)
    run = Run.objects.get()

    def look() -> None:
        ready.wait()
        run_rows.look(ingest, run, cloud, now=cloud.now)
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(owed()) == 1


def test_each_run_owes_its_own(cloud: RecordedCloud, ingest: Pipeline, train: Pipeline) -> None:
    for number in range(5):
        ended(cloud, f"r{number}")
    history.sync(ingest)
    assert len(owed()) == 5


@pytest.mark.parametrize(
    ("on", "status", "fires"),
    [
        ("succeeded", "succeeded", True), ("succeeded", "failed", False),
        ("succeeded", "stopped", False), ("succeeded", "running", False),
        ("failed", "failed", True), ("failed", "succeeded", False), ("failed", "stopped", False),
    ],
)  # fmt: skip
def test_only_the_end_that_is_waited_for_counts(
    on: str, status: str, fires: bool, cloud: RecordedCloud, ingest: Pipeline, new_pipeline: Any
) -> None:
    as_deployed(new_pipeline("Next", triggers=[after(ingest, on)]))
    since(NOON)
    ended(cloud, status=status)
    history.sync(ingest)
    assert bool(owed()) is fires


def test_several_wait_for_the_same_end(
    cloud: RecordedCloud, ingest: Pipeline, train: Pipeline, new_pipeline: Any
) -> None:
    as_deployed(new_pipeline("Report", triggers=[after(ingest)]))
    since(NOON)
    ended(cloud)
    history.sync(ingest)
    assert sorted(name for name, _ in owed()) == ["Report", "Train"]


# ── Since when ──────────────────────────────────────────────────────────────────────


def test_what_ended_before_it_was_active_fires_nothing(
    cloud: RecordedCloud, ingest: Pipeline, train: Pipeline
) -> None:
    cloud.has("old", "succeeded", NOON - minutes(60), finished=NOON - minutes(50))
    ended(cloud, "new")
    history.sync(ingest)
    assert [cause for _, cause in owed()] == [f"run {by_id(ingest)['new'].pk} of Ingest"]


def test_an_end_that_is_learned_late_fires_all_the_same(
    cloud: RecordedCloud, ingest: Pipeline, train: Pipeline
) -> None:
    ended(cloud)
    cloud.clock = NOON + minutes(60 * 24 * 3)
    history.sync(ingest)
    assert len(owed()) == 1


@pytest.mark.parametrize("how", ["not deployed", "paused", "removed", "deleted"])
def test_one_that_is_not_active_fires_nothing(
    how: str, cloud: RecordedCloud, ingest: Pipeline, train: Pipeline, member: User
) -> None:
    if how == "paused":
        triggers.pause(actor=member, trigger=train.triggers.get())
    elif how == "removed":
        pipelines.update(actor=member, pipeline=train, triggers=[])
    else:
        Pipeline.objects.filter(pk=train.pk).update(deployed_version=None, may_exist_in_cloud=False)
        triggers.verify_entered(train, _entered(cloud))
    if how == "deleted":
        pipelines.delete(actor=member, pipeline=train)
    ended(cloud)
    history.sync(ingest)
    assert owed() == []


def _entered(cloud: RecordedCloud) -> Any:
    class Entered:
        blueprint = session = cloud
        spec = None

    return Entered()


def test_what_ended_while_it_was_paused_is_not_made_up_for(
    cloud: RecordedCloud, ingest: Pipeline, train: Pipeline, member: User
) -> None:
    trigger = train.triggers.get()
    triggers.pause(actor=member, trigger=trigger)
    resumed = triggers.resume(actor=member, trigger=trigger)
    assert resumed.active_since is not None
    before, later = resumed.active_since - minutes(1), resumed.active_since + minutes(1)
    cloud.has("before", "succeeded", before, finished=before)
    cloud.has("later", "succeeded", later, finished=later)
    history.sync(ingest)
    assert [cause for _, cause in owed()] == [f"run {by_id(ingest)['later'].pk} of Ingest"]


def test_an_edit_of_the_rest_does_not_make_it_begin_anew(
    cloud: RecordedCloud, ingest: Pipeline, train: Pipeline, member: User, example: dict[str, Any]
) -> None:
    key = train.triggers.get().key
    pipelines.update(actor=member, pipeline=train, triggers=[after(ingest, key=key)], note="Same")
    assert train.triggers.get().active_since == NOON


def test_waiting_for_another_one_begins_anew(
    ingest: Pipeline, train: Pipeline, member: User, new_pipeline: Any
) -> None:
    other = as_deployed(new_pipeline("Other", triggers=[]))
    key = train.triggers.get().key
    now = timezone.now()
    pipelines.update(actor=member, pipeline=train, triggers=[after(other, key=key)])
    assert train.triggers.get().active_since >= now


# ── Taken up again ──────────────────────────────────────────────────────────────────


@pytest.fixture
def failed(cloud: RecordedCloud, ingest: Pipeline, new_pipeline: Any) -> Run:
    """A run of Ingest that failed, while Repair waits for failures and Train for successes."""
    as_deployed(new_pipeline("Repair", triggers=[after(ingest, "failed")]))
    as_deployed(new_pipeline("Train", triggers=[after(ingest)]))
    since(NOON)
    ended(cloud, status="failed")
    history.sync(ingest)
    return by_id(ingest)["r"]


def goes_on(cloud: RecordedCloud, ingest: Pipeline) -> None:
    cloud.has("r", "running", NOON)
    history.sync(ingest)


def ends_again(cloud: RecordedCloud, ingest: Pipeline, status: str, at: datetime) -> None:
    cloud.has("r", status, NOON, finished=at)
    history.sync(ingest)


def test_a_run_that_is_taken_up_again_has_another_end(
    cloud: RecordedCloud, ingest: Pipeline, failed: Run
) -> None:
    goes_on(cloud, ingest)
    ends_again(cloud, ingest, "failed", NOON + minutes(5))
    goes_on(cloud, ingest)
    ends_again(cloud, ingest, "succeeded", NOON + minutes(9))
    assert [name for name, _ in owed()] == ["Repair", "Repair", "Train"]


def test_an_attempt_that_ended_between_two_looks_counts_by_its_outcome(
    cloud: RecordedCloud, ingest: Pipeline, failed: Run
) -> None:
    ends_again(cloud, ingest, "succeeded", NOON + minutes(5))
    assert [name for name, _ in owed()] == ["Repair", "Train"]


def test_a_cloud_that_still_tells_the_end_before_is_not_believed(
    cloud: RecordedCloud, ingest: Pipeline, failed: Run
) -> None:
    goes_on(cloud, ingest)
    ends_again(cloud, ingest, "failed", NOON + minutes(1))  # as before: it has not noticed yet
    failed.refresh_from_db()
    assert (failed.status, failed.complete) == ("running", False)
    assert len(owed()) == 1
    ends_again(cloud, ingest, "failed", NOON + minutes(5))
    failed.refresh_from_db()
    assert (failed.status, failed.complete) == ("failed", True)
    assert len(owed()) == 2
