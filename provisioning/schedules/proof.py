"""Whether native schedules fire exactly when cron does.

Not by trying two years and hoping: the calendar (which dates) is compared over every kind of
date there is, and the clock (which instants of a day) on a plain day and around every change
of the zone's clock within the horizon. Both sides are enumerated, nothing is deduced.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from itertools import groupby

from provisioning.schedules.zones import DAY

# (since, inclusive; until, exclusive) → instants in order
Firings = Callable[[datetime, datetime], Iterable[datetime]]
Matches = Callable[[date], bool]
Window = tuple[datetime, datetime]

YEARS = range(2000, 2028)  # leap or not, beginning on each weekday: all 14 kinds are in here


class Kind(Enum):
    MISSING = "missing"  # cron fires, the native schedules do not
    EXTRA = "extra"  # they fire, cron does not
    TWICE = "twice"  # more than one of them fires


@dataclass(frozen=True)
class Difference:
    at: datetime
    kind: Kind


def differences(
    wanted: Firings, natives: Sequence[Firings], windows: Iterable[Window]
) -> Iterator[Difference]:
    """Every instant within the windows at which the two sides differ, window by window."""
    for since, until in windows:
        ours = ((instant, 1) for instant in wanted(since, until))
        theirs = [((instant, 0) for instant in native(since, until)) for native in natives]
        merged = heapq.merge(ours, *theirs)
        for instant, group in groupby(merged, key=lambda pair: pair[0]):
            sides = [side for _, side in group]
            kind = _kind(sum(sides), len(sides) - sum(sides))
            if kind:
                yield Difference(instant, kind)


def first_differing_date(
    wanted: Matches, natives: Sequence[Matches], first: date, last: date | None
) -> date | None:
    """The first date from `first` to `last` on which not exactly the wanted ones match, and
    each once. Without `last`, any kind of date counts, also one that is centuries away."""
    if last is None:
        if not any(_differs(day, wanted, natives) for day in every_kind_of_date()):
            return None
        last = first + 400 * 366 * DAY
    days = (last - first).days + 1
    dates = (first + number * DAY for number in range(days))
    return next((day for day in dates if _differs(day, wanted, natives)), None)


@cache
def every_kind_of_date() -> tuple[date, ...]:
    """One date for each month, day and weekday: all that cron, and `2#3`, can tell apart."""
    days = (date(YEARS.start, 1, 1) + number * DAY for number in range(366 * len(YEARS)))
    kinds = {(day.month, day.day, day.isoweekday()): day for day in days if day.year in YEARS}
    return tuple(sorted(kinds.values()))


def around(instant: datetime, size: timedelta) -> Window:
    """A window that holds all that a clock change of this size can touch."""
    margin = size + timedelta(hours=1)
    return instant - margin, instant + margin


def _differs(day: date, wanted: Matches, natives: Sequence[Matches]) -> bool:
    return sum(native(day) for native in natives) != wanted(day)


def _kind(wanted: int, native: int) -> Kind | None:
    if wanted and not native:
        return Kind.MISSING
    if native and not wanted:
        return Kind.EXTRA
    return Kind.TWICE if native > 1 else None
