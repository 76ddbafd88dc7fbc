"""All firings of many schedules over a week, ours against cronsim's, in one run.

    .venv/bin/python -m benchmarks.firings [schedules]

Both begin at the texts and end at instants, in zones with and without clock changes. They are
measured in turns, in CPU time, so that a busy machine slows both; the fastest turn of each
counts. What they find is compared where cronsim is right: it loses runs where a clock changes
by half an hour or at midnight.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from provisioning.schedules import check_schedule

WEEK = timedelta(days=7)
SINCE = datetime(2027, 3, 24, tzinfo=UTC)  # Europe's clocks change within this week
TURNS = 2
# What real schedules look like: mostly daily and hourly, some every few minutes, some monthly.
SHAPES = (
    *["{m} {h} * * *"] * 4,
    *["{m} {h} * * 1-5"] * 4,
    *["{m} * * * *"] * 3,
    "*/15 * * * *",
    "*/5 {h}-23 * * *",
    "{m} */6 * * *",
    "{m} {h} * * 1",
    "{m} {h} 1 * *",
    "{m} {h} 1-7 * 1",
    "{m} {h} 31 12 *",
)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Asia/Tokyo")

Schedules = list[tuple[str, str]]


def schedules(count: int) -> Schedules:
    """The same ones at each run."""
    rolled = random.Random(5)  # noqa: S311
    return [
        (
            rolled.choice(SHAPES).format(m=rolled.randrange(60), h=rolled.randrange(24)),
            rolled.choice(ZONES),
        )
        for _ in range(count)
    ]


def ours(cron: str, timezone: str) -> list[datetime]:
    return list(check_schedule(cron, timezone).firings(SINCE, SINCE + WEEK))


def cronsims(cron: str, timezone: str) -> list[datetime]:
    zone, found = ZoneInfo(timezone), []
    until = SINCE + WEEK
    for instant in CronSim(cron, (SINCE - timedelta(seconds=1)).astimezone(zone)):
        if instant >= until:
            break
        found.append(instant)
    return found


def seconds(of: Callable[[str, str], list[datetime]], every: Schedules) -> tuple[float, int]:
    began, count = time.process_time(), 0
    for cron, timezone in every:
        count += len(of(cron, timezone))
    return time.process_time() - began, count


def main(count: int) -> None:
    every = schedules(count)
    for cron, timezone in every[:200]:
        theirs = [each.astimezone(UTC) for each in cronsims(cron, timezone)]
        assert ours(cron, timezone) == theirs, (cron, timezone)
    turns = [(seconds(ours, every), seconds(cronsims, every)) for _ in range(TURNS)]
    assert len({found for turn in turns for _, found in turn}) == 1, "they differ"
    us, them = (min(turn[side][0] for turn in turns) for side in (0, 1))
    found = turns[0][0][1]
    print(f"{count} schedules over 7 days, {found} firings")
    for name, taken in (("ours", us), ("cronsim", them)):
        print(f"{name:8} {taken:8.3f} s  {found / taken:12,.0f} firings/s")
    print(f"ratio    {them / us:8.2f}  times as fast as cronsim")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
