"""From cron to EventBridge Scheduler: the native form, the proof, the refusals."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings

from provisioning.errors import InvalidInput, ScheduleRefused
from provisioning.schedules import (
    NativeSchedules,
    check_schedule,
    firings_of_eventbridge,
    to_eventbridge_scheduler,
)
from provisioning.schedules.eventbridge import parse_expression
from provisioning.schedules.proof import Kind, first_differing_date
from provisioning.schedules.scheduler import translate
from tests.provisioning.schedules import reference

EXACT = [
    ("0 6 * * 1-5", "Europe/Berlin", ["cron(0 6 ? * MON-FRI *)"], "Europe/Berlin"),
    ("0 8 * * 5-7", "UTC", ["cron(0 8 ? * SUN,FRI,SAT *)"], "UTC"),
    ("0 8 * * 0-6", "UTC", ["cron(0 8 * * ? *)"], "UTC"),
    ("0 0 31 * *", "Asia/Tokyo", ["cron(0 0 31 * ? *)"], "Asia/Tokyo"),
    ("0 0 */10 * *", "UTC", ["cron(0 0 1/10 * ? *)"], "UTC"),
    ("10-50/20 8-18/3 * * *", "UTC", ["cron(10/20 8,11,14,17 * * ? *)"], "UTC"),
    ("0 6 1 1,4,7,10 *", "America/New_York", ["cron(0 6 1 1/3 ? *)"], "America/New_York"),
    ("0 0 1-31 * 1", "UTC", ["cron(0 0 * * ? *)"], "UTC"),
    ("0 0 31 2 1", "UTC", ["cron(0 0 ? 2 MON *)"], "UTC"),
    # no run falls on a Sunday, when the clock changes
    ("30 2 * * 1-5", "Europe/Berlin", ["cron(30 2 ? * MON-FRI *)"], "Europe/Berlin"),
    # fixed times that are repeated run once on both sides
    ("0 0-23 * * *", "Europe/Berlin", ["cron(0 * * * ? *)"], "Europe/Berlin"),
    ("30 1 * * *", "America/New_York", ["cron(30 1 * * ? *)"], "America/New_York"),
    # every hour: UTC says the same, without clock changes
    ("*/15 * * * *", "Europe/Berlin", ["cron(0/15 * * * ? *)"], "UTC"),
    ("0 * * * *", "Asia/Kathmandu", ["cron(15 * * * ? *)"], "UTC"),
    ("*/25 * * * *", "Asia/Kathmandu", ["cron(5,15,40 * * * ? *)"], "UTC"),
    # not where the clock changes by half an hour
    ("0 * * * *", "Australia/Lord_Howe", ["cron(0 * * * ? *)"], "Australia/Lord_Howe"),
    # whole weeks of the month: either field, without overlap
    (
        "0 9 1-7 * 1",
        "America/New_York",
        ["cron(0 9 1-7 * ? *)", *(f"cron(0 9 ? * MON#{n} *)" for n in (2, 3, 4, 5))],
        "America/New_York",
    ),
    (
        "0 9 22-29 2 5",
        "UTC",
        ["cron(0 9 22-29 2 ? *)", *(f"cron(0 9 ? 2 FRI#{n} *)" for n in (1, 2, 3))],
        "UTC",
    ),
    # and both fields: the first Sunday of each month
    ("0 9 1-7 * */7", "UTC", ["cron(0 9 ? * SUN#1 *)"], "UTC"),
]  # fmt: skip


@pytest.mark.parametrize(("cron", "zone", "expressions", "native_zone"), EXACT)
def test_an_exact_schedule_gets_its_native_form(
    cron: str, zone: str, expressions: list[str], native_zone: str
) -> None:
    natives = to_eventbridge_scheduler(check_schedule(cron, zone))
    assert (list(natives.expressions), natives.timezone) == (expressions, native_zone)
    assert natives.accepted == ""


REFUSED = [
    (
        "30 2 * * *",
        "Europe/Berlin",
        "dst-gap",
        "On 2027-03-28 02:30 does not exist in Europe/Berlin. cron: runs at 03:00, when the clock "
        "has jumped; EventBridge Scheduler: leaves that run out. Choose a time outside "
        "02:00-02:59, choose UTC, or accept this difference.",
    ),
    (
        "0 */2 * * *",
        "Europe/Berlin",
        "dst-fold",
        "On 2027-10-31 02:00 happens twice in Europe/Berlin. cron: runs both times; EventBridge "
        "Scheduler: runs once. Choose a time outside 02:00-02:59, choose UTC, or accept this "
        "difference.",
    ),
    (
        "0 0 1-31/2 * 1",
        "UTC",
        "or-overlap",
        "Day of month or day of week may match, which needs 2 native schedules; on 2027-01-11 "
        "more than one would fire, and the pipeline would run twice. Restrict only one of the "
        "two day fields. Apart by year, exact needs 78 native schedules; the limit is 20.",
    ),
    (
        "0 0 */2 * 1",
        "UTC",
        "and-days",
        "Day of month and day of week must both match; EventBridge Scheduler cannot combine "
        "them. '*/2' next to a restricted day field means AND in cron, OR in some tools. Write "
        "1-31/2 for OR. Apart by year, exact needs 63 native schedules; the limit is 20.",
    ),
]


@pytest.mark.parametrize(("cron", "zone", "code", "sentence"), REFUSED)
def test_what_is_not_exact_is_refused_with_the_reason(
    cron: str, zone: str, code: str, sentence: str
) -> None:
    with pytest.raises(ScheduleRefused) as caught:
        to_eventbridge_scheduler(check_schedule(cron, zone))
    (problem,) = caught.value.problems
    assert (problem.field, problem.code, problem.message) == ("cron", code, sentence)


def test_a_difference_at_clock_changes_may_be_accepted() -> None:
    schedule = check_schedule("30 2 * * *", "Europe/Berlin")
    natives = to_eventbridge_scheduler(schedule, accept_dst=True)
    assert natives.expressions == ("cron(30 2 * * ? *)",)
    assert natives.accepted.startswith("On 2027-03-28 02:30 does not exist")


def test_an_overlap_may_not_be_accepted() -> None:
    with pytest.raises(ScheduleRefused):
        to_eventbridge_scheduler(check_schedule("0 0 1-31/2 * 1", "UTC"), accept_dst=True)


@pytest.mark.parametrize(
    ("cron", "count", "sample"),
    [
        ("0 9 13 * 5", 12, "cron(0 9 ? * FRI *)"),
        ("0 0 15 * */2", 14, None),  # both: the 15th on a Sunday, Tuesday, Thursday or Saturday
        ("30 4 13 3,11 5", 3, "cron(30 4 ? 3,11 FRI *)"),
    ],
)
def test_both_day_fields_are_told_apart_by_year(cron: str, count: int, sample: str | None) -> None:
    schedule = check_schedule(cron, "America/New_York")
    natives = to_eventbridge_scheduler(schedule)
    assert len(natives.expressions) == count
    assert sample is None or sample in natives.expressions
    assert max(map(len, natives.expressions)) <= 256
    since = datetime(2026, 11, 1, tzinfo=UTC)
    for until in (datetime(2046, 11, 1, tzinfo=UTC), datetime(2104, 5, 1, tzinfo=UTC)):
        begin = until - timedelta(days=1500) if until.year > 2100 else since
        assert list(fired(natives, begin, until)) == list(schedule.firings(begin, until))


def test_the_first_difference_is_named() -> None:
    gap = translate(check_schedule("30 2 * * *", "Europe/Berlin"))
    assert gap.difference and gap.difference.kind is Kind.MISSING
    assert gap.difference.at == datetime(2027, 3, 28, 1, tzinfo=UTC)
    twice = translate(check_schedule("0 9 13 * 5", "Europe/Berlin"))
    assert twice.difference and twice.difference.kind is Kind.TWICE
    assert twice.difference.at == datetime(2027, 8, 13, 7, tzinfo=UTC)


def test_an_overlap_decades_away_is_found() -> None:
    day, weekday = parse_expression("cron(0 0 29 2 ? *)"), parse_expression("cron(0 0 ? 2 MON *)")
    wanted = check_schedule("0 0 29 2 1", "UTC").cron.matches  # either, within February
    found = first_differing_date(wanted, [day.matches, weekday.matches], date(2027, 1, 1), None)
    assert found == date(2044, 2, 29)


def test_a_window_without_a_clock_change_is_exact() -> None:
    window = datetime(2027, 5, 1, tzinfo=UTC), datetime(2027, 9, 1, tzinfo=UTC)
    natives = to_eventbridge_scheduler(check_schedule("30 2 * * *", "Europe/Berlin", *window))
    assert natives.start == window[0]
    assert natives.end == datetime(2027, 8, 31, 0, 31, tzinfo=UTC)  # a minute after the last run


def test_the_end_never_touches_a_run_of_every_minute() -> None:
    end = datetime(2027, 5, 1, tzinfo=UTC)
    natives = to_eventbridge_scheduler(check_schedule("* * * * *", "UTC", end=end))
    assert natives.end == end - timedelta(seconds=1)


def test_a_start_within_a_minute_moves_to_the_next() -> None:
    start = datetime(2027, 5, 1, 6, 0, 0, 500, tzinfo=UTC)
    natives = to_eventbridge_scheduler(check_schedule("0 6 * * *", "UTC", start=start))
    assert natives.start == datetime(2027, 5, 1, 6, 1, tzinfo=UTC)


def test_clock_changes_before_the_start_do_not_count() -> None:
    start = datetime(2027, 4, 1, tzinfo=UTC)
    found = translate(check_schedule("30 2 * * *", "Europe/Berlin", start=start))
    assert found.difference and found.difference.at.year == 2028


@given(reference.expressions, reference.zones, reference.starts)
@settings(max_examples=50, deadline=None)
def test_whatever_is_called_exact_fires_as_cron_does(cron: str, zone: str, since: datetime) -> None:
    try:
        natives = to_eventbridge_scheduler(check_schedule(cron, zone))
    except InvalidInput:
        return
    until = since + timedelta(days=2)
    assert list(fired(natives, since, until)) == reference.brute_force(cron, zone, since, until)


def fired(natives: NativeSchedules, since: datetime, until: datetime) -> Iterator[datetime]:
    """All firings of all native schedules; one that happens twice is in here twice."""
    after = since - timedelta(microseconds=1)
    every = heapq.merge(
        *(firings_of_eventbridge(e, natives.timezone, after=after) for e in natives.expressions)
    )
    for instant in every:
        if instant >= until:
            return
        yield instant
