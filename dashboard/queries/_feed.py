"""What a calendar feed has: the starts to come, few of them by time, many of them by day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dashboard.access import Visitor
from dashboard.queries._scheduled import Chosen, Fleet, Scheduled, fleet_of
from dashboard.queries._starting import to_come
from provisioning.schedules.minutes import DAY_MINUTES, MINUTE, Window, each_minute

DAYS_AHEAD = 14
OFTEN = 24  # starts of one trigger in one UTC day; more become one entry of that day
MOST_ENTRIES = 5_000  # a calendar program chokes on more


@dataclass(frozen=True)
class Entry:
    """A start; or, where `at` is a date, that many within it. Without `of`: of all Pipelines."""

    at: datetime | date
    of: Scheduled | None = None
    count: int = 1


def feed_entries(visitor: Visitor, real: datetime, *, days: int = DAYS_AHEAD) -> list[Entry]:
    """From the present hour of each Connection's clock on. Where there are too many, each
    schedule has one entry a day, and where these are too many, all have one together."""
    fleet = fleet_of(visitor, Chosen())
    windows = {
        pk: _window(connection.now(real), days) for pk, connection in fleet.connections.items()
    }
    entries = _limited(_by_time(fleet, windows)) or _limited(_by_day(fleet, windows))
    return entries if entries is not None else _together(fleet, real, days)


def _window(now: datetime, days: int) -> Window:
    """From the present hour to the end of a UTC day: within an hour it is the same."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Window(hour, hour.replace(hour=0) + timedelta(days=days))


def _limited(entries: Iterator[Entry]) -> list[Entry] | None:
    found: list[Entry] = []
    for entry in entries:
        if len(found) == MOST_ENTRIES:
            return None
        found.append(entry)
    return found


def _by_time(fleet: Fleet, windows: dict[int, Window]) -> Iterator[Entry]:
    for each in fleet.active:
        window = windows[each.connection]
        for day, first, bits in _days(each, window):
            count = bits.bit_count()
            if count > OFTEN:
                yield Entry(day, each, count)
            else:
                for minute in each_minute(bits):
                    yield Entry(window.since + (first + minute) * MINUTE, each)


def _by_day(fleet: Fleet, windows: dict[int, Window]) -> Iterator[Entry]:
    for each in fleet.active:
        for day, _, bits in _days(each, windows[each.connection]):
            yield Entry(day, each, bits.bit_count())


def _together(fleet: Fleet, real: datetime, days: int) -> list[Entry]:
    window = _window(real, days)
    tally = to_come(fleet, window, window.since)
    counts = [(day, tally.total(first, end)) for day, first, end in _spans(window)]
    return [Entry(day, count=count) for day, count in counts if count]


def _days(each: Scheduled, window: Window) -> Iterator[tuple[date, int, int]]:
    """(UTC day, the minute at which it begins, its firings as bits from there on)."""
    bits = each.timing.firings(window)
    for day, first, end in _spans(window) if bits else ():
        if part := bits >> first & ((1 << (end - first)) - 1):
            yield day, first, part


def _spans(window: Window) -> Iterator[tuple[date, int, int]]:
    first, day = 0, window.since.date()
    end = DAY_MINUTES - window.since.hour * 60
    while first < window.length:
        yield day, first, min(end, window.length)
        first, end, day = end, end + DAY_MINUTES, day + timedelta(days=1)
