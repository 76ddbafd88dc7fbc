"""EventBridge's own expressions, fired by AWS's documented rules."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest

from provisioning.errors import InvalidInput
from provisioning.schedules import firings_of_eventbridge

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


def dates(expression: str, count: int = 4, zone: str = "UTC") -> list[str]:
    found = firings_of_eventbridge(expression, zone, after=NEW_YEAR)
    return [f"{run:%y-%m-%d %H:%M}" for run in islice(found, count)]


FIRINGS = [
    ("cron(0 10 * * ? *)", ["27-01-01 10:00", "27-01-02 10:00"]),
    ("cron(15 12 * * ? 2028)", ["28-01-01 12:15", "28-01-02 12:15"]),
    ("cron(0 18 ? * MON-FRI *)", ["27-01-01 18:00", "27-01-04 18:00"]),
    ("cron(0 8 1 * ? *)", ["27-01-01 08:00", "27-02-01 08:00"]),
    ("cron(0/10 0 ? * 2 *)", ["27-01-04 00:00", "27-01-04 00:10"]),  # 2 is Monday
    ("cron(0 0 1/10 * ? *)", ["27-01-11 00:00", "27-01-21 00:00", "27-01-31 00:00"]),
    ("cron(0 0 ? * 6#3 *)", ["27-01-15 00:00", "27-02-19 00:00"]),  # third Friday
    ("cron(0 0 ? * MON#5 *)", ["27-03-29 00:00", "27-05-31 00:00"]),
    ("cron(0 0 L * ? *)", ["27-01-31 00:00", "27-02-28 00:00"]),
    ("cron(0 0 LW * ? *)", ["27-01-29 00:00", "27-02-26 00:00"]),
    ("cron(0 0 3W * ? *)", ["27-01-04 00:00", "27-02-03 00:00"]),
    ("cron(0 0 31W * ? *)", ["27-01-29 00:00", "27-03-31 00:00"]),
    ("cron(0 0 ? * 6L *)", ["27-01-29 00:00", "27-02-26 00:00"]),  # last Friday
    ("cron(0 0 ? * L *)", ["27-01-02 00:00", "27-01-09 00:00"]),  # Saturday
    ("cron(0 0 29 2 ? *)", ["28-02-29 00:00", "32-02-29 00:00"]),
    ("cron(0 0 1 1 ?)", ["28-01-01 00:00", "29-01-01 00:00"]),  # the year may be left out
]


@pytest.mark.parametrize(("expression", "expected"), FIRINGS)
def test_a_cron_expression_fires_as_aws_says(expression: str, expected: list[str]) -> None:
    assert dates(expression, len(expected)) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 0 * * * *)",  # one of the day fields has to be open
        "cron(0 0 ? * ? *)",
        "cron(0 0 * * ? * *)",
        "cron(60 0 * * ? *)",
        "cron(0 0 ? * 0 *)",  # weekdays count from 1
        "cron(0 0 ? * MON/2 *)",  # no steps of weekdays
        "cron(0 0 ? * 2#6 *)",
        "cron(0 0 ? * 3#1,6#3 *)",
        "cron(0 0 10-5 * ? *)",
        "cron(0 0 1 * ? 2200)",
        "cron(99 99 nope)",
        "rate(1 hours)",
        "rate(5 minute)",
        "rate(0 minutes)",
        "rate(2 weeks)",
        "at(2027-01-01)",
        "banana",
        "0 0 * * *",
    ],
)
def test_what_aws_refuses_is_refused(expression: str) -> None:
    with pytest.raises(InvalidInput, match="EventBridge does not accept"):
        next(firings_of_eventbridge(expression, "UTC", after=NEW_YEAR, start=NEW_YEAR))


def test_a_skipped_time_is_left_out_until_the_next_day() -> None:
    found = firings_of_eventbridge(
        "cron(30 2 * * ? *)", "Europe/Berlin", after=datetime(2027, 3, 27, 12, tzinfo=UTC)
    )
    assert next(found) == datetime(2027, 3, 29, 0, 30, tzinfo=UTC)


def test_a_repeated_time_fires_once_the_first_time() -> None:
    found = firings_of_eventbridge(
        "cron(30 1 * * ? *)", "America/New_York", after=datetime(2027, 11, 7, tzinfo=UTC)
    )
    assert list(islice(found, 2)) == [
        datetime(2027, 11, 7, 5, 30, tzinfo=UTC),
        datetime(2027, 11, 8, 6, 30, tzinfo=UTC),
    ]


def test_a_rate_counts_from_its_start() -> None:
    start = datetime(2026, 12, 31, 23, 50, tzinfo=UTC)
    found = firings_of_eventbridge("rate(12 hours)", "UTC", after=NEW_YEAR, start=start)
    assert next(found) == datetime(2027, 1, 1, 11, 50, tzinfo=UTC)
    with pytest.raises(InvalidInput, match="counts from a start"):
        next(firings_of_eventbridge("rate(12 hours)", "UTC", after=NEW_YEAR))


def test_a_moment_fires_once_in_its_zone_and_knows_no_window() -> None:
    end = datetime(2026, 1, 1, tzinfo=UTC)
    found = firings_of_eventbridge("at(2027-07-01T09:00:00)", "Asia/Tokyo", after=NEW_YEAR, end=end)
    assert list(found) == [datetime(2027, 7, 1, 0, 0, tzinfo=UTC)]


def test_nothing_fires_outside_the_window() -> None:
    start, end = datetime(2027, 1, 3, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)
    found = firings_of_eventbridge("cron(0 0 * * ? *)", "UTC", after=NEW_YEAR, start=start, end=end)
    assert list(found) == [start, end]
