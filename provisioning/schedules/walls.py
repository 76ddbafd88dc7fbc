"""From what a wall clock shows to instants: the days and times of a schedule, walked.

Every dialect matches dates and times of day. They differ in what they do with a time that
a clock change skips or repeats; each says so in a `Policy`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from itertools import chain
from zoneinfo import ZoneInfo

from provisioning.schedules.zones import DAY, Stretch, clock_changes, gap_end, plain_dates


class Kind(Enum):
    """What a zone's clock does with one local time."""

    ONCE = "once"
    SKIPPED = "skipped"
    TWICE = "twice"


class Reading(Enum):
    """Of a cloud that leaves open what happens at a local time which does not exist, or which
    happens twice: the fewest runs or the most that its words allow."""

    FEWEST = "fewest"
    MOST = "most"

    def policy(self, kind: Kind, instants: tuple[datetime, ...]) -> tuple[datetime, ...]:
        if self is Reading.MOST:
            return instants
        return () if kind is Kind.SKIPPED else instants[:1]


# From the local time, its kind and the instants (first and second when TWICE, the change of
# the clock when SKIPPED) to the instants at which a dialect fires.
Policy = Callable[[Kind, tuple[datetime, ...]], tuple[datetime, ...]]


def resolve(wall: datetime, zone: ZoneInfo) -> tuple[Kind, tuple[datetime, ...]]:
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first == second:
        return Kind.ONCE, (first,)
    if first.astimezone(zone).replace(tzinfo=None) != wall:
        return Kind.SKIPPED, (gap_end(wall, zone),)
    return Kind.TWICE, (first, second)


@lru_cache(maxsize=2048)
def times_of(hours: frozenset[int], minutes: frozenset[int]) -> tuple[time, ...]:
    """All these hours with all these minutes, in order."""
    return tuple(time(hour, minute) for hour in sorted(hours) for minute in sorted(minutes))


def walk(
    dates: Iterable[date], times: tuple[time, ...], zone: ZoneInfo, policy: Policy
) -> Iterator[datetime]:
    """The instants of these local dates (in order) and times of day, in order, each once."""
    return chain.from_iterable(walk_dates(dates, times, zone, policy))


def walk_dates(
    dates: Iterable[date], times: tuple[time, ...], zone: ZoneInfo, policy: Policy
) -> Iterator[list[datetime]]:
    """The same, a list at a time. A day far from any change of the clock costs one look at its
    offset; on the few others each time is resolved by itself."""
    since_midnight = _since_midnight(times)
    pending: set[datetime] = set()
    stretches: Iterator[Stretch] = iter(())
    year, last, first, offset = 0, 0, 0, timedelta()
    for day in dates:
        ordinal = day.toordinal()
        if day.year != year:
            year, last = day.year, 0
            stretches = iter(plain_dates(zone.key, year))
        while ordinal > last and (found := next(stretches, None)):
            first, last, offset = found.first, found.last, found.offset
        if first <= ordinal <= last and not pending:
            midnight = datetime(year, day.month, day.day, tzinfo=UTC) - offset
            yield [midnight + each for each in since_midnight]
            continue
        midnight, next_midnight = _first_instant(day, zone), _first_instant(day + DAY, zone)
        if pending:
            # A clock set back across midnight shows the end of a day again, on the next one.
            yield sorted(instant for instant in pending if instant < midnight)
            pending = {instant for instant in pending if instant >= midnight}
        pending.update(_instants(day, times, zone, policy))
        yield sorted(instant for instant in pending if instant < next_midnight)
        pending = {instant for instant in pending if instant >= next_midnight}
    yield sorted(pending)


def _instants(
    day: date, times: tuple[time, ...], zone: ZoneInfo, policy: Policy
) -> Iterator[datetime]:
    """Only the times that a change of the clock touches are resolved one by one."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    changes = clock_changes(zone.key, noon - 2 * DAY, noon + 2 * DAY)
    walls = (datetime.combine(day, at) for at in times)
    if len(changes) != 1:
        for wall in walls:
            yield from policy(*resolve(wall, zone))
        return
    (change,) = changes
    first, last = change.first_wall, change.next_wall
    for wall in walls:
        if wall < first or wall >= last:
            offset = change.before if wall < first else change.after
            yield from policy(Kind.ONCE, ((wall - offset).replace(tzinfo=UTC),))
        else:
            yield from policy(*resolve(wall, zone))


def _first_instant(day: date, zone: ZoneInfo) -> datetime:
    return resolve(datetime.combine(day, time()), zone)[1][0]


@lru_cache(maxsize=2048)
def _since_midnight(times: tuple[time, ...]) -> tuple[timedelta, ...]:
    return tuple(timedelta(hours=t.hour, minutes=t.minute, seconds=t.second) for t in times)
