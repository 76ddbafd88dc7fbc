"""How long a calendar of ten thousand schedules takes, against cronsim listing the same starts.

    .venv/bin/python -m benchmarks.calendar [count]

Both count every start of a week and of four weeks; the counts have to be equal. Then the page
itself is asked for, on a database with as many deployed Pipelines: the first time, when nothing
is known yet, and again. Seconds are of this process's own work, so that a busy machine counts
for both alike.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")
SINCE = datetime(2026, 11, 2, tzinfo=UTC)  # no clock changes in the four weeks from then on
SPANS = {"week": timedelta(days=7), "four weeks": timedelta(days=28)}
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney")


def schedules(count: int) -> list[tuple[str, str]]:
    """Most once a day, some each hour, few oftener: as fleets are."""
    rng = random.Random(7)  # noqa: S311
    return [(_cron(rng), rng.choice(ZONES)) for _ in range(count)]


def _cron(rng: random.Random) -> str:
    minute = rng.choice(["0", "0", "15", "30", str(rng.randrange(60)), str(rng.randrange(60))])
    hour = rng.choice([str(rng.randrange(24))] * 16 + ["*", "*/2", "8-18"])
    day = rng.choice(["*"] * 8 + [str(rng.randrange(1, 29))])
    weekday = rng.choice(["*", "*", "1-5", str(rng.randrange(7))])
    return f"{minute} {hour} {day} * {weekday}"


def timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.process_time()
    found = work()
    return time.process_time() - begun, found


def by_cronsim(fleet: list[tuple[str, str]], until: datetime) -> int:
    from cronsim import CronSim  # noqa: PLC0415

    count = 0
    for cron, zone in fleet:
        end = until.astimezone(ZoneInfo(zone))
        before = SINCE.astimezone(ZoneInfo(zone)) - timedelta(minutes=1)
        for at in CronSim(cron, before):
            if at >= end:
                break
            count += 1
    return count


def by_calendar(fleet: list[tuple[str, str]], until: datetime) -> int:
    from dashboard.queries._scheduled import Timing  # noqa: PLC0415
    from dashboard.queries._starting import tally  # noqa: PLC0415

    tally.cache_clear()
    timings = tuple(Timing(cron, zone) for cron, zone in fleet)
    return tally(timings, SINCE, until).total(0, (until - SINCE) // timedelta(minutes=1))


def page(fleet: list[tuple[str, str]]) -> Callable[[str], None]:
    """Asks for the page of a person, on a new database with these schedules deployed."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from dashboard.models import User  # noqa: PLC0415
    from dashboard.services import connections  # noqa: PLC0415
    from tests.dashboard.queries.fleet import fleet as saved  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    user = User.objects.create(username="ada", role=User.Role.ADMIN)
    connection = connections.create_sandbox(actor=user, name="Sandbox AWS", cloud="aws")
    saved(connection, user, fleet)
    browser = Client(headers={"host": "localhost"})
    browser.force_login(user)

    def ask(view: str) -> None:
        answer: Any = browser.get(f"/calendar?view={view}")
        assert answer.status_code == 200, answer.status_code

    return ask


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    fleet = schedules(count)
    print(f"{count:,} schedules")
    for name, span in SPANS.items():
        slow, expected = timed(lambda span=span: by_cronsim(fleet, SINCE + span))
        first, found = timed(lambda span=span: by_calendar(fleet, SINCE + span))
        again, _ = timed(lambda span=span: by_calendar(fleet, SINCE + span))
        assert found == expected, f"{found:,} starts, and by cronsim {expected:,}"
        print(
            f"{name:12}{found:>12,} starts   cronsim {slow:7.2f} s   calendar {first:6.2f} s, "
            f"again {again:6.2f} s   ratio {slow / again:6.1f}"
        )
    ask = page(fleet)
    for view in ("week", "month"):
        first, _ = timed(lambda view=view: ask(view))
        again, _ = timed(lambda view=view: ask(view))
        print(f"page: {view:6}{first:7.2f} s, again {again:6.2f} s")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data:
        os.environ["SKYCLOCK_DATA"] = data
        os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
        import django

        django.setup()
        main()
