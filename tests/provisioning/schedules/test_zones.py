"""Time zones: names, suggestions, clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from provisioning.errors import InvalidInput
from provisioning.schedules.zones import (
    check_zone,
    clock_changes,
    gap_end,
    offset_text,
    zone_facts,
    zone_names,
)

YEAR = (datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("europe/berlin", "did you mean Europe/Berlin?"),
        ("Berlin", "did you mean Europe/Berlin?"),
        ("new york", "did you mean America/New_York?"),
        ("Europe/Berlim", "did you mean Europe/Berlin?"),
        ("utc", "did you mean UTC?"),
        ("Mars/Phobos", "(example: Europe/Berlin)."),
        ("../../etc/passwd", "(example: Europe/Berlin)."),
        ("localtime", "(example: Europe/Berlin)."),
        ("", "A schedule needs a time zone, for example Europe/Berlin."),
    ],
)
def test_a_wrong_name_gets_a_suggestion(name: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_zone(name)
    (problem,) = caught.value.problems
    assert (problem.field, problem.code) == ("timezone", "invalid-tz")
    assert problem.message.endswith(hint)


def test_old_aliases_are_valid_but_not_offered() -> None:
    assert check_zone("US/Eastern")
    assert "US/Eastern" not in zone_names()
    assert zone_names()[0] == "UTC"
    assert "Europe/Berlin" in zone_names()


def test_every_offered_zone_is_valid() -> None:
    for name in zone_names():
        check_zone(name)


def test_changes_of_a_year_are_found() -> None:
    spring, autumn = clock_changes("Europe/Berlin", *YEAR)
    assert spring.at == datetime(2027, 3, 28, 1, tzinfo=UTC)
    assert spring.forward and spring.size == timedelta(hours=1)
    assert autumn.at == datetime(2027, 10, 31, 1, tzinfo=UTC)
    assert not autumn.forward
    assert f"{autumn.first_wall:%H:%M}-{autumn.next_wall:%H:%M}" == "02:00-03:00"
    assert clock_changes("Asia/Tokyo", *YEAR) == ()


def test_a_skipped_time_ends_where_the_clock_jumps() -> None:
    wall = datetime.fromisoformat("2027-10-03T02:15")
    zone = check_zone("Australia/Lord_Howe")
    assert gap_end(wall, zone) == datetime(2027, 10, 2, 15, 30, tzinfo=UTC)


def test_facts_show_the_offset_now_and_the_next_change() -> None:
    facts = zone_facts("Europe/Berlin", datetime(2027, 1, 10, tzinfo=UTC))
    assert (offset_text(facts.offset), facts.abbreviation) == ("+01:00", "CET")
    assert facts.next_change and facts.next_change.at.month == 3
    assert zone_facts("UTC", YEAR[0]).next_change is None


def test_an_offset_is_written_with_sign_and_minutes() -> None:
    assert offset_text(timedelta(hours=-3, minutes=-30)) == "-03:30"
    assert offset_text(timedelta(hours=12, minutes=45)) == "+12:45"
