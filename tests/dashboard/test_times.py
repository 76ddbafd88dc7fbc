from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard import times
from dashboard.times import Zones

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (0.04, "0.0 s"),
        (0.81, "0.8 s"),
        (-3, "0.0 s"),
        (12.4, "12 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (90_000, "1 d 1 h"),
        (timedelta(days=3), "3 d"),
        (None, ""),
    ],
)
def test_durations_have_two_units_at_most(length: float | None, words: str) -> None:
    assert times.duration(length) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (12, "in 12 s"),
        (-12, "12 s ago"),
        (-61, "1 min ago"),
        (7300, "in 2 h"),
        (47 * 3600, "in 47 h"),
        (49 * 3600, "in 2 days"),
    ],
)
def test_distances_have_one_unit(seconds: float, words: str) -> None:
    assert times.distance(NOON + timedelta(seconds=seconds), NOON) == words


def test_a_moment_is_written_in_its_zone() -> None:
    assert times.in_words(NOON, BERLIN, now=NOON) == "Sat 21 Nov 13:00"
    assert times.in_words(NOON, BERLIN, now=NOON, seconds=True) == "Sat 21 Nov 13:00:05"
    assert times.label(NOON, BERLIN) == "CET"


def test_another_year_is_written() -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert times.in_words(later, times.UTC_ZONE, now=NOON) == "Fri 1 Jan 2027 00:00"


def test_a_zone_without_a_name_shows_its_offset() -> None:
    assert times.label(NOON, ZoneInfo("Asia/Dubai")) == "UTC+04"


def test_an_unknown_zone_is_utc_and_says_so() -> None:
    assert times.zone("Mars/Olympus").key == "UTC"


def test_times_of_no_schedule_are_shown_in_the_readers_zone() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    assert Zones("schedule", BERLIN).shown(None) == BERLIN
    assert Zones("schedule", BERLIN).shown(tokyo) == tokyo
    assert Zones("utc", BERLIN).shown(tokyo).key == "UTC"
    assert Zones("mine", BERLIN).shown(tokyo) == BERLIN


def test_people_choose_from_zones_with_a_region() -> None:
    names = times.zone_names()
    assert names[0] == "UTC" and "Europe/Berlin" in names
    assert not any(name.startswith("Etc/") for name in names)
