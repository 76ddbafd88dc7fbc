from __future__ import annotations

import os
import subprocess
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from dashboard.models import Deployment, Heartbeat, Pipeline
from dashboard.services import hosts, leases
from dashboard.services.leases import Child, LeaseLost
from provisioning.contracts.hosts import here


def test_the_claim_takes_a_queued_one_with_a_lease(pipeline: Pipeline, new_deployment: Any) -> None:
    row = new_deployment(pipeline)
    lease = leases.claim(row)
    row.refresh_from_db()
    assert lease and row.lease_owner == lease.owner
    assert row.status == "running"
    left = row.lease_until - timezone.now()
    assert timedelta(seconds=settings.LEASE_SECONDS - 5) < left
    pipeline.refresh_from_db()
    assert pipeline.may_exist_in_cloud


@pytest.mark.parametrize("operation", ["preview", "refresh", "destroy"])
def test_only_an_up_puts_something_in_the_cloud(
    pipeline: Pipeline, new_deployment: Any, operation: str
) -> None:
    assert leases.claim(new_deployment(pipeline, operation))
    pipeline.refresh_from_db()
    assert not pipeline.may_exist_in_cloud


def test_a_second_claim_gets_nothing(pipeline: Pipeline, new_deployment: Any) -> None:
    row = new_deployment(pipeline)
    assert leases.claim(row)
    assert leases.claim(row) is None


def test_the_oldest_goes_first_and_one_at_a_time(new_pipeline: Any, new_deployment: Any) -> None:
    pipeline = new_pipeline("One")
    first, second = new_deployment(pipeline), new_deployment(pipeline)
    assert leases.claim(second) is None
    assert leases.claim(first)
    assert leases.claim(second) is None
    assert leases.claim(new_deployment(new_pipeline("Two")))
    Deployment.objects.filter(pk=first.pk).update(status="succeeded")
    assert leases.claim(second)


def test_awaiting_approval_holds_nobody(pipeline: Pipeline, new_deployment: Any) -> None:
    new_deployment(pipeline, status="awaiting_approval")
    assert leases.claim(new_deployment(pipeline))


@pytest.mark.django_db
def test_the_table_itself_allows_one_running(pipeline: Pipeline, new_deployment: Any) -> None:
    new_deployment(pipeline, status="running")
    with pytest.raises(IntegrityError), transaction.atomic():
        new_deployment(pipeline, status="running")


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_gets_it(pipeline: Pipeline, new_deployment: Any) -> None:
    rows = [new_deployment(pipeline) for _ in range(3)]
    ready = threading.Barrier(6)
    taken: list[int] = []

    def work(row: Deployment) -> None:
        ready.wait()
        if lease := leases.claim(row):
            taken.append(lease.deployment_id)
        connection.close()

    workers = [threading.Thread(target=work, args=(row,)) for row in rows * 2]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert taken == [rows[0].pk]


def test_a_lease_is_renewed_while_it_is_ours(pipeline: Pipeline, new_deployment: Any) -> None:
    row = new_deployment(pipeline)
    lease = leases.claim(row)
    assert lease
    Deployment.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    lease.renew()
    assert not leases.expired().exists()
    Deployment.objects.update(lease_owner="another|b|1|w")
    with pytest.raises(LeaseLost):
        lease.renew()


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_kept_while_something_takes_its_time(
    pipeline: Pipeline, new_deployment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.01)
    lease = leases.claim(new_deployment(pipeline))
    assert lease
    with lease.kept():
        Deployment.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        deadline = time.monotonic() + 60
        while leases.expired().exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
    with pytest.raises(LeaseLost), lease.kept():
        Deployment.objects.update(lease_owner="another|b|1|w")


def test_only_a_lease_that_ran_out_is_taken_over_and_once(
    pipeline: Pipeline, new_deployment: Any
) -> None:
    row = new_deployment(pipeline)
    assert leases.claim(row)
    row.refresh_from_db()
    assert leases.take_over(row) is None
    Deployment.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    row.refresh_from_db()
    assert leases.take_over(row)
    assert leases.take_over(row) is None


# ── Is the operation's process gone? ────────────────────────────────────────────────


def test_this_process_is_not_gone() -> None:
    me = Child.of(os.getpid())
    assert Child.parse(str(me)) == me
    assert me.is_here
    assert not me.is_gone


def test_a_process_that_ended_is_gone() -> None:
    child = subprocess.Popen(["sleep", "60"])
    seen = Child.of(child.pid)
    assert not seen.is_gone
    child.kill()
    child.wait()
    assert seen.is_gone


def test_a_process_that_ended_before_we_looked_is_gone() -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    assert Child.of(child.pid).is_gone


def test_another_process_of_the_same_number_is_not_it() -> None:
    me = Child.of(os.getpid())
    younger = Child(host=me.host, pid=me.pid, started="1.00")
    assert me.is_here and younger.is_gone
    rebooted = me.host.model_copy(update={"boot": "other"})
    made_again = me.host.model_copy(update={"space": "1"})
    for host in (rebooted, made_again):
        assert not Child(host=host, pid=me.pid, started=me.started).is_here


@pytest.mark.parametrize("text", ["", "here", "a|b|c|d", "a|b|1"])
def test_without_a_process_nothing_can_live(text: str) -> None:
    assert Child.parse(text) is None
    assert not leases.child_may_live(Deployment(child=text))


@pytest.mark.django_db
def test_a_process_of_another_machine_is_given_up_when_its_host_is_silent() -> None:
    now = timezone.now()
    silent = leases.ELSEWHERE_GRACE + timedelta(seconds=1)
    row = Deployment(child="elsewhere|b.1|1|2.00", lease_until=now - timedelta(seconds=5))
    assert leases.child_may_live(row)
    row.lease_until = now - silent
    assert not leases.child_may_live(row)
    host = Heartbeat.objects.create(identity="elsewhere|b.1", seen_at=now)
    assert leases.child_may_live(row), "its host lives, so a worker there looks after it"
    Heartbeat.objects.filter(pk=host.pk).update(seen_at=now - silent)
    assert not leases.child_may_live(row)


def test_of_a_process_in_another_container_the_guard_tells() -> None:
    container = here().model_copy(update={"name": "c0ffee", "space": "1"})
    row = Deployment(child=f"{container}|1|2.00", lease_until=timezone.now())
    assert leases.child_may_live(row, guarded=True)
    assert not leases.child_may_live(row, guarded=False)


@pytest.mark.django_db
def test_a_host_that_was_not_heard_of_for_a_lease_is_called_gone() -> None:
    hosts.beat()
    old = timezone.now() - hosts.SILENCE - timedelta(seconds=1)
    Heartbeat.objects.create(identity="w1|b.1", seen_at=old)
    assert hosts.gone() == ("w1|b.1",)
    assert hosts.last_seen(here()) is not None
