"""The queue: how messages are sent and received. Tasks are known here by their names only."""

from __future__ import annotations

import logging
import os
from datetime import datetime, timedelta
from typing import Any

from celery import Celery
from celery.schedules import schedstate, schedule
from celery.signals import setup_logging
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

from django.conf import settings

log = logging.getLogger(__name__)

RUN_DEPLOYMENT = "dashboard.tasks.run_deployment"
SYNC_HISTORY = "dashboard.tasks.sync_history"
PERFORM_START = "dashboard.tasks.perform_start"
HUNT_GHOSTS = "dashboard.tasks.hunt_ghosts"
TEST_CONNECTION = "dashboard.tasks.test_connection"
DISCOVER = "dashboard.tasks.discover"
PERFORM_MAINTENANCE = "dashboard.tasks.perform_maintenance"
TICK = "dashboard.tasks.tick"
PREPARE_ENGINE = "dashboard.tasks.prepare_engine"
LOOK_FOR_ENGINE = "dashboard.tasks.look_for_engine"
TRY_ENGINE = "dashboard.tasks.try_engine"
KEEP_SIGNING_KEYS = "dashboard.tasks.keep_signing_keys"
TICK_EVERY = timedelta(seconds=min(5.0, settings.LEASE_SECONDS / 3))
LOOK_EVERY = timedelta(days=1)


class Every(schedule):  # type: ignore[misc]
    """Celery's own, but for a clock that was put back: it would wait until the clock has
    caught up with the last time."""

    def is_due(self, last_run_at: datetime) -> schedstate:
        if last_run_at > self.now() + self.run_every:
            return schedstate(is_due=True, next=self.run_every.total_seconds())
        return super().is_due(last_run_at)


app = Celery("skyclock")
app.conf.update(
    broker_url=settings.REDIS_URL,
    broker_connection_retry_on_startup=True,
    # A page must not hang on a Redis that is away: its row waits, and `tick` sends it again.
    broker_connection_timeout=2,
    broker_transport_options={
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        # A message of a worker that died comes back after this; the rows do not wait for it.
        "visibility_timeout": 6 * 3600,
        "global_keyprefix": "skyclock.",
    },
    result_backend=None,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_acks_late=True,
    # A lost worker's deployment is found by its lease, not by running its message again.
    task_reject_on_worker_lost=False,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    task_default_queue="history",
    task_routes={
        RUN_DEPLOYMENT: {"queue": "deployments"},
        PREPARE_ENGINE: {"queue": "deployments"},
        TRY_ENGINE: {"queue": "deployments"},
    },
    beat_schedule={
        # A tick that nobody took in time is not worth taking later.
        "tick": {"task": TICK, "schedule": Every(TICK_EVERY), "options": {"expires": 10}},
        "look-for-engine": {"task": LOOK_FOR_ENGINE, "schedule": Every(LOOK_EVERY)},
        # Each day: whether the month is over. A beat that was down for a day loses nothing.
        "keep-signing-keys": {"task": KEEP_SIGNING_KEYS, "schedule": Every(LOOK_EVERY)},
    },
    beat_schedule_filename=str(settings.DATA_DIR / "beat"),
    beat_max_loop_interval=1,
    imports=["dashboard.tasks"],
    enable_utc=True,
    timezone="UTC",
)


def send(name: str, *args: int) -> bool:
    """Enqueue the task of this name; False when Redis is away."""
    try:
        app.send_task(name, args=args, retry=False)
    except OperationalError as error:
        log.warning("The queue is away, %s waits: %s", name, error)
        return False
    return True


@setup_logging.connect
def _keep_our_logging(**kwargs: Any) -> None:
    """Celery leaves logging alone when something is connected here; Django has set it up."""
