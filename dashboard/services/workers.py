"""Where workers live, as each of them says it: a row per host, renewed while it is there."""

from __future__ import annotations

import logging
import os
import socket
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from dashboard import secrets
from dashboard.models import WorkerHost
from dashboard.services import engine
from provisioning.contracts import EngineCommand
from provisioning.engine.backend import plugins_in
from provisioning.engine.command import engines
from provisioning.errors import SkyclockError

log = logging.getLogger(__name__)

EVERY_SECONDS = 15.0
ALIVE = timedelta(seconds=60)  # since it was seen last
FORGOTTEN = timedelta(days=7)


def say_alive(started: datetime) -> None:
    """Renew this host's row; keep the engine in use here, and fetch it where it is missing."""
    found = engine.find()
    if isinstance(found, engine.Waiting) and found.state == "missing" and engine.chosen():
        engine.prepare()  # another host has switched to it
        found = engine.find()
    _save(found, started)
    if isinstance(found, EngineCommand):
        try:
            engine.adopt(found)
        except (SkyclockError, OSError) as error:  # a full disk must not stop deployments
            log.warning("The engine in use could not be copied: %s", error)


def is_alive(host: WorkerHost) -> bool:
    return host.seen_at > timezone.now() - ALIVE


def _save(found: EngineCommand | engine.Waiting, started: datetime) -> None:
    ready = isinstance(found, EngineCommand)
    WorkerHost.objects.update_or_create(
        host=socket.gethostname()[:120],
        defaults={
            "pid": os.getpid(),
            "started_at": started,
            "seen_at": timezone.now(),
            "engine": found.version if isinstance(found, EngineCommand) else "",
            "engines": [each.model_dump() for each in _engines()],
            "plugins": list(plugins_in(Path(settings.STATE_DIR))),
            "sealing_keys": list(secrets.key_names()),
            "waiting": "" if ready else getattr(found, "message", ""),
        },
    )
    WorkerHost.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN).delete()


def _engines() -> tuple[EngineCommand, ...]:
    return engines(settings.ENGINE_ROOT, Path(settings.ENGINE_CACHE))
