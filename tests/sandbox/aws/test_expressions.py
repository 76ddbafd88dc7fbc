"""When cron(), rate() and at() fire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.sandbox.aws.scheduler.cron_fields import BadExpression
from provisioning.sandbox.aws.scheduler.expressions import parse_expression

START = datetime(2027, 1, 1, tzinfo=UTC)


def firings(expression: str, zone: str = "UTC", *, after: str = "", count: int = 3) -> list[str]:
    """The first firings, in the zone's own time."""
    parsed = parse_expression(expression, zone)
    moment = (datetime.fromisoformat(after) if after else START).timestamp()
    base, found = moment, []
    for _ in range(count):
        due = parsed.next_after(moment, base=base)
        if due is None:
            break
        found.append(datetime.fromtimestamp(due, ZoneInfo(zone)).isoformat(timespec="minutes"))
        moment = due
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 6 * * ? *)", ["01T06:00", "02T06:00", "03T06:00"]),
        ("cron(0/20 9-10 ? * MON *)", ["04T09:00", "04T09:20", "04T09:40"]),
        ("cron(15 10 L * ? *)", ["31T10:15"]),
        ("cron(0 0 LW * ? *)", ["29T00:00"]),  # 31 January 2027 is a Sunday
        ("cron(0 1 2W * ? *)", ["01T01:00"]),  # the 2nd is a Saturday
        ("cron(0 0 3W * ? *)", ["04T00:00"]),  # the 3rd is a Sunday
        ("cron(0 0 ? * FRI#2 *)", ["08T00:00"]),
        ("cron(0 0 ? * 6L *)", ["29T00:00"]),
        ("cron(0 0 ? * L *)", ["02T00:00", "09T00:00"]),
        ("cron(0 0 ? * 2-6 *)", ["04T00:00", "05T00:00", "06T00:00"]),
        ("cron(0 22-1 2 * ? *)", ["02T00:00", "02T01:00", "02T22:00"]),
        ("cron(0,30 8,17 5 JAN ? 2027)", ["05T08:00", "05T08:30", "05T17:00"]),
        ("cron(5-15/5 0 10/10 * ? *)", ["10T00:05", "10T00:10", "10T00:15"]),
    ],
)
def test_cron_fields_mean_what_aws_says(expression: str, expected: list[str]) -> None:
    found = firings(expression, count=len(expected))

    assert found == [f"2027-01-{each}+00:00" for each in expected]


def test_a_day_that_a_month_lacks_is_skipped() -> None:
    assert firings("cron(0 0 31 * ? *)", after="2027-01-31T00:00Z", count=2) == [
        "2027-03-31T00:00+00:00",
        "2027-05-31T00:00+00:00",
    ]


def test_leap_days_are_years_apart() -> None:
    assert firings("cron(0 0 29 2 ? *)", count=2) == [
        "2028-02-29T00:00+00:00",
        "2032-02-29T00:00+00:00",
    ]


def test_years_end_a_schedule() -> None:
    assert firings("cron(0 0 1 1 ? 2028-2029)", count=5) == [
        "2028-01-01T00:00+00:00",
        "2029-01-01T00:00+00:00",
    ]


def test_a_date_that_never_comes_never_fires() -> None:
    assert firings("cron(0 0 30 2 ? *)") == []


def test_a_time_that_does_not_exist_is_skipped() -> None:
    assert firings("cron(30 2 * * ? *)", "Europe/Berlin", after="2027-03-27T12:00Z") == [
        "2027-03-29T02:30+02:00",
        "2027-03-30T02:30+02:00",
        "2027-03-31T02:30+02:00",
    ]


def test_a_time_that_exists_twice_fires_once_the_first_time() -> None:
    assert firings("cron(30 2 * * ? *)", "Europe/Berlin", after="2027-10-30T12:00Z", count=2) == [
        "2027-10-31T02:30+02:00",
        "2027-11-01T02:30+01:00",
    ]


def test_quarters_of_an_hour_do_not_repeat_in_the_repeated_hour() -> None:
    found = firings("cron(0/15 * * * ? *)", "Europe/Berlin", after="2027-10-31T00:40Z", count=3)

    assert found == ["2027-10-31T02:45+02:00", "2027-10-31T03:00+01:00", "2027-10-31T03:15+01:00"]


def test_a_rate_fires_at_once_and_then_in_equal_steps() -> None:
    rate = parse_expression("rate(90 minutes)", "UTC")
    base = START.timestamp()

    assert rate.next_after(base - 1, base=base) == base
    assert rate.next_after(base, base=base) == base + 5400
    assert rate.next_after(base + 5399, base=base) == base + 5400


def test_a_daily_rate_drifts_against_the_wall_clock() -> None:
    found = firings("rate(1 days)", "Europe/Berlin", after="2027-03-27T08:00Z", count=2)

    assert found == ["2027-03-28T10:00+02:00", "2027-03-29T10:00+02:00"]


def test_at_fires_once_in_the_zone() -> None:
    assert firings("at(2027-01-02T03:04:00)", "Asia/Tokyo") == ["2027-01-02T03:04+09:00"]


@pytest.mark.parametrize(
    "expression",
    [
        "0 6 * * ? *",
        "cron(0 6 * * ?)",
        "cron(0 6 * * * *)",
        "cron(0 6 ? * ? *)",
        "cron(60 6 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 6 32 * ? *)",
        "cron(0 6 ? * 0 *)",
        "cron(0 6 ? * MON/2 *)",
        "cron(0 6 ? * MON#6 *)",
        "cron(0 6 ? * 3#1,6#3 *)",
        "cron(0 6 * 13 ? *)",
        "cron(0 6 * * ? 1969)",
        "cron(0/0 6 * * ? *)",
        "cron( )",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "rate(5)",
        "rate(-1 hours)",
        "at(2027-02-30T00:00:00)",
        "at(2027-01-01 00:00:00)",
        "at(2027-01-01T00:00:00Z)",
        "every day",
        "",
    ],
)
def test_it_refuses_what_eventbridge_scheduler_refuses(expression: str) -> None:
    with pytest.raises(BadExpression):
        parse_expression(expression, "UTC")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "Berlin", "../etc/passwd"])
def test_it_refuses_zones_that_there_are_not(zone: str) -> None:
    with pytest.raises(BadExpression):
        parse_expression("rate(1 hours)", zone)


def first_minutes(zone: ZoneInfo, start: datetime, minutes: int) -> list[tuple[datetime, datetime]]:
    """Every UTC minute with its local time, without the second pass of repeated hours."""
    pairs = []
    for number in range(1, minutes):
        instant = start + timedelta(minutes=number)
        local = instant.astimezone(zone)
        if local.fold == 0:
            pairs.append((instant, local))
    return pairs


@settings(max_examples=60, deadline=None)
@given(
    minute=st.sampled_from(["0", "30", "*/20", "0/15", "5,50", "59"]),
    hour=st.sampled_from(["*", "0", "1-3", "2", "23", "0/6"]),
    weekday=st.sampled_from(["*", "SUN", "2-6", "MON,SUN"]),
    zone=st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago",
         "Pacific/Chatham", "Asia/Kolkata", "Africa/Cairo"]
    ),
    change=st.sampled_from(["2027-03-13", "2027-03-27", "2027-04-03", "2027-10-02", "2027-10-30"]),
)  # fmt: skip
def test_it_agrees_with_counting_minutes(
    minute: str, hour: str, weekday: str, zone: str, change: str
) -> None:
    minute = minute.replace("*/", "0/")
    start = datetime.fromisoformat(f"{change}T00:00:00+00:00")
    cron = parse_expression(f"cron({minute} {hour} ? * {weekday} *)", zone)
    found, moment = [], start.timestamp()
    while (due := cron.next_after(moment, base=0)) and due < start.timestamp() + 2 * 86400:
        found.append(due)
        moment = due

    counted = [
        instant.timestamp()
        for instant, local in first_minutes(ZoneInfo(zone), start, 2 * 1440)
        if local.minute in numbers(minute, 59)
        and local.hour in numbers(hour, 23)
        and local.isoweekday() % 7 + 1 in numbers(weekday, 7)
    ]
    assert found == counted


def numbers(text: str, highest: int) -> set[int]:
    """What the fields above mean, spelled out."""
    spelled = {
        "*": set(range(highest + 1)),
        "0/20": {0, 20, 40},
        "0/15": {0, 15, 30, 45},
        "0/6": {0, 6, 12, 18},
        "SUN": {1},
        "MON,SUN": {2, 1},
    }
    if text in spelled:
        return spelled[text]
    if "-" in text:
        first, last = text.split("-")
        return set(range(int(first), int(last) + 1))
    return {int(each) for each in text.split(",")}
