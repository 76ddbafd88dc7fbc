"""The file of one operation's events: one JSON value per line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic import TypeAdapter

from provisioning.contracts import OperationEvent, OutcomeEvent
from provisioning.masking import Masker

LONGEST = 400  # of a property's value
TAIL = 60
EVENT: TypeAdapter[OperationEvent] = TypeAdapter(OperationEvent)


class Spool:
    """Written by the operation's process. Each line goes to the file in one piece."""

    def __init__(self, path: Path, masker: Masker) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._masker = masker
        self._lock = Lock()

    def write(self, event: OperationEvent) -> None:
        value = shortened(self._masker.value(event.model_dump(mode="json")))
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
        with self._lock:
            left = memoryview(line.encode())
            while left:
                left = left[os.write(self._file, left) :]

    def close(self) -> None:
        os.close(self._file)


def shortened(value: dict[str, Any]) -> dict[str, Any]:
    """With long values of properties cut. Only after masking: half a secret is not recognised."""
    for each in value.get("properties", ()):
        each |= {side: _cut(each[side]) for side in ("old", "new") if each[side]}
    return value


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - TAIL]} … {text[-TAIL:]} ({len(text):,} characters)"


def read_events(spool: Path, offset: int) -> tuple[list[OperationEvent], int]:
    """The events from `offset` on, and the offset to go on from. Only complete lines."""
    try:
        with spool.open("rb") as file:
            file.seek(offset)
            text = file.read()
    except FileNotFoundError:
        return [], offset
    whole = text[: text.rfind(b"\n") + 1]
    return [EVENT.validate_json(line) for line in whole.splitlines()], offset + len(whole)


def read_outcome(spool: Path) -> OutcomeEvent | None:
    """How the operation said that it ended, if it did: nothing comes after that."""
    try:
        whole, _, _ = spool.read_bytes().rpartition(b"\n")
    except FileNotFoundError:
        return None
    _, _, line = whole.rpartition(b"\n")
    last = EVENT.validate_json(line) if line else None
    return last if isinstance(last, OutcomeEvent) else None
