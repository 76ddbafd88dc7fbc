"""Log entries, as Cloud Logging keeps them."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.records import Record


class Entry(Record):
    """`entry` is the LogEntry as the API shows it."""

    number: int
    project: str
    time: float
    entry: dict[str, Any]

    @property
    def key(self) -> str:
        return f"{self.number:012d}"

    @property
    def place(self) -> tuple[float, int]:
        """Where it stands in its project's log."""
        return self.time, self.number
