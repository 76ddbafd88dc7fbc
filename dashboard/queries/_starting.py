"""How many start when, over all Pipelines at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from dashboard.queries._scheduled import Fleet, Scheduled, Timing
from provisioning.schedules.minutes import Tally, Window, minutes_between


def to_come(fleet: Fleet, window: Window, real: datetime) -> Tally:
    """What will start within the window, each by its own Connection's clock from now on."""
    found = Tally()
    for now, timings in _by_clock(fleet, real).items():
        counted = tally(timings, window.since, window.until)
        found.include(counted, first=min(max(0, minutes_between(window.since, now)), window.length))
    return found


def all_day(fleet: Iterable[Scheduled], window: Window) -> Tally:
    """What starts within the window, whatever the clocks show."""
    return tally(tuple(each.timing for each in fleet), window.since, window.until)


# The key is all that decides: the same schedules in the same window are counted once, whoever
# asks, until one of them is another. An entry of ten thousand takes some megabytes.
@lru_cache(maxsize=8)
def tally(timings: tuple[Timing, ...], since: datetime, until: datetime) -> Tally:
    window, found = Window(since, until), Tally()
    for timing in timings:
        found.add(timing.firings(window))
    return found


def _by_clock(fleet: Fleet, real: datetime) -> dict[datetime, tuple[Timing, ...]]:
    clocks: dict[int, list[Timing]] = {}
    for each in fleet.active:
        clocks.setdefault(each.connection, []).append(each.timing)
    found: dict[datetime, tuple[Timing, ...]] = {}
    for connection, timings in clocks.items():
        now = fleet.connections[connection].now(real)
        found[now] = (*found.get(now, ()), *timings)
    return found
