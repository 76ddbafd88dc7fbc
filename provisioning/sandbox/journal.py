"""What fired and what came of it, or why nothing did: the sandbox tells what clouds keep silent."""

from __future__ import annotations

from typing import Literal

from provisioning.contracts import Cloud, JournalEntry
from provisioning.sandbox.clock import Clock, to_datetime
from provisioning.sandbox.records import Record, Table
from provisioning.sandbox.store import Store

KEPT = 1000

# delivered   the target took it
# ignored     it was looked at and did not match: a filter, a pattern, a disabled rule
# refused     the target, or its permissions, said no
# dropped     a fault that somebody asked for swallowed it
Outcome = Literal["delivered", "ignored", "refused", "dropped"]


class Entry(Record):
    number: int
    time: float  # of the sandbox
    cloud: Literal["aws", "azure", "google"]
    source: str  # what fired: "schedule/default/skyclock-x-t1", "s3://bucket/data/x.csv"
    target: str = ""  # what it was for
    outcome: Outcome
    reason: str = ""  # in a sentence, where it was not delivered

    @property
    def key(self) -> str:
        return f"{self.number:012d}"


class Journal:
    """The last thousand; oldest first."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._table = Table(store, kind="journal", record=Entry)
        self._clock = clock
        self._next = max((entry.number for entry in self._table), default=0) + 1

    def note(
        self,
        cloud: Literal["aws", "azure", "google"],
        source: str,
        outcome: Outcome,
        *,
        target: str = "",
        reason: str = "",
    ) -> None:
        """Call it with the world locked."""
        entry = Entry(
            number=self._next,
            time=self._clock.now(),
            cloud=cloud,
            source=source,
            target=target,
            outcome=outcome,
            reason=reason,
        )
        self._table.put(entry)
        self._table.delete(f"{self._next - KEPT:012d}")
        self._next += 1

    def entries(self, *, after: int = 0, most: int = KEPT) -> list[JournalEntry]:
        """Those with a higher number than `after`, oldest first; of too many the newest."""
        found = sorted(
            (entry for entry in self._table if entry.number > after), key=lambda one: one.number
        )
        return [_shown(entry) for entry in found[-most:]]


def _shown(entry: Entry) -> JournalEntry:
    values = entry.model_dump(exclude={"time", "cloud"})
    return JournalEntry(**values, time=to_datetime(entry.time), cloud=Cloud(entry.cloud))
