"""From cron to Google Data Pipelines: the native form, the proof, the refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
from hypothesis import given, settings

from provisioning.errors import InvalidInput, ScheduleRefused
from provisioning.schedules import check_schedule
from provisioning.schedules.data_pipelines import to_data_pipelines, translate
from provisioning.schedules.native import Status
from provisioning.schedules.proof import Kind
from provisioning.schedules.unix_cron import firings, parse_unix_cron
from provisioning.schedules.walls import Reading
from tests.provisioning.schedules import reference

# fmt: off
EXACT = [
    ("* * * * *", "UTC", "* * * * *", "Etc/UTC"),
    ("*/5 * * * *", "UTC", "*/5 * * * *", "Etc/UTC"),
    ("*/15 * * * *", "Europe/Berlin", "*/15 * * * *", "Etc/UTC"),
    ("*/15 * * * *", "Australia/Lord_Howe", "*/15 * * * *", "Etc/UTC"),
    ("*/7 * * * *", "UTC", "*/7 * * * *", "Etc/UTC"),
    ("*/7 * * * *", "Europe/Berlin", "*/7 * * * *", "Etc/UTC"),
    ("*/25 * * * *", "Asia/Kathmandu", "5,15,40 * * * *", "Etc/UTC"),
    ("5/20 * * * *", "UTC", "5-59/20 * * * *", "Etc/UTC"),
    ("0 * * * *", "UTC", "0 * * * *", "Etc/UTC"),
    ("0 * * * *", "Europe/Berlin", "0 * * * *", "Etc/UTC"),
    ("0 * * * *", "Asia/Kathmandu", "15 * * * *", "Etc/UTC"),
    ("30 * * * *", "Asia/Kolkata", "0 * * * *", "Etc/UTC"),
    ("17 * * * *", "America/St_Johns", "47 * * * *", "Etc/UTC"),
    ("0 */5 * * *", "UTC", "0 */5 * * *", "Etc/UTC"),
    ("0 */6 * * *", "America/New_York", "0 */6 * * *", "America/New_York"),
    ("10-50/20 8-18/3 * * *", "UTC", "10-59/20 8,11,14,17 * * *", "Etc/UTC"),
    ("0,45 22,23,0,1 * * *", "UTC", "0,45 0,1,22,23 * * *", "Etc/UTC"),
    ("0 3 * * *", "UTC", "0 3 * * *", "Etc/UTC"),
    ("30 2 * * *", "Asia/Kathmandu", "30 2 * * *", "Asia/Kathmandu"),
    ("0 9 * * *", "Asia/Tokyo", "0 9 * * *", "Asia/Tokyo"),
    ("30 2 * * 1-5", "Europe/Berlin", "30 2 * * 1-5", "Europe/Berlin"),
    ("0 3 * * 1-5", "America/New_York", "0 3 * * 1-5", "America/New_York"),
    ("0 3 * * MON-FRI", "Asia/Tokyo", "0 3 * * 1-5", "Asia/Tokyo"),
    ("0 6 * * 1-5", "Asia/Kathmandu", "0 6 * * 1-5", "Asia/Kathmandu"),
    ("0 8 * * 0", "UTC", "0 8 * * 0", "Etc/UTC"),
    ("0 8 * * 7", "UTC", "0 8 * * 0", "Etc/UTC"),
    ("0 8 * * 5-7", "UTC", "0 8 * * 0,5,6", "Etc/UTC"),
    ("0 8 * * */2", "UTC", "0 8 * * 0,2,4,6", "Etc/UTC"),
    ("0 8 * * */4", "UTC", "0 8 * * 0,4", "Etc/UTC"),
    ("0 8 * * 1-7/2", "UTC", "0 8 * * 0,1,3,5", "Etc/UTC"),
    ("0 8 * * sun,wed", "UTC", "0 8 * * 0,3", "Etc/UTC"),
    ("0 8 * * 0-6", "UTC", "0 8 * * *", "Etc/UTC"),
    ("*/30 9-17 * * 1-5", "Europe/Berlin", "0,30 9-17 * * 1-5", "Europe/Berlin"),
    ("0 0 1 * *", "UTC", "0 0 1 * *", "Etc/UTC"),
    ("0 0 31 * *", "UTC", "0 0 31 * *", "Etc/UTC"),
    ("0 0 29 2 *", "UTC", "0 0 29 2 *", "Etc/UTC"),
    ("0 0 29-31 * *", "UTC", "0 0 29-31 * *", "Etc/UTC"),
    ("0 6 1,15 * *", "America/New_York", "0 6 1,15 * *", "America/New_York"),
    ("0 0 */10 * *", "UTC", "0 0 1-31/10 * *", "Etc/UTC"),
    ("0 0 5/10 * *", "UTC", "0 0 5-31/10 * *", "Etc/UTC"),
    ("0 4 28 2 *", "Europe/Berlin", "0 4 28 2 *", "Europe/Berlin"),
    ("0 1 1 * *", "Asia/Tokyo", "0 1 1 * *", "Asia/Tokyo"),
    ("0 6 * 1,4,7,10 *", "UTC", "0 6 * */3 *", "Etc/UTC"),
    ("0 6 1 1,4,7,10 *", "America/New_York", "0 6 1 */3 *", "America/New_York"),
    ("0 6 1 */2 *", "UTC", "0 6 1 */2 *", "Etc/UTC"),
    ("0 12 25 12 *", "Europe/Berlin", "0 12 25 12 *", "Europe/Berlin"),
    ("0 3 * 2-9 1", "Asia/Tokyo", "0 3 * 2-9 1", "Asia/Tokyo"),
    ("0 0 * 9 *", "UTC", "0 0 * 9 *", "Etc/UTC"),
    ("0 0 1-7 MAR,AUG *", "UTC", "0 0 1-7 3,8 *", "Etc/UTC"),
    ("0 5 * 6-8 *", "Europe/Berlin", "0 5 * 6-8 *", "Europe/Berlin"),
    ("0 9 13 * 5", "UTC", "0 9 13 * 5", "Etc/UTC"),
    ("0 9 13 * 5", "Europe/Berlin", "0 9 13 * 5", "Europe/Berlin"),
    ("0 9 1-7 * 1", "America/New_York", "0 9 1-7 * 1", "America/New_York"),
    ("0 9 1,15 * 1-5", "UTC", "0 9 1,15 * 1-5", "Etc/UTC"),
    ("0 0 1-31/2 * 1", "UTC", "0 0 1-31/2 * 1", "Etc/UTC"),
    ("0 0 1-31 * 1", "UTC", "0 0 * * *", "Etc/UTC"),
    ("0 0 15 * 0-6", "UTC", "0 0 * * *", "Etc/UTC"),
    ("0 0 */1 * 1", "UTC", "0 0 * * 1", "Etc/UTC"),
    ("0 9 29-31 * 5", "UTC", "0 9 29-31 * 5", "Etc/UTC"),
    ("0 9 * * *", "Antarctica/Troll", "0 9 * * *", "Antarctica/Troll"),
    ("0 9 * * *", "America/Scoresbysund", "0 9 * * *", "America/Scoresbysund"),
]
AT_CLOCK_CHANGES = [
    ("0 * * * *", "Australia/Lord_Howe", "0 * * * *"),
    ("0 */2 * * *", "Europe/Berlin", "0 */2 * * *"),
    ("0 0-23 * * *", "Europe/Berlin", "0 * * * *"),
    ("30 2 * * *", "Europe/Berlin", "30 2 * * *"),
    ("30 2 * * *", "America/New_York", "30 2 * * *"),
    ("30 1 * * *", "America/New_York", "30 1 * * *"),
    ("15 2 * * *", "Australia/Lord_Howe", "15 2 * * *"),
    ("0 0 * * *", "America/Santiago", "0 0 * * *"),
    ("30 2 * * 0", "Europe/Berlin", "30 2 * * 0"),
]
# fmt: on


@pytest.mark.parametrize(("cron", "zone", "expression", "native_zone"), EXACT)
def test_an_exact_schedule_gets_its_native_form(
    cron: str, zone: str, expression: str, native_zone: str
) -> None:
    natives = to_data_pipelines(check_schedule(cron, zone))
    assert (natives.expressions, natives.timezone) == ((expression,), native_zone)


@pytest.mark.parametrize(("cron", "zone", "expression"), AT_CLOCK_CHANGES)
def test_a_local_time_that_a_clock_change_touches_is_not_exact(
    cron: str, zone: str, expression: str
) -> None:
    found = translate(check_schedule(cron, zone))
    assert found.status is Status.EXCEPT_DST and found.natives
    assert found.natives.expressions == (expression,)
    with pytest.raises(ScheduleRefused):
        to_data_pipelines(check_schedule(cron, zone))
    accepted = to_data_pipelines(check_schedule(cron, zone), accept_dst=True)
    assert found.reason.startswith(accepted.accepted + " Choose")


REFUSED = [
    (
        "30 2 * * *",
        "Europe/Berlin",
        "dst-gap",
        "On 2027-03-28 02:30 does not exist in Europe/Berlin. cron: runs at 03:00, when the clock "
        "has jumped; Google Data Pipelines: may start that run or not; Google does not say. Choose "
        "a time outside 02:00-02:59, choose UTC, or accept this difference.",
    ),
    (
        "30 1 * * *",
        "America/New_York",
        "dst-fold",
        "On 2027-11-07 01:30 happens twice in America/New_York. cron: runs once, the first time; "
        "Google Data Pipelines: may start it once or twice; Google does not say. Choose a time "
        "outside 01:00-01:59, choose UTC, or accept this difference.",
    ),
    (
        "0 0 */2 * 1",
        "UTC",
        "and-days",
        "Day of month and day of week must both match; Google Data Pipelines cannot combine them. "
        "'*/2' next to a restricted day field means AND in cron, OR in some tools. Write 1-31/2 "
        "for OR.",
    ),
    (
        "0 9 1-7 * */7",
        "UTC",
        "and-days",
        "Day of month and day of week must both match; Google Data Pipelines cannot combine them. "
        "'*/7' next to a restricted day field means AND in cron, OR in some tools. Write 0-6/7 "
        "for OR.",
    ),
]


@pytest.mark.parametrize(("cron", "zone", "code", "sentence"), REFUSED)
def test_what_is_not_exact_is_refused_with_the_reason(
    cron: str, zone: str, code: str, sentence: str
) -> None:
    with pytest.raises(ScheduleRefused) as caught:
        to_data_pipelines(check_schedule(cron, zone))
    (problem,) = caught.value.problems
    assert (problem.field, problem.code, problem.message) == ("cron", code, sentence)


def test_the_first_difference_is_named() -> None:
    gap = translate(check_schedule("30 2 * * *", "Europe/Berlin")).difference
    assert gap and gap.kind is Kind.MISSING
    assert gap.at == datetime(2027, 3, 28, 1, tzinfo=UTC)
    fold = translate(check_schedule("30 1 * * *", "America/New_York")).difference
    assert fold and (fold.kind, fold.at) == (Kind.EXTRA, datetime(2027, 11, 7, 6, 30, tzinfo=UTC))
    both = translate(check_schedule("0 0 15 * */2", "UTC")).difference
    assert both and (both.kind, both.at) == (Kind.MISSING, datetime(2027, 4, 15, tzinfo=UTC))


def test_a_window_is_refused_at_its_own_field_by_the_first_run_outside() -> None:
    end = datetime(2027, 5, 2, tzinfo=UTC)
    ends = translate(check_schedule("*/10 * * * *", "UTC", end=end))
    assert (ends.code, ends.field) == ("no-window", "end")
    assert ends.difference and (ends.difference.at, ends.difference.kind) == (end, Kind.EXTRA)
    begins = check_schedule("0 6 * * *", "UTC", start=datetime(2027, 5, 1, tzinfo=UTC))
    with pytest.raises(ScheduleRefused, match="has no start date") as caught:
        to_data_pipelines(begins)
    assert [each.field for each in caught.value.problems] == ["start"]


@given(reference.expressions, reference.zones, reference.starts)
@settings(max_examples=50, deadline=None)
def test_whatever_is_called_exact_fires_as_cron_does_by_either_reading(
    cron: str, zone: str, since: datetime
) -> None:
    try:
        natives = to_data_pipelines(check_schedule(cron, zone))
    except InvalidInput:
        return
    until, before = since + timedelta(days=2), since - timedelta(microseconds=1)
    wanted = reference.brute_force(cron, zone, since, until)
    for reading in Reading:
        every = firings(natives.expressions[0], natives.timezone, after=before, reading=reading)
        assert list(takewhile(lambda instant: instant < until, every)) == wanted


# ── Google's own expressions ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("expression", "said_otherwise"),
    [
        ("0 8 * * MON-FRI", "0 8 * * 1-5"),
        ("0 8 * * 7", "0 8 * * 0"),
        ("0 8 * JAN,jul SUN", "0 8 * 1,7 0"),
        ("*/20 * * * *", "0,20,40 * * * *"),
        ("10-59/20 * * * *", "10,30,50 * * * *"),
    ],
)
def test_its_names_steps_and_ranges_are_read(expression: str, said_otherwise: str) -> None:
    assert parse_unix_cron(expression) == parse_unix_cron(said_otherwise)


@pytest.mark.parametrize(
    "expression",
    [
        "0 8 * *",
        "5/20 * * * *",  # a step without a range is not documented
        "0 0 */2 * 1",  # nor what `*/2` is beside a restricted day
        "0 0 1 * */2",
        "0 0 L * *",
        "0 24 * * *",
        "0 22-2 * * *",
        "*/0 * * * *",
        "every 5 minutes",
    ],
)
def test_what_its_rules_leave_open_is_not_guessed(expression: str) -> None:
    with pytest.raises(InvalidInput):
        parse_unix_cron(expression)


def test_either_day_field_matches_where_both_are_restricted() -> None:
    cron = parse_unix_cron("0 9 13 * 5")
    after = datetime(2027, 8, 5, tzinfo=UTC)
    found = firings("0 9 13 * 5", "UTC", after=after)
    assert [next(found).day for _ in range(3)] == [6, 13, 20]  # the 13th is a Friday: once
    assert not cron.every_day and not cron.every_weekday


def test_the_two_readings_differ_at_clock_changes_only() -> None:
    def on(day: int, month: int, reading: Reading) -> list[str]:
        after = datetime(2027, month, day, tzinfo=UTC) - timedelta(hours=2)
        every = firings("30 2 * * *", "Europe/Berlin", after=after, reading=reading)
        until = after + timedelta(days=1)
        return [f"{each:%H:%M}" for each in takewhile(lambda each: each < until, every)]

    assert on(28, 3, Reading.FEWEST) == []
    assert on(28, 3, Reading.MOST) == ["01:00"]
    assert on(31, 10, Reading.FEWEST) == ["00:30"]
    assert on(31, 10, Reading.MOST) == ["00:30", "01:30"]
