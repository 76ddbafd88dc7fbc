"""Cron as people type it: what is accepted, and what mistakes are told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.errors import InvalidInput
from provisioning.schedules import check_schedule
from provisioning.schedules.parsing import parse_cron, suggest

MISTAKES = [
    ("", "A schedule needs a cron expression, for example '0 6 * * 1-5'."),
    ("* * * *", "'* * * *' has 4 fields; a standard cron expression has exactly 5."),
    ("0 0 6 * * *", "'0 0 6 * * *' has 6 fields; a standard cron expression has exactly 5."),
    (
        "@daily",
        "'@daily' has 1 field; a standard cron expression has exactly 5. Write '0 0 * * *'.",
    ),
    ("60 * * * *", "'60 * * * *' has a value that is out of range: minute takes 0-59."),
    ("0 24 * * *", "'0 24 * * *' has a value that is out of range: hour takes 0-23."),
    ("0 0 0 * *", "'0 0 0 * *' has a value that is out of range: day of month takes 1-31."),
    ("0 0 L * *", "'0 0 L * *' uses L, W, #, ? or H, which standard cron does not have."),
    ("0 0 15W * *", "'0 0 15W * *' uses L, W, #, ? or H, which standard cron does not have."),
    ("0 0 ? * 1", "'0 0 ? * 1' uses L, W, #, ? or H, which standard cron does not have."),
    ("0 0 * * 5L", "'0 0 * * 5L' uses L, W, #, ? or H, which standard cron does not have."),
    ("0 0 * * MON#2", "'0 0 * * MON#2' uses L, W, #, ? or H, which standard cron does not have."),
    ("H 0 * * *", "'H 0 * * *' uses L, W, #, ? or H, which standard cron does not have."),
    (
        "0 22-2 * * *",
        "'0 22-2 * * *' has a range that runs backwards; write two ranges. "
        "Write '0 0-2,22,23 * * *'.",
    ),
    (
        "0-0 0 * * FRI-MON",
        "'0-0 0 * * FRI-MON' has a range that runs backwards; write two ranges. "
        "Write '0-0 0 * * 0,1,5,6'.",
    ),
    ("*/0 * * * *", "'*/0 * * * *' has the step '/0' in minute; a step is a number from 1 on."),
    (
        "five * * * *",
        "'five * * * *' has 'five', which cannot be read: minute takes 0-59.",
    ),
    (
        "0 0 * * sunday",
        "'0 0 * * sunday' has 'sunday', which cannot be read: "
        "day of week takes 0-7 and SUN-SAT.",
    ),
    ("0 0 1,,2 * *", "'0 0 1,,2 * *' has '', which cannot be read: day of month takes 1-31."),
    ("٣ * * * *", "'٣ * * * *' has '٣', which cannot be read: minute takes 0-59."),
    ("0 0 30 2 *", "'0 0 30 2 *' never fires: no such date exists."),
    ("0 0 31 2,4,6,9,11 */2", "'0 0 31 2,4,6,9,11 */2' never fires: no such date exists."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), MISTAKES)
def test_a_mistake_gets_its_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_cron(text)
    assert [problem.message for problem in caught.value.problems] == [sentence]
    assert {problem.field for problem in caught.value.problems} == {"cron"}


def test_every_wrong_field_is_told() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_cron("60 24 * * *")
    assert len(caught.value.problems) == 2


ALIKE = [
    ("0 8 * * 7", "0 8 * * 0"),
    ("0 8 * * 5-7", "0 8 * * 0,5,6"),
    ("0 8 * * */7", "0 8 * * 0"),
    ("0 8 * JAN-mar sun,WED", "0 8 * 1-3 0,3"),
    ("5/20 * * * *", "5,25,45 * * * *"),
    ("  0   6 *  * 1-5 ", "00 06 * * MON-FRI"),
    ("*/60 * * * *", "*/61 * * * *"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_two_spellings_are_one_set(one: str, other: str) -> None:
    a, b = parse_cron(one), parse_cron(other)
    assert (a.minutes, a.hours, a.days, a.months, a.weekdays) == (
        b.minutes, b.hours, b.days, b.months, b.weekdays,
    )  # fmt: skip


def test_a_day_no_month_has_does_not_matter_beside_a_weekday() -> None:
    assert parse_cron("0 0 31 2 1").possible_days == frozenset()


@given(st.text(alphabet="0123456789*/,-? LW#HMONfri@", max_size=30))
@settings(max_examples=150)
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        assert parse_cron(text).times
    except InvalidInput as error:
        assert all(p.field == "cron" and p.message.endswith((".", "'")) for p in error.problems)


def test_a_suggestion_keeps_the_fields_that_are_right() -> None:
    assert suggest("0-0 22-2 * * *") == "0-0 0-2,22,23 * * *"
    assert suggest("@hourly") == "0 * * * *"
    assert suggest("0 0 ? * MON") == "0 0 * * MON"


@pytest.mark.parametrize(
    "text", ["0 0 L * *", "0 0 15W * *", "0 0 1,15W * *", "R 0 * * *", "50-10/15 * * * *"]
)
def test_what_standard_cron_cannot_say_gets_no_suggestion(text: str) -> None:
    assert suggest(text) is None


def test_all_problems_of_a_schedule_come_together() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_schedule("60 * * * *", "europe/berlin")
    assert [(p.field, p.code) for p in caught.value.problems] == [
        ("cron", "invalid-cron"),
        ("timezone", "invalid-tz"),
    ]
