"""When the history is pulled, and what if it cannot be."""

from __future__ import annotations

import math
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.models import Connection, Pipeline, Run, Step
from dashboard.services import history, triggers
from provisioning.contracts import TriggerProof, TriggerState
from provisioning.errors import CloudAway, NotPossible, PermissionDenied, Throttled
from tests.dashboard.services.recorded_cloud import NOON, RecordedCloud, minutes, step


def due_in(pipeline: Pipeline) -> int:
    """Seconds, in steps of five: some have passed since."""
    assert pipeline.sync_due_at
    return 5 * math.ceil((pipeline.sync_due_at - timezone.now()).total_seconds() / 5)


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
    assert abs(row.now(timezone.now()) - cloud.clock) < timedelta(seconds=60)


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


def test_a_proof_is_recorded_on_its_trigger(deployed: Pipeline) -> None:
    proof = TriggerProof(
        key="t1", state=TriggerState.MISSING, verified_at=NOON, message="AWS has none."
    )
    triggers.record(deployed, [proof], NOON)
    row = deployed.triggers.get()
    assert (row.state, row.next, row.message) == ("missing", None, "AWS has none.")
