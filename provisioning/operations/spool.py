"""The file of one operation's events: one JSON value per line."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic import TypeAdapter, ValidationError

from provisioning.contracts import LogEvent, OperationEvent, OutcomeEvent
from provisioning.masking import Masker

LONGEST = 400  # of a property's value
TAIL = 60
DAMAGED = "An event of the operation is lost: it could not be written whole. Is the disk full?"
EVENT: TypeAdapter[OperationEvent] = TypeAdapter(OperationEvent)


class Spool:
    """Written by the operation's process. Each line goes to the file in one piece; one that a
    full disk cut off takes no other along."""

    def __init__(self, path: Path, masker: Masker) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._masker = masker
        self._lock = Lock()
        self._cut_off = False

    def write(self, event: OperationEvent) -> None:
        value = shortened(self._masker.value(event.model_dump(mode="json")))
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
        with self._lock:
            left = memoryview(("\n" * self._cut_off + line).encode())
            self._cut_off = True  # until all of it is there
            while left:
                left = left[os.write(self._file, left) :]
            self._cut_off = False

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
    lines = (line for line in whole.split(b"\n") if line)
    return [_event(line) for line in lines], offset + len(whole)


def read_outcome(spool: Path) -> OutcomeEvent | None:
    """How the operation said that it ended, if it did: nothing comes after that."""
    try:
        whole, _, _ = spool.read_bytes().rpartition(b"\n")
    except FileNotFoundError:
        return None
    _, _, line = whole.rpartition(b"\n")
    last = _event(line) if line else None
    return last if isinstance(last, OutcomeEvent) else None


def _event(line: bytes) -> OperationEvent:
    """What is damaged must not keep the rest from being read: whoever follows would fail at it
    again and again."""
    try:
        return EVENT.validate_json(line)
    except ValidationError:
        return LogEvent(time=datetime.now(UTC), level="warning", text=DAMAGED)
