"""Telling of an operation while it runs: its phases, and lines for its log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

from provisioning.contracts import LogEvent, OperationEvent, PhaseEvent, PhaseName


class Teller:
    """`tell` receives every event, in order."""

    def __init__(self, tell: Callable[[OperationEvent], None]) -> None:
        self.tell = tell

    @contextmanager
    def within(self, phase: PhaseName) -> Iterator[None]:
        self.phase(phase, "started")
        try:
            yield
        except BaseException:
            self.phase(phase, "failed")
            raise
        self.phase(phase, "finished")

    def phase(
        self, phase: PhaseName, state: Literal["started", "finished", "failed", "skipped"]
    ) -> None:
        self.tell(PhaseEvent(time=datetime.now(UTC), phase=phase, state=state))

    def say(self, line: str) -> None:
        self.log(line, level="info")

    def log(self, text: str, *, level: Literal["info", "warning", "error"]) -> None:
        for line in text.splitlines():
            self.tell(LogEvent(time=datetime.now(UTC), level=level, text=line))
