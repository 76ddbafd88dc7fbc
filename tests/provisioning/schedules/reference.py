"""Cron's meaning by brute force, apart from the product's code: one minute after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

MINUTE = timedelta(minutes=1)
NAMES = dict(zip(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], range(7), strict=True))

# What real schedules look like, with the awkward ones over-represented.
MINUTES = ["0", "30", "15", "*", "*/15", "*/7", "0,30", "5/20", "10-50/20", "0-5", "59"]
HOURS = ["0", "1", "2", "3", "23", "*", "*/2", "*/5", "0-23", "2,3", "22,23,0,1", "8-18/3"]
DAYS = ["*", "*", "*", "1", "31", "13", "29-31", "1-7", "*/2", "1-31/2", "1-31", "5/10"]
MONTHS = ["*", "*", "*", "2", "3,10", "*/3", "2-9", "JAN,dec"]
WEEKDAYS = ["*", "*", "*", "0", "7", "1-5", "5-7", "*/2", "MON-fri", "0-6", "sun,wed"]
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Chatham",  # at 02:45
    "America/Santiago",  # at midnight
    "Africa/Cairo",  # at midnight, on Fridays
    "Africa/Casablanca",  # back for Ramadan only
    "Asia/Kathmandu",  # +05:45, no changes
    "Antarctica/Troll",  # two hours
]

expressions = st.tuples(
    *(st.sampled_from(choices) for choices in (MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS))
).map(" ".join)
zones = st.sampled_from(ZONES)
# Half of the windows lie at a change of some zone's clock.
starts = st.sampled_from(
    [
        datetime(2027, month, day, tzinfo=UTC)
        for month, day in (
            *((3, 13), (3, 27), (4, 3), (9, 4), (9, 25), (10, 2), (10, 30), (11, 6)),
            *((4, 29), (10, 28), (2, 6), (3, 14)),  # Cairo, Casablanca
            *((12, 31), (1, 30)),  # ends of a year and of a month
        )
    ]
    + [datetime(2028, 2, 28, tzinfo=UTC)]
) | st.integers(0, 6 * 525_600).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + n * MINUTE)


def numbers(field: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    found: set[int] = set()
    for part in field.upper().split(","):
        span, _, step = part.partition("/")
        for name, number in names.items():
            span = span.replace(name, str(number))
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = map(int, span.split("-"))
        else:
            first, last = int(span), high if step else int(span)
        found |= {n for n in range(first, last + 1) if (n - first) % int(step or 1) == 0}
    return found


@cache
def fields(cron: str) -> tuple[set[int], ...]:
    minute, hour, day, month, weekday = cron.split()
    return (
        numbers(minute, 0, 59, {}),
        numbers(hour, 0, 23, {}),
        numbers(day, 1, 31, {}),
        numbers(month, 1, 12, {"JAN": 1, "DEC": 12}),
        {n % 7 for n in numbers(weekday, 0, 7, NAMES)},
    )


def fires_at(cron: str, wall: datetime) -> bool:
    minutes, hours, days, months, weekdays = fields(cron)
    if wall.minute not in minutes or wall.hour not in hours or wall.month not in months:
        return False
    by_day, by_weekday = wall.day in days, wall.isoweekday() % 7 in weekdays
    _, _, day, _, weekday = cron.split()
    starred = day.startswith("*") or weekday.startswith("*")
    return by_day and by_weekday if starred else by_day or by_weekday


def brute_force(cron: str, timezone: str, since: datetime, until: datetime) -> list[datetime]:
    """Debian's rule, minute by minute: what the clock shows now, and what it showed before."""
    zone = ZoneInfo(timezone)
    interval = cron.startswith("*") or cron.split()[1].startswith("*")
    found = []
    shown = since.astimezone(zone).replace(tzinfo=None) - MINUTE
    latest = shown  # the latest local time seen: a repeated one is not later
    for number in range(-180, int((until - since) / MINUTE)):
        instant = since + number * MINUTE
        wall = instant.astimezone(zone).replace(tzinfo=None)
        latest = wall - MINUTE if number == -180 else latest
        if interval:
            due = fires_at(cron, wall)
        else:
            passed = int((wall - latest) / MINUTE)  # > 1 when the clock has jumped
            due = any(fires_at(cron, wall - n * MINUTE) for n in range(max(0, passed)))
        latest = max(latest, wall)
        if due and number >= 0:
            found.append(instant)
    return found
