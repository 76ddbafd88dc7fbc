"""Sentences as people type them, and as `explain` writes them, read as cron."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.errors import InvalidInput
from provisioning.schedules import PRESETS, check_schedule, explain, read_sentence
from provisioning.schedules.explain import in_words
from provisioning.schedules.parsing import parse_cron
from provisioning.schedules.sentences import EXAMPLES

READ = [
    ("every weekday at 06:00", "0 6 * * 1-5"),
    ("Weekdays at 6pm.", "0 18 * * 1-5"),
    ("at 9:30 on the 1st and 15th", "30 9 1,15 * *"),
    ("every 15 minutes between 8 and 18 on weekdays", "*/15 8-17 * * 1-5"),
    ("every hour between 8 and 18", "0 8-18 * * *"),
    ("every 2 hours from 6:00 to 20:00 on Mon-Fri", "0 6-20/2 * * 1-5"),
    ("every 30 minutes between 22:00 and 6:00", "*/30 0-5,22,23 * * *"),
    ("every 15 minutes from 8:00 to 17:45", "*/15 8-17 * * *"),
    ("every half hour", "*/30 * * * *"),
    ("every minute", "* * * * *"),
    ("hourly", "0 * * * *"),
    ("at 15 minutes past the hour", "15 * * * *"),
    ("every 4 hours starting at 02:00", "0 2-22/4 * * *"),
    ("daily at noon", "0 12 * * *"),
    ("every morning at 7", "0 7 * * *"),
    ("17:00 every Friday", "0 17 * * 5"),
    ("Mon, Wed and Fri at 7.30", "30 7 * * 1,3,5"),
    ("at 6 and 18 on weekends", "0 6,18 * * 0,6"),
    ("at midnight from Friday to Monday", "0 0 * * 0,1,5,6"),
    ("monthly on the 3rd at 7:15", "15 7 3 * *"),
    ("on day 1 at 00:30 every quarter", "30 0 1 */3 *"),
    ("every 3 months on the 1st at 5", "0 5 1 */3 *"),
    ("on 25 December at 12:00", "0 12 25 12 *"),
    ("January 5th at 10", "0 10 5 1 *"),
    ("every weekday at 6:00 from June to August", "0 6 * 6-8 1-5"),
    ("at 9 on the 13th of the month or on any Friday", "0 9 13 * 5"),
    ("first Monday of the month at 9", "0 9 */31,2-7 * 1"),
    ("the third Sunday at 4", "0 4 15-21 * */7"),
    ("0 6 * * 1-5", "0 6 * * 1-5"),
]


@pytest.mark.parametrize(("sentence", "cron"), READ)
def test_people_say_it_in_their_own_ways(sentence: str, cron: str) -> None:
    assert read_sentence(sentence).cron == cron
    assert read_sentence(f"  {sentence.upper()} ").cron == cron


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("", "A sentence goes here"),
        ("on the blue moon", "“on the blue moon” is not understood"),
        ("every weekday at 6 unless it rains", "“unless it rains” is not understood"),
        ("at 25:00", "“at 25:00” is not understood"),
        ("every day", "Say at what time"),
        ("every Monday", "Say at what time"),
        ("weekly at 5", "Say on which weekday"),
        ("every month at 5", "Say on which day of the month"),
        ("between 8 and 18 on Mondays", "Say how often"),
        ("at 9:00 and 17:30", "it would run at 09:30 and 17:00 as well"),
        ("every 15 minutes between 8:30 and 17:30", "would run at 08:00"),
        ("every 7 minutes", "does not go round evenly"),
        ("every 5 hours", "does not go round evenly"),
        ("every other day at 6", "cannot count days across the end of a month"),
        ("every 2 weeks on Monday at 6", "cannot count weeks"),
        ("last day of the month at 9", "has no last day"),
        ("last Friday of the month at 9", "has no last Friday"),
        ("second Tuesday at 9", "can say the first Tuesday"),
        ("at 6 on the 31st of February", "no such date"),
        ("at 6 on the 13th on Fridays", "Say how the days of the month and the weekdays"),
        ("at 6 on Mondays that fall on the 8th to 14th", "at once"),
        ("at 6 in Europe/Bärlin", "not understood"),
        ("at 6, Mars/Phobos", "is not an IANA time zone name"),
        ("x" * 5000, "is not understood"),
    ],
)
def test_what_it_cannot_read_or_cron_cannot_say_is_told(sentence: str, why: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_sentence(sentence)
    (problem,) = caught.value.problems
    assert problem.field == "sentence"
    assert why in problem.message


def test_a_sentence_that_is_not_understood_is_answered_with_ones_that_are() -> None:
    with pytest.raises(InvalidInput, match="every weekday at 06:00"):
        read_sentence("whenever")
    for example in EXAMPLES:
        assert check_schedule(read_sentence(example).cron, "UTC")


def test_a_zone_can_be_said_as_well() -> None:
    assert read_sentence("every weekday at 06:00, Europe/Berlin").timezone == "Europe/Berlin"
    assert read_sentence("at 6 in america/argentina/buenos_aires time").timezone == (
        "America/Argentina/Buenos_Aires"
    )
    assert read_sentence("at 6 utc").timezone == "UTC"
    assert read_sentence("at 6").timezone is None


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.label)
def test_every_preset_is_a_sentence(preset) -> None:
    assert read_sentence(preset.label).cron == preset.cron


MONTHS = st.one_of(st.just("*"), st.sets(st.integers(1, 12), min_size=1).map(sorted))
DAYS = st.one_of(st.just("*"), st.sets(st.integers(1, 28), min_size=1).map(sorted))
WEEKDAYS = st.one_of(st.just("*"), st.sets(st.integers(0, 6), min_size=1).map(sorted))
HOURS = st.one_of(
    st.sampled_from(["*", "*/2", "*/6", "8-18", "6-20/2", "22,23,0,1"]),
    st.sets(st.integers(0, 23), min_size=1).map(sorted),
)
MINUTES = st.one_of(
    st.sampled_from(["*", "*/5", "*/15", "5/10", "*/25", "0-30"]),
    st.sets(st.integers(0, 59), min_size=1, max_size=8).map(sorted),
)


def text(field) -> str:
    return field if isinstance(field, str) else ",".join(map(str, field))


@settings(max_examples=150, deadline=None)
@given(MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS)
def test_what_is_explained_is_read_again_as_the_same(minute, hour, day, month, weekday) -> None:
    cron = parse_cron(" ".join(map(text, (minute, hour, day, month, weekday))))
    again = parse_cron(read_sentence(in_words(cron)).cron)
    assert (again.minutes, again.hours) == (cron.minutes, cron.hours)
    assert (again.months, again.mode) == (cron.months, cron.mode)
    for day_of_year in (date(2028, 1, 1) + timedelta(days=n) for n in range(366)):
        assert again.matches(day_of_year) == cron.matches(day_of_year)


def test_the_window_that_is_told_stays_what_it_is() -> None:
    start, end = datetime(2027, 2, 28, 23, tzinfo=UTC), datetime(2027, 6, 30, 22, tzinfo=UTC)
    told = explain(check_schedule("0 6 * * 1-5", "Europe/Berlin", start, end))
    assert read_sentence(told).cron == "0 6 * * 1-5"
