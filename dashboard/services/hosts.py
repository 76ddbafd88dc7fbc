"""Which hosts have a worker that lives: each says so in a row, as long as it does.

Nobody can look into another machine's table of processes. What can be known of it is that it has
not been heard of for longer than any lease: then its workers have lost their Deployments, and
the fence beside the state has told their operations to end themselves.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from dashboard.models import Heartbeat
from provisioning.contracts.hosts import Host, here

log = logging.getLogger(__name__)

BEAT_SECONDS = settings.LEASE_SECONDS / 3
SILENCE = timedelta(seconds=settings.LEASE_SECONDS)  # after which a host is called gone
KEPT = timedelta(days=30)


def beat() -> None:
    """This host lives."""
    now = timezone.now()
    Heartbeat.objects.update_or_create(identity=str(here()), defaults={"seen_at": now})
    Heartbeat.objects.filter(seen_at__lt=now - KEPT).delete()


def beat_for_ever() -> None:
    """In a thread of the worker; a database that is away is told of later."""
    threading.Thread(target=_beat_on, name="host", daemon=True).start()


def gone() -> tuple[str, ...]:
    """Hosts that have been silent for longer than any lease."""
    silent = Heartbeat.objects.filter(seen_at__lt=timezone.now() - SILENCE)
    return tuple(silent.values_list("identity", flat=True))


def last_seen(host: Host) -> datetime | None:
    found = Heartbeat.objects.filter(identity=str(host)).values_list("seen_at", flat=True)
    return found.first()


def _beat_on() -> None:
    wait = threading.Event()
    while True:
        try:
            beat()
        except DatabaseError as error:
            log.warning("The database is away, this host cannot say that it lives: %s", error)
            connection.close()
        wait.wait(BEAT_SECONDS)
