"""Firings as bits say what `Schedule.firings` says, in every kind of zone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.errors import InvalidInput
from provisioning.schedules import check_schedule
from provisioning.schedules.minutes import Tally, Window, each_minute, within

MINUTE = timedelta(minutes=1)
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham",
    "America/Santiago", "Africa/Cairo", "Asia/Kathmandu", "Africa/Casablanca", "Asia/Beirut",
    "America/Havana", "Antarctica/Troll", "Pacific/Apia",
]  # fmt: skip


def listed(schedule, since, until):
    return [(at - since) // MINUTE for at in schedule.firings(since, until)]


def counted(schedule, since, until):
    return list(each_minute(Window(since, until).firings(schedule)))


def field(low, high, names=("*", "*/2", "*/7")):
    numbers = st.integers(low, high)
    lists = st.lists(numbers, min_size=1, max_size=4).map(lambda ns: ",".join(map(str, ns)))
    return st.sampled_from(names) | lists


crons = st.tuples(
    field(0, 59, ("*", "0", "*/15", "30", "7-59/13")), field(0, 23), field(1, 31), field(1, 12),
    field(0, 6),
).map(" ".join)  # fmt: skip
begins = st.integers(0, 20 * 525_600).map(lambda n: datetime(2011, 12, 1, tzinfo=UTC) + n * MINUTE)


@settings(max_examples=120, deadline=None)
@given(crons, st.sampled_from(ZONES), begins, st.integers(1, 45 * 24 * 60))
def test_every_minute_is_one_of_the_schedule(cron, zone, since, length):
    try:
        schedule = check_schedule(cron, zone)
    except InvalidInput:
        return
    until = since + length * MINUTE
    assert counted(schedule, since, until) == listed(schedule, since, until)


@pytest.mark.parametrize("cron", ["*/20 0-4,23 * * *", "15 0,1,2,3 * * *"])
@pytest.mark.parametrize("zone", ZONES)
def test_a_year_with_all_its_clock_changes_is_counted(cron, zone):
    schedule = check_schedule(cron, zone)
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert counted(schedule, since, until) == listed(schedule, since, until)


def test_a_day_that_a_zone_left_out_is_counted():
    """Samoa went from the 29th to the 31st of December 2011."""
    schedule = check_schedule("0 6,18 * * *", "Pacific/Apia")
    since, until = datetime(2011, 12, 27, tzinfo=UTC), datetime(2012, 1, 3, tzinfo=UTC)
    assert counted(schedule, since, until) == listed(schedule, since, until)


def test_a_change_across_midnight_is_counted():
    """St. John's went back from 00:01 to 23:01 of the day before."""
    schedule = check_schedule("*/10 22,23,0 * * *", "America/St_Johns")
    since, until = datetime(2010, 11, 5, tzinfo=UTC), datetime(2010, 11, 9, tzinfo=UTC)
    assert counted(schedule, since, until) == listed(schedule, since, until)


def test_the_schedules_own_window_limits_it():
    start, end = datetime(2026, 5, 2, 6, 0, 30, tzinfo=UTC), datetime(2026, 5, 4, 6, tzinfo=UTC)
    schedule = check_schedule("0 6 * * *", "UTC", start, end)
    since = datetime(2026, 5, 1, tzinfo=UTC)
    found = counted(schedule, since, since + timedelta(days=9))
    assert found == [2 * 24 * 60 + 6 * 60]
    assert counted(schedule, since + timedelta(days=30), since + timedelta(days=31)) == []


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**70 - 1), max_size=40), st.integers(0, 69), st.integers(0, 70))
def test_a_tally_is_the_sum_of_what_was_added(rows, first, length):
    tally, counts = Tally(), Counter()
    for bits in rows:
        tally.add(bits)
        counts.update(each_minute(bits))
    end = min(first + length, 70)
    assert tally.total(first, max(end, first)) == sum(counts[n] for n in range(first, end))
    assert tally.counts(first, max(end, first)) == [counts[n] for n in range(first, end)]
    assert all(count <= tally.most for count in counts.values())
    count, where = tally.busiest(2**70 - 1)
    assert count == max(counts.values(), default=0)
    assert list(each_minute(where)) == [n for n in range(70) if counts[n] == count]
    for least in (1, 2, 3, 5, 8):
        expected = [(n, counts[n]) for n in range(70) if counts[n] >= least]
        assert list(tally.reaching(least)) == expected


def test_minutes_within_are_cut_at_both_ends():
    assert within(0b111111, 2, 5) == 0b011100
    assert within(0b111111, 5, 2) == 0


def test_a_tally_takes_in_another_from_a_minute_on():
    one, other = Tally(), Tally()
    one.add(0b1111)
    for bits in (0b1010, 0b1010, 0b1011):
        other.add(bits)
    one.include(other, first=1)
    assert one.counts(0, 4) == [1, 4, 1, 4]


def test_a_tally_of_few_takes_in_many():
    few, many = Tally(), Tally()
    for _ in range(4):
        many.add(0b1)
    few.include(many)
    assert few.counts(0, 1) == [4]
