"""From cron to Azure Data Factory: the recurrences, the proof, the refusals."""

from __future__ import annotations

import heapq
import json
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
from hypothesis import given, settings

from provisioning.errors import InvalidInput, ScheduleRefused
from provisioning.schedules import check_schedule
from provisioning.schedules.data_factory import to_data_factory, translate
from provisioning.schedules.months import progressions
from provisioning.schedules.native import NativeSchedules, Status
from provisioning.schedules.proof import Kind
from provisioning.schedules.recurrence import parse_recurrence
from provisioning.schedules.walls import Reading
from tests.provisioning.schedules import reference

MINUTE = timedelta(minutes=1)


REFUSED = [
    (
        "30 2 * * *", "Europe/Berlin", "cron", "dst-gap",
        "On 2027-03-28 02:30 does not exist in Europe/Berlin. cron: runs at 03:00, when the clock "
        "has jumped; Azure Data Factory: may run then or not; Azure does not say. Choose a time "
        "outside 02:00-02:59, choose UTC, or accept this difference.",
    ),
    (
        "30 1 * * *", "America/New_York", "cron", "dst-fold",
        "On 2027-11-07 01:30 happens twice in America/New_York. cron: runs once, the first time; "
        "Azure Data Factory: may run once or twice; Azure does not say. Choose a time outside "
        "01:00-01:59, choose UTC, or accept this difference.",
    ),
    (
        "0 9 13 * 5", "UTC", "cron", "or-overlap",
        "Day of month or day of week may match, which needs 2 native schedules; on 2027-08-13 more "
        "than one would fire, and the pipeline would run twice. Restrict only one of the two day "
        "fields.",
    ),
    (
        "0 9 * * *", "Antarctica/Troll", "timezone", "no-windows-zone",
        "Azure Data Factory takes Windows' time zones; there is none for Antarctica/Troll. Choose "
        "another.",
    ),
    (
        "0 9 * * *", "Antarctica/Vostok", "timezone", "no-windows-zone",
        "Azure Data Factory would use Windows' time zone 'Central Asia Standard Time', whose clock "
        "differs from Antarctica/Vostok. Choose another.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("cron", "zone", "field", "code", "sentence"), REFUSED)
def test_what_is_not_exact_is_refused_with_the_reason(
    cron: str, zone: str, field: str, code: str, sentence: str
) -> None:
    with pytest.raises(ScheduleRefused) as caught:
        to_data_factory(check_schedule(cron, zone))
    (problem,) = caught.value.problems
    assert (problem.field, problem.code, problem.message) == (field, code, sentence)


def test_a_difference_at_clock_changes_may_be_accepted() -> None:
    accepted = to_data_factory(check_schedule("30 2 * * *", "Europe/Berlin"), accept_dst=True)
    assert len(accepted.expressions) == 1
    assert accepted.accepted.startswith("On 2027-03-28 02:30 does not exist")


def test_the_first_difference_is_named() -> None:
    gap = translate(check_schedule("30 2 * * *", "Europe/Berlin"))
    assert gap.difference and gap.difference.at == datetime(2027, 3, 28, 1, tzinfo=UTC)
    twice = translate(check_schedule("0 9 13 * 5", "Europe/Berlin"))
    assert twice.difference and twice.difference.kind is Kind.TWICE
    assert twice.difference.at == datetime(2027, 8, 13, 7, tzinfo=UTC)


def test_both_day_fields_are_joined_where_the_days_are_whole_weeks() -> None:
    (only,) = to_data_factory(check_schedule("0 9 1-7 * */7", "UTC")).expressions
    days = json.loads(only)["schedule"]["monthlyOccurrences"]
    assert days == [{"day": "Sunday", "occurrence": 1}]


def test_recurrences_without_a_start_count_from_the_same_day_always() -> None:
    schedule = check_schedule("*/15 * * * *", "Europe/Berlin")
    anchor = datetime(2026, 1, 1, tzinfo=UTC)
    once, again = (to_data_factory(schedule, since=anchor) for _ in range(2))
    assert once == again
    assert json.loads(once.expressions[0])["startTime"] == "2026-01-01T00:00:00Z"


def test_a_start_within_a_minute_moves_to_the_next() -> None:
    start = datetime(2027, 5, 1, 6, 0, 0, 500, tzinfo=UTC)
    natives = to_data_factory(check_schedule("0 6 * * *", "UTC", start))
    assert json.loads(natives.expressions[0])["startTime"] == "2027-05-01T06:00:00Z"
    assert fired(natives, start, start + timedelta(days=2))[0].day == 2


@pytest.mark.parametrize("day", [1, 2, 15, 28, 31])
@pytest.mark.parametrize("cron", ["0 0 1 1,7 *", "30 6 1,20 */3 *", "0 3 * 2-9 1", "0 5 * 6-8 *"])
def test_months_begin_neither_before_the_start_nor_after_it(cron: str, day: int) -> None:
    for month in (1, 3, 7, 8, 12):
        start = datetime(2027, month, day, tzinfo=UTC)
        schedule = check_schedule(cron, "UTC", start)
        natives = to_data_factory(schedule)
        created, until = start - timedelta(days=400), start + timedelta(days=800)
        wanted = list(schedule.firings(created, until))
        assert fired(natives, created, until) == wanted


def test_any_months_are_at_most_six_progressions() -> None:
    for number in range(1, 4096):
        months = frozenset(m for m in range(1, 13) if number >> (m - 1) & 1)
        found = progressions(months)
        assert len(found) <= 6
        each_once = sorted(m for part in found for m in range(1, 13) if m in part)
        assert each_once == sorted(months)


@given(reference.expressions, reference.zones, reference.starts)
@settings(max_examples=25, deadline=None)
def test_whatever_is_called_exact_fires_as_cron_does(cron: str, zone: str, since: datetime) -> None:
    try:
        natives = to_data_factory(
            check_schedule(cron, zone), since=datetime(2026, 1, 1, tzinfo=UTC)
        )
    except InvalidInput:
        return
    until = since + timedelta(days=2)
    wanted = reference.brute_force(cron, zone, since, until)
    for reading in Reading:
        assert fired(natives, since, until, reading) == wanted


@given(reference.expressions, reference.zones, reference.starts)
@settings(max_examples=40, deadline=None)
def test_whatever_is_called_exact_keeps_its_window(cron: str, zone: str, start: datetime) -> None:
    end = start + timedelta(days=40)
    try:
        schedule = check_schedule(cron, zone, start, end)
        natives = to_data_factory(schedule)
    except InvalidInput:
        return
    around = (start - timedelta(days=3), end + timedelta(days=3))
    assert fired(natives, *around) == list(schedule.firings(*around))


def fired(
    natives: NativeSchedules, since: datetime, until: datetime, reading: Reading = Reading.FEWEST
) -> list[datetime]:
    """All firings of all recurrences; one that happens twice is in here twice."""
    recurrences = [parse_recurrence(each) for each in natives.expressions]
    after = since - timedelta(microseconds=1)
    every = heapq.merge(*(each.firings(after, reading=reading) for each in recurrences))
    return list(takewhile(lambda instant: instant < until, every))


def test_nothing_fires_before_the_window_where_the_other_day_field_comes_first() -> None:
    start = datetime(2026, 1, 1, 11, 16, tzinfo=UTC)
    schedule = check_schedule("0 1 1 */3 0", "Pacific/Chatham", start, start + timedelta(days=40))
    around = (start - timedelta(days=3), start + timedelta(days=43))
    assert fired(to_data_factory(schedule), *around) == list(schedule.firings(*around))


def test_months_without_the_day_need_no_recurrence() -> None:
    natives = to_data_factory(check_schedule("0 0 31 1,2,4 *", "UTC"))
    assert len(natives.expressions) == 1


def test_only_what_is_used_may_say_exact() -> None:
    assert translate(check_schedule("0 3 * * *", "UTC")).status is Status.EXACT
