"""Start and end of a schedule."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from provisioning.errors import InvalidInput
from provisioning.schedules import check_schedule, next_runs
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
