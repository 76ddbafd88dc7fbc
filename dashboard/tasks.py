"""What workers do. Ids in, a few lines each; every task may run twice without harm."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import Task, shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import DatabaseError, connections
from django.utils import timezone

from dashboard import celery, launch
from dashboard.aside import looks
from dashboard.models import Deployment
from dashboard.services import (
    backfills,
    connection_tests,
    deployments,
    discovery,
    engine,
    expiries,
    history,
    hosts,
    hunts,
    maintaining,
    rotation,
    sandbox,
    sealing,
    signing_keys,
    starts,
    upgrades,
    workers,
)
from provisioning.errors import SkyclockError

log = logging.getLogger(__name__)

REAP_SECONDS = settings.LEASE_SECONDS / 2


class Look(Task):  # type: ignore[misc]
    """A task that only looks at a cloud: its message is done as soon as it is taken aside."""

    abstract = True

    def __call__(self, *args: Any) -> None:
        if self.request.called_directly:
            self.run(*args)
        else:
            looks.take(self.run, *args)


@shared_task(name=celery.RUN_DEPLOYMENT)
def run_deployment(deployment_id: int) -> None:
    deployments.execute(deployment_id)
    held = [Deployment.Status.QUEUED, Deployment.Status.RUNNING]
    left = Deployment.objects.filter(pk=deployment_id).exclude(status__in=held).first()
    if left:
        launch.enqueue_next(left.pipeline_id)
        if left.final:
            launch.request_sync(left.pipeline_id)


@shared_task(name=celery.SYNC_HISTORY, base=Look)
def sync_history(pipeline_id: int) -> None:
    try:
        history.sync_if_free(pipeline_id)
    except SkyclockError as error:  # noted on the Pipeline, which is tried again later
        log.warning("History of pipeline %s: %s", pipeline_id, error)
    launch.enqueue_due_starts()  # those that an end it found makes us owe


@shared_task(name=celery.PERFORM_START)
def perform_start(start_id: int) -> None:
    starts.perform(start_id)


@shared_task(name=celery.HUNT_GHOSTS, base=Look)
def hunt_ghosts(connection_id: int) -> None:
    try:
        hunts.look(connection_id)
    except SkyclockError as error:  # noted on the Hunt, which is tried again later
        log.warning("Ghost hunt of connection %s: %s", connection_id, error)


@shared_task(name=celery.TEST_CONNECTION)
def test_connection(test_id: int) -> None:
    connection_tests.perform(test_id)


@shared_task(name=celery.DISCOVER, base=Look)
def discover(connection_id: int) -> None:
    try:
        discovery.look(connection_id)
    except SkyclockError as error:  # noted on the Discovery, which is tried again later
        log.warning("Discovery on connection %s: %s", connection_id, error)


@shared_task(name=celery.PERFORM_MAINTENANCE)
def perform_maintenance(maintenance_id: int) -> None:
    maintaining.perform(maintenance_id)


@shared_task(name=celery.TICK)
def tick() -> None:
    """Look for what is due or was left behind. Two at once are harmless."""
    _reap()
    launch.enqueue_waiting()
    launch.enqueue_due_syncs()
    backfills.release_due()
    launch.enqueue_due_starts()
    launch.enqueue_due_tests()
    launch.enqueue_due_hunts()
    launch.enqueue_due_discoveries()
    launch.enqueue_due_maintenances()
    launch.enqueue_due_lifetimes()
    launch.enqueue_due_checks()
    rotation.forget_due()
    expiries.remind_due()
    try:
        sandbox.look()
    except SkyclockError as error:
        log.debug("%s", error)  # every few seconds while it starts; pages say it as well


def _reap() -> None:
    reaped = deployments.reap()
    for deployment_id in reaped.orphans:
        launch.adopt(deployment_id)
    for pipeline_id in reaped.pipelines:
        launch.request_sync(pipeline_id)


@shared_task(name=celery.PREPARE_ENGINE)
def prepare_engine() -> None:
    engine.prepare()


@shared_task(name=celery.LOOK_FOR_ENGINE)
def look_for_engine() -> None:
    upgrades.look()


@shared_task(name=celery.TRY_ENGINE)
def try_engine() -> None:
    upgrades.try_asked()


@shared_task(name=celery.KEEP_SIGNING_KEYS)
def keep_signing_keys() -> None:
    signing_keys.rotate_if_due()


@worker_ready.connect
def _say_alive(**kwargs: Any) -> None:
    _beside(partial(workers.say_alive, timezone.now()), every=workers.EVERY_SECONDS)


@worker_ready.connect
def _look_for_the_dead(**kwargs: Any) -> None:
    """Beside the ticks, which Redis may lose, and which wait while all threads wait for clouds."""
    _beside(_reap, every=REAP_SECONDS)


def _beside(work: Callable[[], None], *, every: float) -> None:
    """In a thread of its own, now and every so many seconds, until the worker is to end."""

    def keep_on() -> None:
        while True:
            try:
                work()
            except (DatabaseError, SkyclockError, OSError) as error:
                log.warning("What this worker does every %.0f s failed: %s", every, error)
            connections.close_all()  # threads have connections of their own
            if deployments.STOPPING.wait(every):
                return

    threading.Thread(target=keep_on, daemon=True).start()


@worker_ready.connect
def _say_ready(**kwargs: Any) -> None:
    if settings.WORKER_READY:
        settings.WORKER_READY.touch()
    if lost := sealing.sentence(sealing.tally().unreadable):
        log.error("%s", lost)
    launch.try_engine_again()
    hosts.beat_for_ever()
    found = engine.find()
    if isinstance(found, engine.Waiting) and found.state == "missing":
        launch.prepare_engine()


@worker_shutting_down.connect
def _stop_operations(**kwargs: Any) -> None:
    """Have the operations that run stopped; their outcomes are saved before the worker ends."""
    deployments.STOPPING.set()
    looks.end()
