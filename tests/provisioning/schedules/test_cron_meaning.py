"""What cron means in a zone: around clock changes, month ends, leap days."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from crondst import CronDst, CronDstError
from croniter import croniter
from cronsim import CronSim
from hypothesis import assume, given, settings

from provisioning.errors import InvalidInput
from provisioning.schedules import check_schedule, next_runs
from tests.provisioning.schedules import reference

TWO_DAYS = timedelta(days=2)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# cron, zone, after → the next runs, with the offset that the local clock has then
AROUND_CHANGES = [
    # a skipped fixed time runs when the clock has jumped
    ("30 2 * * *", "Europe/Berlin", "2027-03-28T00:00+01:00",
     ["2027-03-28T03:00+02:00", "2027-03-29T02:30+02:00"]),
    # several skipped times are one run
    ("0,10,30 2 * * *", "Europe/Berlin", "2027-03-28T00:00+01:00",
     ["2027-03-28T03:00+02:00", "2027-03-29T02:00+02:00"]),
    # and fall together with one that is due then
    ("0 2,3 * * *", "Europe/Berlin", "2027-03-28T00:00+01:00",
     ["2027-03-28T03:00+02:00", "2027-03-29T02:00+02:00"]),
    # a repeated fixed time runs the first time
    ("30 2 * * *", "Europe/Berlin", "2027-10-31T00:00+02:00",
     ["2027-10-31T02:30+02:00", "2027-11-01T02:30+01:00"]),
    ("30 1 * * *", "America/New_York", "2027-11-07T00:00-04:00",
     ["2027-11-07T01:30-04:00", "2027-11-08T01:30-05:00"]),
    # an interval job has no runs in a skipped hour, and twice as many in a repeated one
    ("*/30 2 * * *", "Europe/Berlin", "2027-03-28T00:00+01:00",
     ["2027-03-29T02:00+02:00", "2027-03-29T02:30+02:00"]),
    ("0 * * * *", "Europe/Berlin", "2027-10-31T01:00+02:00",
     ["2027-10-31T02:00+02:00", "2027-10-31T02:00+01:00", "2027-10-31T03:00+01:00"]),
    # the same hours as fixed times: once
    ("0 0-23 * * *", "Europe/Berlin", "2027-10-31T01:00+02:00",
     ["2027-10-31T02:00+02:00", "2027-10-31T03:00+01:00"]),
    # half an hour, three quarters past, midnight
    ("15 2 * * *", "Australia/Lord_Howe", "2027-10-03T00:00+10:30",
     ["2027-10-03T02:30+11:00", "2027-10-04T02:15+11:00"]),
    ("30 * * * *", "Australia/Lord_Howe", "2027-10-03T01:00+10:30",
     ["2027-10-03T01:30+10:30", "2027-10-03T02:30+11:00"]),
    ("15 3 * * *", "Pacific/Chatham", "2027-09-26T00:00+12:45",
     ["2027-09-26T03:45+13:45", "2027-09-27T03:15+13:45"]),
    ("0 */10 * * *", "America/Santiago", "2027-09-04T20:00-04:00",
     ["2027-09-05T10:00-03:00", "2027-09-05T20:00-03:00"]),
    ("0 0 * * *", "America/Santiago", "2027-09-04T12:00-04:00",
     ["2027-09-05T01:00-03:00", "2027-09-06T00:00-03:00"]),
    # a clock set back over midnight shows the end of Saturday again
    ("*/30 23 * * *", "America/Santiago", "2027-04-03T22:59-03:00",
     ["2027-04-03T23:00-03:00", "2027-04-03T23:30-03:00", "2027-04-03T23:00-04:00",
      "2027-04-03T23:30-04:00", "2027-04-04T23:00-04:00"]),
]  # fmt: skip


@pytest.mark.parametrize(("cron", "zone", "after", "expected"), AROUND_CHANGES)
def test_it_runs_around_clock_changes_as_debians_cron_does(
    cron: str, zone: str, after: str, expected: list[str]
) -> None:
    runs = next_runs(check_schedule(cron, zone), instant(after), len(expected))
    assert runs == [instant(text) for text in expected]


# cron → dates of the next runs after New Year 2027
DAYS = [
    ("0 0 31 * *", ["2027-01-31", "2027-03-31", "2027-05-31", "2027-07-31"]),
    ("0 0 29 2 *", ["2028-02-29", "2032-02-29", "2036-02-29", "2040-02-29"]),
    ("0 0 29-31 * *", ["2027-01-29", "2027-01-30", "2027-01-31", "2027-03-29"]),
    # both day fields restricted: either may match
    ("0 0 13 * 5", ["2027-01-08", "2027-01-13", "2027-01-15", "2027-01-22"]),
    # one begins with a star: both must
    ("0 0 */2 * 1", ["2027-01-11", "2027-01-25", "2027-02-01", "2027-02-15"]),
    ("0 0 15 * */2", ["2027-04-15", "2027-05-15", "2027-06-15", "2027-07-15"]),
    # the same days without the star: either
    ("0 0 1-31/2 * 1", ["2027-01-03", "2027-01-04", "2027-01-05", "2027-01-07"]),
    # 0 and 7 are Sunday, steps run over 0-7
    ("0 0 * * 7", ["2027-01-03", "2027-01-10", "2027-01-17", "2027-01-24"]),
    ("0 0 * * 5-7", ["2027-01-02", "2027-01-03", "2027-01-08", "2027-01-09"]),
    ("0 0 * * */4", ["2027-01-03", "2027-01-07", "2027-01-10", "2027-01-14"]),
]


@pytest.mark.parametrize(("cron", "expected"), DAYS)
def test_it_runs_on_the_right_days(cron: str, expected: list[str]) -> None:
    runs = next_runs(check_schedule(cron, "UTC"), instant("2027-01-01T12:00Z"), 4)
    assert [f"{run:%Y-%m-%d}" for run in runs] == expected


@given(reference.expressions, reference.zones, reference.starts)
@settings(max_examples=60, deadline=None)
def test_it_agrees_with_a_minute_by_minute_count(cron: str, zone: str, since: datetime) -> None:
    try:
        schedule = check_schedule(cron, zone)
    except InvalidInput as error:
        assert error.problems[0].code == "never-fires"
        return
    expected = reference.brute_force(cron, zone, since, since + TWO_DAYS)
    assert list(schedule.firings(since, since + TWO_DAYS)) == expected


@given(reference.expressions, reference.zones, reference.starts)
@settings(max_examples=60, deadline=None)
def test_it_agrees_with_cronsim_where_cronsim_is_right(
    cron: str, zone: str, since: datetime
) -> None:
    # cronsim loses runs where the clock changes by half an hour or at midnight
    assume(zone not in ("Australia/Lord_Howe", "America/Santiago", "Africa/Cairo"))
    try:
        schedule = check_schedule(cron, zone)
    except InvalidInput:
        return
    expected = islice(CronSim(cron, since.astimezone(schedule.zone)), 5)
    assert next_runs(schedule, since, 5) == [run.astimezone(UTC) for run in expected]


@given(reference.expressions, reference.zones, reference.starts)
@settings(max_examples=60, deadline=None)
def test_it_agrees_with_crondst_where_crondst_is_right(
    cron: str, zone: str, since: datetime
) -> None:
    # crondst is late where a clock changes within an hour, or by two of them
    assume(zone not in ("Pacific/Chatham", "Antarctica/Troll"))
    try:
        schedule, judge = check_schedule(cron, zone), CronDst(cron)
    except (InvalidInput, CronDstError):  # it takes no `5/20`, and misjudges short months
        return
    expected = islice(judge.iter(since.astimezone(schedule.zone)), 5)
    assert next_runs(schedule, since, 5) == [run.astimezone(UTC) for run in expected]


@given(reference.expressions, reference.starts)
@settings(max_examples=60, deadline=None)
def test_it_agrees_with_croniter_where_no_clock_changes(cron: str, since: datetime) -> None:
    try:
        schedule = check_schedule(cron, "UTC")
    except InvalidInput:
        return
    found = croniter(cron, since, implement_cron_bug=True)
    assert next_runs(schedule, since, 5) == [found.get_next(datetime) for _ in range(5)]


def test_ten_leap_days_come_at_once() -> None:
    schedule = check_schedule("0 0 29 2 */7", "Europe/Berlin")
    began = time.process_time()
    runs = next_runs(schedule, instant("2027-01-01T00:00Z"), 10)
    assert time.process_time() - began < 1
    assert [run.year for run in runs[:3]] == [2032, 2060, 2088]  # 29 February on a Sunday


def test_runs_begin_at_the_start_and_stop_before_the_end() -> None:
    start, end = instant("2027-02-01T00:00Z"), instant("2027-04-01T00:00Z")
    schedule = check_schedule("0 0 1 * *", "UTC", start, end)
    runs = next_runs(schedule, start - timedelta(days=90), 10)
    assert [f"{run:%m-%d}" for run in runs] == ["02-01", "03-01"]


def test_next_runs_come_after_the_moment_and_not_at_it() -> None:
    schedule = check_schedule("0 * * * *", "UTC")
    assert next_runs(schedule, instant("2027-01-01T05:00Z"), 1) == [instant("2027-01-01T06:00Z")]
