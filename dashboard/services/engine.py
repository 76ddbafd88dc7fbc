"""Which engine operations use, whether it is ready, and what people are told while none is.

The version stands in a row, so that all workers use the same one, and so that a newer one that
turns up on a machine is taken by nobody's oversight: an admin asks for it.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from dashboard.models import EngineChoice
from provisioning.contracts import EngineCommand
from provisioning.engine import versions
from provisioning.engine.command import StateFile, find_engine, prepare_engine, prepare_version
from provisioning.errors import EngineMissing, SkyclockError

AGAIN_SECONDS = 600.0


@dataclass(frozen=True)
class Waiting:
    """No engine yet; `message` says what is being done about it."""

    message: str
    state: str = "preparing"  # or "failed", or "missing" when nobody prepares one


def chosen() -> str | None:
    """The version in use; None until a first engine was found, or where a new release of
    Skyclock cannot work with it any more."""
    version = EngineChoice.objects.values_list("version", flat=True).first()
    parsed = versions.parse(version or "")
    return version if parsed and versions.fits(parsed) else None


def find() -> EngineCommand | Waiting:
    """The engine, or what deployments wait for. Fast, and without the network."""
    version = chosen()
    try:
        command = find_engine(settings.ENGINE_ROOT, Path(settings.ENGINE_CACHE), version)
    except EngineMissing as error:
        return Waiting(str(error), state="failed")
    return command or _waiting(version)


def _waiting(version: str | None) -> Waiting:
    told = _told(version)
    if told is None and version:
        return Waiting(f"Pulumi {version}, which is in use, is not here", state="missing")
    if told is None:
        return Waiting("it is going to be prepared", state="missing")
    if told["state"] == "ready":
        return Waiting("it was here and is gone from this machine", state="missing")
    return Waiting(told["message"], state=told["state"])


def _told(version: str | None) -> dict[str, Any] | None:
    """What the preparation says of itself. Of a version that is in use already only what is
    fresh: it is tried again then, and a preparation that was killed says nothing more."""
    path = _state_file(version)
    try:
        if version and time.time() - path.stat().st_mtime > AGAIN_SECONDS:
            return None
        told: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return told


def _state_file(version: str | None) -> Path:
    # The supervisor reads the first one, and stops when no engine at all can be had.
    name = f"engine-{version}.json" if version else "engine.json"
    return Path(settings.DATA_DIR) / name


def prepare() -> None:
    """Fetch or build the engine, where there is none; others read in a file how it goes."""
    if not isinstance(find(), Waiting):
        return
    cache, version = Path(settings.ENGINE_CACHE), chosen()
    told = StateFile(_state_file(version))

    def report(message: str) -> None:
        told.write("preparing", message)

    try:
        if version:
            command = prepare_version(settings.ENGINE_ROOT, cache, version, report)
        else:
            command = prepare_engine(settings.ENGINE_ROOT, cache, report)
    except (SkyclockError, OSError) as error:
        told.write("failed", str(error))
        return
    told.write("ready", f"Pulumi {command.version} from {command.root}", command.version)


def adopt(command: EngineCommand) -> None:
    """From now on it is the one in use, if none was so far; and it is kept where nobody else
    replaces it."""
    row, _ = EngineChoice.objects.get_or_create(pk=1)
    if chosen() is None:
        rows = EngineChoice.objects.filter(pk=row.pk, version=row.version)
        rows.update(version=command.version, before=row.version, changed_at=timezone.now())
    if command.origin in ("settings", "path"):
        cache = Path(settings.ENGINE_CACHE)
        prepare_version(settings.ENGINE_ROOT, cache, command.version, lambda message: None)
