"""Start and end of a schedule."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from provisioning.errors import InvalidInput
from provisioning.schedules import Dialect, Question, Status, answer, check_schedule, next_runs
from provisioning.schedules.dialects import translate
from provisioning.schedules.schedule import last_run

MARCH, APRIL = datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)


def refusal(**window: datetime) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as caught:
        check_schedule("0 0 10 5 *", "UTC", **window)
    (problem,) = caught.value.problems
    return problem.field, problem.message


def test_the_end_has_to_be_after_the_start() -> None:
    assert refusal(start=APRIL, end=MARCH) == ("end", "The end has to be after the start.")


def test_a_time_without_an_offset_is_refused() -> None:
    field, message = refusal(start=MARCH.replace(tzinfo=None))
    assert (field, message) == ("start", "A date and time needs its offset, such as Z.")


@pytest.mark.parametrize("year", [1, 1969, 2200, 9999])
def test_years_far_beyond_any_schedule_are_refused(year: int) -> None:
    for field in ("start", "end"):
        named, message = refusal(**{field: MARCH.replace(year=year)})
        assert (named, message) == (field, "Choose a year from 1970 to 2199.")


def test_a_window_in_which_nothing_fires_is_refused() -> None:
    field, message = refusal(start=MARCH, end=APRIL)
    assert (field, message) == ("end", "'0 0 10 5 *' fires at no time in this window.")


def test_the_start_is_within_and_the_end_is_not() -> None:
    schedule = check_schedule("0 0 1 * *", "UTC", MARCH, APRIL)
    assert list(schedule.firings(MARCH)) == [MARCH]
    assert next_runs(schedule, MARCH, 3) == []


@pytest.mark.parametrize(
    ("cron", "last"),
    [
        ("* * * * *", datetime(2027, 3, 31, 23, 59, tzinfo=UTC)),
        ("0 6 * * 1", datetime(2027, 3, 29, 6, tzinfo=UTC)),
        ("0 0 29 2 *", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_the_last_run_lies_before_the_end(cron: str, last: datetime) -> None:
    assert last_run(check_schedule(cron, "UTC", end=APRIL)) == last


CRONS = ["*/15 * * * *", "0 6 * * *", "0 6 1 1,4 *", "0 6 1-7 * 1", "30 2 * * 1-5"]


@pytest.mark.parametrize("cron", CRONS)
def test_one_that_has_ended_is_written_all_the_same(cron: str) -> None:
    """Its pipeline may be deployed anew; nobody has to take it out first."""
    schedule = check_schedule(cron, "Europe/Berlin", end=MARCH)
    for dialect in (Dialect.EVENTBRIDGE_SCHEDULER, Dialect.ADF):
        found = translate(schedule, dialect, APRIL)
        assert (found.status, found.natives.end < APRIL) == (Status.EXACT, True)


@pytest.mark.parametrize("dialect", [*Dialect])
@pytest.mark.parametrize("cron", CRONS)
def test_a_question_about_a_time_after_the_end_is_answered_by_never(
    cron: str, dialect: Dialect
) -> None:
    asked = Question(cron, "Europe/Berlin", dialect, since=APRIL, end=MARCH)
    found = answer(asked)
    assert (found["status"], found["native"], found["next"]) == ("refuse", [], [])
    assert found["reason"]["code"] == "never-fires"
    assert found["reason"]["message"] == f"'{cron}' fires at no time from 2027-04-01T00:00:00Z on."


@pytest.mark.parametrize(
    ("cron", "zone", "since", "end"),
    [
        # What fired on the day before is no business of a recurrence that counts from `since`:
        ("42 * * * 0-5", "Canada/Atlantic", "2029-01-05T20:20:00Z", "2029-01-06T00:52:00Z"),
        ("30 0 * * *", "Europe/Berlin", "2027-03-28T00:00:00Z", None),  # an hour before a gap
    ],
)
def test_nothing_is_compared_before_native_schedules_count(
    cron: str, zone: str, since: str, end: str | None
) -> None:
    window = {"end": datetime.fromisoformat(end)} if end else {}
    asked = Question(cron, zone, Dialect.ADF, since=datetime.fromisoformat(since), **window)
    assert answer(asked)["status"] == "exact"
