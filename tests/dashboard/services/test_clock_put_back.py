"""The machine's clock is put back, or put right: nothing waits until it has caught up."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import psutil
import pytest
from django.utils import timezone

from dashboard import celery, launch
from dashboard.models import Deployment, Pipeline
from dashboard.services import deployments, history, leases
from dashboard.services.leases import Child
from provisioning.contracts.hosts import Host, here

HOUR = timedelta(hours=1)


def leave(begun: Any, *, owner: str) -> None:
    """The row as a worker left it that died before the clock was put back by an hour."""
    Deployment.objects.filter(pk=begun.row.pk).update(
        lease_until=timezone.now() + HOUR, lease_owner=f"{owner}|1|word", child=""
    )


def test_a_dead_worker_is_found_before_its_lease_says_so(begin: Any) -> None:
    begun = begin()
    leave(begun, owner=str(here()))
    deployments.reap()
    assert begun.again().status == "interrupted"


def test_a_host_whose_clock_is_ahead_is_left_alone(begin: Any) -> None:
    begun = begin()
    leave(begun, owner=str(Host(name="elsewhere", boot="1", space="2")))
    deployments.reap()
    assert begun.again().status == "running"


def test_a_process_stays_the_same_when_the_clock_is_put_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not leases._ticks(os.getpid()):
        pytest.skip("only Linux counts a process's start from that of the machine")
    before = Child.of(os.getpid())
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: 1.0)
    assert Child.of(os.getpid()) == before
    assert not before.is_gone


def test_a_message_is_sent_again(pipeline: Pipeline, new_deployment: Any, messages: Any) -> None:
    row = new_deployment(pipeline, enqueued_at=timezone.now() + HOUR)
    launch.enqueue_waiting()
    assert messages() == [(celery.RUN_DEPLOYMENT, [row.pk])]


def test_history_is_pulled_again(deployed: Pipeline, messages: Any) -> None:
    ahead = timezone.now() + 2 * HOUR
    Pipeline.objects.update(sync_due_at=ahead, sync_lease_until=ahead)
    launch.enqueue_due_syncs()
    assert messages() == [(celery.SYNC_HISTORY, [deployed.pk])]
    assert history._take(deployed.pk)


def test_ticks_go_on() -> None:
    every = celery.Every(celery.TICK_EVERY, app=celery.app)
    assert every.is_due(every.now() + HOUR).is_due
    assert not every.is_due(every.now()).is_due
    assert every.is_due(every.now() - HOUR).is_due
