"""Whether an engine is ready, and what people are told while none is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from provisioning.contracts import EngineCommand
from provisioning.engine.command import StateFile, find_engine, prepare_engine
from provisioning.errors import EngineMissing, SkyclockError


@dataclass(frozen=True)
class Waiting:
    """No engine yet; `message` says what is being done about it."""

    message: str
    state: str = "preparing"  # or "failed", or "missing" when nobody prepares one


def find() -> EngineCommand | Waiting:
    """The engine, or what deployments wait for. Fast, and without the network."""
    try:
        command = find_engine(settings.ENGINE_ROOT, Path(settings.ENGINE_CACHE))
    except EngineMissing as error:
        return Waiting(str(error), state="failed")
    return command or _waiting()


def _waiting() -> Waiting:
    try:
        told = json.loads((Path(settings.DATA_DIR) / "engine.json").read_text())
    except (FileNotFoundError, ValueError):
        return Waiting("it is going to be prepared", state="missing")
    if told["state"] == "ready":
        return Waiting("it was here and is gone", state="missing")
    return Waiting(told["message"], state=told["state"])


def prepare() -> None:
    """Fetch or build the engine, where there is none; others read in a file how it goes."""
    if not isinstance(find(), Waiting):
        return
    told = StateFile(Path(settings.DATA_DIR) / "engine.json")
    try:
        command = prepare_engine(
            settings.ENGINE_ROOT,
            Path(settings.ENGINE_CACHE),
            lambda message: told.write("preparing", message),
        )
    except (SkyclockError, OSError) as error:
        told.write("failed", str(error))
        return
    told.write("ready", f"Pulumi {command.version} from {command.root}", command.version)
