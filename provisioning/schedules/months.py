"""Months of the year as steps: "every third month from October" for 1, 4, 7 and 10."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

STEPS = (1, 2, 3, 4, 6, 12)


@dataclass(frozen=True)
class Progression:
    """Every `step` months; `first` is the earliest of them in a year."""

    step: int
    first: int

    def __contains__(self, month: int) -> bool:
        return (month - self.first) % self.step == 0

    def first_of_latest(self, wall: datetime) -> datetime:
        """The beginning of the latest of these months that began at `wall` or before it."""
        return _beginning(wall, -((wall.month - self.first) % self.step))

    def first_after(self, beginning: datetime) -> datetime:
        return _beginning(beginning, self.step)


EVERY = tuple(Progression(step, first) for step in STEPS for first in range(1, step + 1))
PARTS = {each: frozenset(month for month in range(1, 13) if month in each) for each in EVERY}


@cache
def progressions(months: frozenset[int]) -> tuple[Progression, ...]:
    """The fewest that have exactly these months, each once; at most six are needed."""
    if not months:
        return ()
    earliest = min(months)
    ways = [
        (each, *progressions(months - part))
        for each, part in PARTS.items()
        if earliest in part and part <= months
    ]
    return min(ways, key=len)


def _beginning(wall: datetime, months: int) -> datetime:
    count = wall.year * 12 + wall.month - 1 + months
    return datetime(count // 12, count % 12 + 1, 1)  # noqa: DTZ001  a wall has no zone
