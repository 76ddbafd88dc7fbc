"""How busy a time is: what starts together, and which minute near it is free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.access import Visitor
from dashboard.models import Pipeline
from dashboard.queries._scheduled import Chosen, fleet_of
from dashboard.queries._starting import all_day
from provisioning.schedules import Schedule, next_runs
from provisioning.schedules.minutes import DAY_MINUTES, MINUTE, Tally, Window, each_minute

NEAR = 30  # minutes to either side, in which a free one is looked for
AHEAD = timedelta(days=7)
MANY = 3  # that start together
MOST_TIMES = 8


@dataclass(frozen=True)
class Load:
    """The busiest of a schedule's times: that many others start then. `free` is the nearest
    time, by the clock of the same zone, at which none does, or else the fewest do."""

    at: datetime
    others: int
    free: datetime | None
    others_at_free: int = 0


@dataclass(frozen=True)
class Together:
    """A time of day at which many start, the most of them on one day."""

    at: datetime
    count: int
    days: tuple[date, ...]
    free: datetime | None
    left: int = 0  # that start at `free`, where no minute near is quite free


def collisions(
    schedule: Schedule,
    zone: ZoneInfo,
    visitor: Visitor,
    now: datetime,
    *,
    but: Pipeline | None = None,
) -> Load | None:
    """What starts together with the schedule within the next week, or at its next firing when
    that is later; None where it never fires again. `now` is the Connection's; `but` is the
    Pipeline whose own triggers do not count. Times in the answer are in `zone`."""
    # The same window for all schedules that are tried in a row, so that it is counted once.
    window = _week(now)
    own = window.between(window.firings(schedule), now, now + AHEAD)
    if not own:
        later = next_runs(schedule, now, 1)
        if not later:
            return None
        window = _week(later[0])
        own = window.between(window.firings(schedule), later[0], later[0] + MINUTE)
    rows = fleet_of(visitor, Chosen()).active
    others = [each for each in rows if but is None or each.pipeline != but.pk]
    tally = all_day(others, window)
    count, where = tally.busiest(own)
    first = next(each_minute(where))
    at = (window.since + first * MINUTE).astimezone(zone)
    if not count:
        return Load(at=at, others=0, free=None)
    together = [minute for minute in each_minute(own) if (minute - first) % DAY_MINUTES == 0]
    offset, left = nearest_free(tally, together)
    return Load(at=at, others=count, free=at + offset * MINUTE, others_at_free=left)


def _week(at: datetime) -> Window:
    """The seven days from then on, whole UTC days with room at both ends."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(day - timedelta(days=1), day + AHEAD + timedelta(days=2))


def nearest_free(tally: Tally, minutes: Sequence[int]) -> tuple[int, int]:
    """(offset, how many start there): the nearest later minute at which none starts on any of
    these days, or else an earlier one, or else the quietest."""
    span = range(-NEAR, NEAR + 1)
    worst = [0] * len(span)
    for minute in minutes:
        first = max(minute - NEAR, 0)
        counts = tally.counts(first, minute + NEAR + 1)
        missing = first - (minute - NEAR)
        worst = [
            max(before, count) for before, count in zip(worst, [0] * missing + counts, strict=True)
        ]
    best = min(
        (offset for offset in span if offset and minutes[0] + offset >= 0),
        key=lambda offset: (worst[offset + NEAR], offset < 0, abs(offset)),
    )
    return best, worst[best + NEAR]


def busiest(tally: Tally, window: Window, zone: ZoneInfo) -> list[Together]:
    """The times of day at which the most start together, busiest first."""
    times: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for minute, count in _busy_minutes(tally):
        local = (window.since + minute * MINUTE).astimezone(zone)
        times.setdefault((local.hour, local.minute), []).append((minute, count))
    found = sorted(times.values(), key=lambda each: (-max(c for _, c in each), each[0][0]))
    return [_together(tally, window, zone, each) for each in found[:MOST_TIMES]]


def _busy_minutes(tally: Tally) -> list[tuple[int, int]]:
    """Enough of the busiest; a large fleet has thousands of minutes with many."""
    least = max(tally.most // 2 + 1, MANY)
    while True:
        found = tally.reaching(least)
        if least == MANY or len(found) >= MOST_TIMES * 40:
            return found
        least = max(least // 2, MANY)


def _together(
    tally: Tally, window: Window, zone: ZoneInfo, found: list[tuple[int, int]]
) -> Together:
    at = (window.since + found[0][0] * MINUTE).astimezone(zone)
    offset, left = nearest_free(tally, [minute for minute, _ in found])
    days = {(window.since + minute * MINUTE).astimezone(zone).date() for minute, _ in found}
    return Together(
        at=at,
        count=max(count for _, count in found),
        days=tuple(sorted(days)),
        free=at + offset * MINUTE,
        left=left,
    )
