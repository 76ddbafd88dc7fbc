"""What has to hold, whatever was killed. Each check returns sentences about what does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from provisioning.contracts import LogEvent, OperationEvent, OutcomeEvent
from tests.chaos import inventory
from tests.chaos.inventory import Pair
from tests.chaos.rows import Row
from tests.chaos.strikes import Target

# After the kill of one of these the operation cannot have failed by its own fault.
CUTTING = (
    Target.ENGINE, Target.OPERATION, Target.BOTH, Target.WORKER, Target.SUPERVISOR, Target.MACHINE,
)  # fmt: skip


def ending(row: Row, struck: Sequence[Target]) -> Iterator[str]:
    """Its status is one that is true: nobody asked for a cancel, and what was cut off says so."""
    if row.lease_owner:
        yield f"{row.id} ended and is still leased to {row.lease_owner}"
    if row.status == "cancelled":
        yield f"{row.id} is cancelled, which nobody asked for"
    if row.status in ("failed", "interrupted") and not row.error.get("summary"):
        yield f"{row.id} is {row.status} and says nothing"
    if row.status == "failed" and not set(struck) & {Target.SANDBOX, Target.MACHINE,
                                                     Target.SUPERVISOR}:  # fmt: skip
        yield f"{row.id} failed after {_names(struck)}: {row.error}"
    if row.status == "interrupted" and not set(struck) & {*CUTTING}:
        yield f"{row.id} was interrupted by {_names(struck)}: {row.error}"


def log(
    row: Row, lines: Sequence[tuple[int, str, str]], told: Sequence[OperationEvent]
) -> Iterator[str]:
    """Every event that was told is a line, once and in order; others are Skyclock's own."""
    numbers = [n for n, _, _ in lines]
    if numbers != list(range(1, len(lines) + 1)) or row.last_line != len(lines):
        yield f"{row.id}: lines are numbered {numbers[:3]}…{numbers[-3:]}, last {row.last_line}"
    wanted = [(e.resource or "", e.text) for e in told if isinstance(e, LogEvent)]
    place = 0
    for _, resource, text in lines:
        if place < len(wanted) and (resource, text) == wanted[place]:
            place += 1
        elif resource:
            yield f"{row.id}: a line is there twice, or nobody told it: {text}"
    if place < len(wanted):
        yield f"{row.id}: {len(wanted) - place} events are not in the log, first {wanted[place]}"
    outcomes = [each for each in told if isinstance(each, OutcomeEvent)]
    if outcomes and outcomes[-1].status == "succeeded" and row.status != "succeeded":
        yield f"{row.id} is {row.status} though its operation succeeded"
    if not outcomes and row.status == "succeeded":
        yield f"{row.id} succeeded though its operation never said so"


def at_rest(checkpoint: Path, locks: Path) -> Iterator[str]:
    """After an operation that succeeded."""
    yield from (f"a lock is left: {path.name}" for path in locks.glob("*"))
    yield from (f"the state has a pending operation: {each}"
                for each in inventory.pending_of(checkpoint))  # fmt: skip


def same(in_cloud: set[Pair], in_state: set[Pair]) -> Iterator[str]:
    yield from (f"orphaned in the cloud: {each}" for each in sorted(in_cloud - in_state))
    yield from (f"in the state and not in the cloud: {each}"
                for each in sorted(in_state - in_cloud))  # fmt: skip


def _names(struck: Sequence[Target]) -> str:
    return ", ".join(sorted(set(struck))) or "nothing"
