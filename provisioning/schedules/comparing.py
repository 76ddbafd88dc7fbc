"""What an edit changes: the runs that it adds and those that it takes away."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from provisioning.schedules.minutes import MINUTE, Window, each_minute
from provisioning.schedules.schedule import Schedule

MOST = 500  # that are listed


@dataclass(frozen=True)
class Runs:
    count: int
    first: tuple[datetime, ...]  # in order; an instant that two schedules promise is there twice


@dataclass(frozen=True)
class Compared:
    before: int
    after: int
    gained: Runs
    lost: Runs


def compare(
    before: Iterable[Schedule], after: Iterable[Schedule], since: datetime, until: datetime
) -> Compared:
    """From `since`, exclusive, to `until`, exclusive."""
    begin = since.replace(second=0, microsecond=0) + MINUTE
    window = Window(begin, until)
    old, new = (_levels(window, schedules) for schedules in (before, after))
    return Compared(
        before=sum(level.bit_count() for level in old),
        after=sum(level.bit_count() for level in new),
        gained=_runs(window, new, but=old),
        lost=_runs(window, old, but=new),
    )


def _levels(window: Window, schedules: Iterable[Schedule]) -> list[int]:
    """Level n has the minutes at which more than n of the schedules fire."""
    levels: list[int] = []
    for schedule in schedules:
        bits = window.firings(schedule)
        for n, level in enumerate(levels):
            levels[n], bits = level | bits, level & bits
        if bits:
            levels.append(bits)
    return levels


def _runs(window: Window, levels: Sequence[int], *, but: Sequence[int]) -> Runs:
    padded = [*but, *[0] * len(levels)]
    more = [level & ~padded[n] for n, level in enumerate(levels)]
    minutes = islice(heapq.merge(*(each_minute(bits) for bits in more)), MOST)
    return Runs(
        count=sum(bits.bit_count() for bits in more),
        first=tuple(window.since + minute * MINUTE for minute in minutes),
    )
