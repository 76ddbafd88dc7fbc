"""From what a wall clock shows to instants: the days and times of a schedule, walked.

Every dialect matches dates and times of day. They differ in what they do with a time that
a clock change skips or repeats; each says so in a `Policy`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from provisioning.schedules.zones import gap_end

DAY = timedelta(days=1)


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


def walk(
    dates: Iterable[date], times: Sequence[time], zone: ZoneInfo, policy: Policy
) -> Iterator[datetime]:
    """The instants of these local dates (in order) and times of day, in order, each once."""
    pending: set[datetime] = set()
    for day in dates:
        midnight, next_midnight = _first_instant(day, zone), _first_instant(day + DAY, zone)
        if pending:
            # A clock set back across midnight shows the end of a day again, on the next one.
            yield from sorted(instant for instant in pending if instant < midnight)
            pending = {instant for instant in pending if instant >= midnight}
        if not pending and _is_plain(day, zone):
            yield from (midnight + _since_midnight(at) for at in times)
            continue
        for at in times:
            pending.update(policy(*resolve(datetime.combine(day, at), zone)))
        yield from sorted(instant for instant in pending if instant < next_midnight)
        pending = {instant for instant in pending if instant >= next_midnight}
    yield from sorted(pending)


def _first_instant(day: date, zone: ZoneInfo) -> datetime:
    return resolve(datetime.combine(day, time()), zone)[1][0]


def _is_plain(day: date, zone: ZoneInfo) -> bool:
    """No change of the clock falls on this day or touches its ends."""
    edges = (datetime.combine(day, time()), datetime.combine(day + DAY, time()))
    offsets = {
        edge.replace(tzinfo=zone, fold=fold).utcoffset() for edge in edges for fold in (0, 1)
    }
    return len(offsets) == 1


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
