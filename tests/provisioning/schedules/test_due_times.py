"""When a trigger is due by its definition, with and without an accepted difference."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.schedules.due_times import due_times, is_unsure, unsure_times

BEGIN, END = datetime(2027, 3, 26, tzinfo=UTC), datetime(2027, 3, 31, tzinfo=UTC)
CHANGE = datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


def nightly(**more: Any) -> dict[str, Any]:
    usual = {"kind": "schedule", "key": "t1", "cron": "30 2 * * *", "timezone": "Europe/Berlin"}
    return {**usual, **more}


def test_cron_is_due_at_a_clock_change_too() -> None:
    due = list(due_times(nightly(), BEGIN, END))
    assert len(due) == 5
    assert CHANGE in due, "a time that the clock skips is due right after"
    assert list(unsure_times(nightly(), BEGIN, END)) == []


def test_where_a_difference_was_accepted_nothing_is_due_at_the_change() -> None:
    accepted = nightly(accepted="On 2027-03-28 02:30 does not exist in Europe/Berlin.")
    both = [*due_times(accepted, BEGIN, END), *unsure_times(accepted, BEGIN, END)]
    assert sorted(both) == list(due_times(nightly(), BEGIN, END))
    assert list(unsure_times(accepted, BEGIN, END)) == [CHANGE]


def test_what_a_change_touches_is_what_it_skips_or_repeats() -> None:
    accepted, hour = nightly(accepted="yes"), timedelta(hours=1)
    assert is_unsure(accepted, CHANGE - hour)
    assert is_unsure(accepted, CHANGE + hour)
    assert not is_unsure(accepted, CHANGE + hour + timedelta(minutes=1))
    assert not is_unsure(nightly(), CHANGE)
