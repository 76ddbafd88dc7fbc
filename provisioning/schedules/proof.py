"""Whether native schedules fire exactly when cron does.

Not by trying two years and hoping: the calendar (which dates) is compared over every kind of
year there is, and the clock (which instants of a day) on a plain day and around every change
of the zone's clock within the horizon. Both sides are enumerated, nothing is deduced.
"""

from __future__ import annotations

import calendar
import heapq
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from itertools import groupby

from provisioning.schedules.zones import DAY

# (since, inclusive; until, exclusive) → instants in order
Firings = Callable[[datetime, datetime], Iterable[datetime]]
Matches = Callable[[date], bool]
Window = tuple[datetime, datetime]

LAST_YEAR = 2199  # the last that EventBridge knows
EVERY_YEAR = range(1, 10_000)


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
    each once. Without `last`, any date of the years that clouds know counts.

    Years that begin on the same weekday, are leap or not, and have the same natives are alike:
    one of them is looked at.
    """
    last = last or date(LAST_YEAR, 12, 31)
    seen: dict[Hashable, list[int]] = {}
    for year in range(first.year, last.year + 1):
        opening = date(year, 1, 1)
        told = tuple(years_of(native).__contains__(year) for native in natives)
        kind = (opening.isoweekday(), calendar.isleap(year), told)
        if kind not in seen:
            seen[kind] = _differing(_dates(year), wanted, natives)
        for number in seen[kind]:
            if first <= (day := opening + number * DAY) <= last:
                return day
    return None


def years_of(native: Matches) -> Container[int]:
    """The years that a native expression is restricted to, where its dialect has such a field."""
    return getattr(getattr(native, "__self__", None), "years", EVERY_YEAR)


def around(instant: datetime, size: timedelta) -> Window:
    """A window that holds all that a clock change of this size can touch."""
    margin = size + timedelta(hours=1)
    return instant - margin, instant + margin


@lru_cache(maxsize=64)
def _dates(year: int) -> tuple[date, ...]:
    length = 366 if calendar.isleap(year) else 365
    return tuple(date(year, 1, 1) + number * DAY for number in range(length))


def _differing(days: Sequence[date], wanted: Matches, natives: Sequence[Matches]) -> list[int]:
    """The numbers of the days that not exactly one native matches where one should."""
    if len(natives) == 1:  # nearly always, and these are thousands of dates
        (native,) = natives
        return [number for number, day in enumerate(days) if native(day) != wanted(day)]
    return [
        number
        for number, day in enumerate(days)
        if sum(native(day) for native in natives) != wanted(day)
    ]


def _kind(wanted: int, native: int) -> Kind | None:
    if wanted and not native:
        return Kind.MISSING
    if native and not wanted:
        return Kind.EXTRA
    return Kind.TWICE if native > 1 else None
