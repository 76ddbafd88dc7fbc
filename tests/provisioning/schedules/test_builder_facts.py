"""What the schedule builder shows: a month's sheet, runs gained and lost."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from provisioning.schedules import check_schedule
from provisioning.schedules.comparing import compare
from provisioning.schedules.months_shown import sheet

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


def days(found) -> dict[date, int]:
    return {day.date: day.count for week in found.weeks for day in week if day.inside}


@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        ("0 6 * * 1-5", "Europe/Berlin"),
        ("30 2 * * *", "America/New_York"),
        ("* * * * *", "Australia/Lord_Howe"),
        ("0 0 31 * *", "Pacific/Auckland"),
    ],
)
@pytest.mark.parametrize("month", range(1, 13))
def test_a_sheet_has_each_run_on_its_own_day(cron: str, zone: str, month: int) -> None:
    schedule = check_schedule(cron, zone)
    counted: dict[date, int] = {}
    since = datetime(2027, month, 1, tzinfo=UTC) - timedelta(days=2)
    for at in schedule.firings(since, since + timedelta(days=36)):
        local = at.astimezone(schedule.zone)
        if local.month == month:
            counted[local.date()] = counted.get(local.date(), 0) + 1
    found = sheet(schedule, 2027, month)
    assert {day: count for day, count in days(found).items() if count} == counted
    assert found.count == sum(counted.values())
    assert all(len(week) == 7 and week[0].date.weekday() == 0 for week in found.weeks)


def test_a_sheet_knows_the_day_of_the_clock_change_and_its_neighbours() -> None:
    found = sheet(check_schedule("30 2 * * *", "Europe/Berlin"), 2027, 3)
    (changed,) = (day for week in found.weeks for day in week if day.change)
    assert changed.date == date(2027, 3, 28)
    assert f"{changed.runs[0]:%H:%M}" == "03:00"
    assert (found.before, found.after) == (date(2027, 2, 1), date(2027, 4, 1))
    assert sheet(check_schedule("0 6 * * *", "UTC"), 2027, 12).after == date(2028, 1, 1)


def test_runs_gained_and_lost() -> None:
    week = NEW_YEAR + timedelta(days=7)
    six, seven = (check_schedule(f"0 {hour} * * *", "UTC") for hour in (6, 7))
    found = compare([six], [seven], NEW_YEAR, week)
    assert (found.before, found.after) == (7, 7)
    assert found.gained.count == found.lost.count == 7
    assert found.gained.first[0] == NEW_YEAR + timedelta(hours=7)
    assert compare([six], [seven, six], NEW_YEAR, week).lost.count == 0
    twice = compare([six], [six, six], NEW_YEAR, week)
    assert (twice.after, twice.gained.count) == (14, 7)
    assert compare([six], [], NEW_YEAR, week).lost.count == 7


def test_a_run_of_this_very_minute_is_neither_gained_nor_lost() -> None:
    now = datetime(2027, 1, 1, 6, 0, 30, tzinfo=UTC)
    found = compare([], [check_schedule("* * * * *", "UTC")], now, now + timedelta(minutes=5))
    assert found.gained.first[0] == datetime(2027, 1, 1, 6, 1, tzinfo=UTC)
    assert found.gained.count == 5
