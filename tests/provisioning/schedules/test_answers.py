"""What is said beside a translation: clock changes, near schedules, windows of Data Factory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from provisioning.schedules import Dialect, Question, answer, check_schedule
from provisioning.schedules.tumbling import tumbling_window
from provisioning.schedules.windows import next_due

SINCE = datetime(2027, 1, 1, tzinfo=UTC)


def asked(cron: str, timezone: str, dialect: Dialect, **more: Any) -> dict[str, Any]:
    return answer(Question(cron, timezone, dialect, since=SINCE, **more))


NOT_EXACT = [
    ("30 2 * * *", "Europe/Berlin", Dialect.EVENTBRIDGE_SCHEDULER),
    ("0 */2 * * *", "Europe/Berlin", Dialect.GCP),
    ("15 2 * * *", "Australia/Lord_Howe", Dialect.ADF),
    ("0 0 * * *", "America/Santiago", Dialect.GCP),
    ("15 3 * * *", "Pacific/Chatham", Dialect.ADF),
    ("0 9 13 * 5", "UTC", Dialect.ADF),
    ("0 0 */2 * 1", "UTC", Dialect.EVENTBRIDGE_RULE),
    ("0 6 * * 1-5", "Europe/Berlin", Dialect.EVENTBRIDGE_RULE),
    ("0 1 1 * *", "Asia/Tokyo", Dialect.EVENTBRIDGE_RULE),
    ("0 9 * * *", "America/Scoresbysund", Dialect.ADF),
    ("0 9 * * *", "Antarctica/Troll", Dialect.ADF),
]


@pytest.mark.parametrize(("cron", "zone", "dialect"), NOT_EXACT)
def test_near_schedules_are_exact(cron: str, zone: str, dialect: Dialect) -> None:
    found = asked(cron, zone, dialect)
    assert found["status"] != "exact"
    assert 1 <= len(found["alternatives"]) <= 3
    for each in found["alternatives"]:
        assert (each["cron"], each["timezone"]) != (cron, zone)
        assert asked(each["cron"], each["timezone"], dialect)["status"] == "exact"
        assert each["why"] and each["sentence"]


def test_a_window_that_a_cloud_has_not_may_be_left_out() -> None:
    end = SINCE + timedelta(days=90)
    found = asked("0 6 * * *", "UTC", Dialect.GCP, end=end)
    assert (found["status"], found["reason"]["code"]) == ("refuse", "no-window")
    assert found["reason"]["first_difference"] == "2027-04-01T06:00:00Z"
    first = found["alternatives"][0]
    assert (first["cron"], first["start"], first["end"]) == ("0 6 * * *", None, None)


def test_the_window_is_kept_where_the_cloud_has_one() -> None:
    start = SINCE + timedelta(days=1)
    found = asked("30 2 * * *", "Europe/Berlin", Dialect.ADF, start=start)
    assert {each["start"] for each in found["alternatives"]} == {"2027-01-02T00:00:00Z"}


@pytest.mark.parametrize("text", ["@daily", "0 22-2 * * *"])
def test_what_only_generous_readers_take_is_put_in_standard_cron(text: str) -> None:
    (near,) = asked(text, "UTC", Dialect.GCP)["alternatives"]
    assert asked(near["cron"], "UTC", Dialect.GCP)["status"] == "exact"


def test_clock_changes_are_told_only_where_a_run_is_touched() -> None:
    assert asked("30 2 * * 1-5", "Europe/Berlin", Dialect.ADF)["clock_changes"] == []
    assert asked("30 2 * * *", "Asia/Kathmandu", Dialect.ADF)["clock_changes"] == []
    gap, fold = asked("*/15 2 * * *", "Europe/Berlin", Dialect.EVENTBRIDGE_SCHEDULER)[
        "clock_changes"
    ]
    assert (gap["cron"], gap["cloud"], gap["same"]) == (
        "leaves that run out", "leaves that run out", True,
    )  # fmt: skip
    assert (fold["date"], fold["cron"], fold["cloud"], fold["same"]) == (
        "2027-10-31", "runs both times", "runs once", False,
    )  # fmt: skip


def test_a_schedule_written_in_utc_does_as_cron_does() -> None:
    for note in asked("*/15 * * * *", "Europe/Berlin", Dialect.GCP)["clock_changes"]:
        assert note["same"] and "UTC" in note["cloud"]


@pytest.mark.parametrize(
    ("cron", "zone", "frequency", "interval"),
    [
        ("*/15 * * * *", "Europe/Berlin", "Minute", 15),
        ("0 */6 * * *", "UTC", "Hour", 6),
        ("30 0 * * *", "Asia/Kathmandu", "Hour", 24),
        ("5/20 * * * *", "UTC", "Minute", 20),
    ],
)
def test_windows_end_when_cron_fires(cron: str, zone: str, frequency: str, interval: int) -> None:
    schedule = check_schedule(cron, zone)
    found = tumbling_window(schedule, SINCE)
    assert found and (found["frequency"], found["interval"]) == (frequency, interval)
    start = datetime.fromisoformat(found["startTime"])
    at = start
    for wanted in islice(schedule.firings(SINCE), 500):
        at = next_due(start, frequency.lower(), interval, after=at)
        assert at == wanted


@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        ("*/7 * * * *", "UTC"),  # 56 minutes past, then the hour
        ("0 6 * * *", "Europe/Berlin"),  # 23 and 25 hours
        ("0 6 * * 1", "UTC"),
        ("*/2 * * * *", "UTC"),  # a window has at least five minutes
        ("0 0,6 * * *", "UTC"),
    ],
)
def test_what_is_not_even_has_no_windows(cron: str, zone: str) -> None:
    assert tumbling_window(check_schedule(cron, zone), SINCE) is None
