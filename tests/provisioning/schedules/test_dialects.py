"""Any schedule in any dialect: equal to cron instant by instant, or refused by a true difference.

The judge is a count minute by minute that knows nothing of the product. The windows lie at clock
changes, leap days and the ends of months and years more often than not.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings

from provisioning.errors import InvalidInput
from provisioning.schedules import Dialect, Schedule, Status, check_schedule, translate
from provisioning.schedules.native import Translation
from provisioning.schedules.proof import Difference, Kind
from provisioning.schedules.zones import clock_changes
from tests.provisioning.schedules import reference
from tests.provisioning.schedules.evaluated import READINGS, fired

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
every_dialect = pytest.mark.parametrize("dialect", [*Dialect])


def fires(schedule: Schedule, at: datetime) -> bool:
    wanted = reference.brute_force(schedule.cron.text, schedule.timezone, at, at + MINUTE)
    return wanted == [at]


def is_true(schedule: Schedule, difference: Difference) -> bool:
    """Cron fires at what is missing or there twice, and not at what is too much."""
    return fires(schedule, difference.at) == (difference.kind is not Kind.EXTRA)


def at_a_change(schedule: Schedule, at: datetime) -> bool:
    return bool(clock_changes(schedule.timezone, at - DAY, at + DAY))


def check(
    schedule: Schedule, dialect: Dialect, found: Translation, since: datetime, until: datetime
) -> None:
    assert found.natives
    wanted = reference.brute_force(schedule.cron.text, schedule.timezone, since, until)
    for reading in READINGS[dialect]:
        came = fired(found.natives, dialect, since, until, reading)
        if found.status is Status.EXACT:
            assert came == wanted
        elif found.status is Status.EXCEPT_DST:
            assert all(at_a_change(schedule, at) for at in set(came) ^ set(wanted))
            assert all(at_a_change(schedule, at) for at, later in pairwise(came) if at == later)
        else:
            wrong = set(came) ^ set(wanted)
            assert all(at_a_change(schedule, at) for at in wrong)


@every_dialect
@given(cron=reference.expressions, zone=reference.zones, since=reference.starts)
@settings(max_examples=25, deadline=None)
def test_it_is_equal_or_refused_by_a_true_difference(
    dialect: Dialect, cron: str, zone: str, since: datetime
) -> None:
    try:
        schedule = check_schedule(cron, zone)
    except InvalidInput:
        return
    found = translate(schedule, dialect, NOW)
    until = since + 2 * DAY
    if found.status is Status.EXACT:
        assert found.difference is None
    elif found.difference and found.status is not Status.EXCEPT_DST:
        assert is_true(schedule, found.difference)
    for each in filter(None, (found, found.split)):
        if each.natives:
            check(schedule, dialect, each, since, until)
    if found.split and found.split.natives:
        assert found.split.status in (Status.EXACT, Status.EXCEPT_DST)
        assert len(found.split.natives.expressions) <= 20


@every_dialect
@given(cron=reference.expressions, zone=reference.zones, start=reference.starts)
@settings(max_examples=15, deadline=None)
def test_a_window_is_kept_or_refused(
    dialect: Dialect, cron: str, zone: str, start: datetime
) -> None:
    end = start + 3 * DAY
    try:
        schedule = check_schedule(cron, zone, start, end)
    except InvalidInput:
        return
    found = translate(schedule, dialect, start - DAY)
    if found.natives is None or found.status is not Status.EXACT:
        return
    wanted = list(schedule.firings(start - 2 * DAY, end + 2 * DAY))
    for reading in READINGS[dialect]:
        assert fired(found.natives, dialect, start - DAY, end + DAY, reading) == wanted


@pytest.mark.parametrize(
    ("cron", "zone", "natives"),
    [
        # the hours of one minute that UTC has on the day before, and those of the same day
        (
            "0,50 5,6 * * 1-5", "Asia/Kathmandu",
            ["cron(15 23 ? * SUN-THU *)", "cron(5 0,1 ? * MON-FRI *)", "cron(15 0 ? * MON-FRI *)"],
        ),
        ("30 1 * * *", "Asia/Kolkata", ["cron(0 20 * * ? *)"]),
        ("0 22-23 * * 6", "America/Caracas", ["cron(0 2,3 ? * SUN *)"]),
        ("0 9 1-7 * 1", "Asia/Tokyo", [
            "cron(0 0 1-7 * ? *)", *(f"cron(0 0 ? * MON#{n} *)" for n in (2, 3, 4, 5)),
        ]),
    ],
)  # fmt: skip
def test_rules_follow_a_zone_that_keeps_its_offset(
    cron: str, zone: str, natives: list[str]
) -> None:
    found = translate(check_schedule(cron, zone), Dialect.EVENTBRIDGE_RULE)
    assert (found.status, found.natives and list(found.natives.expressions)) == (
        Status.EXACT, natives,
    )  # fmt: skip
    assert found.note.startswith(f"Holds while {zone} keeps UTC")


@pytest.mark.parametrize(
    ("cron", "zone", "code", "first"),
    [
        # the first run after the clock changes, at the offset of before
        ("0 9 * * *", "Europe/Berlin", "not-utc", "2027-03-28T07:00Z"),
        ("0 9 * * 1", "America/New_York", "not-utc", "2027-03-15T13:00Z"),
        # the 1st in Tokyo is the 31st, or the 30th, in UTC
        ("0 1 1 * *", "Asia/Tokyo", "date-carry", "2027-01-01T16:00Z"),
    ],
)
def test_what_rules_cannot_follow_is_refused_by_the_first_difference(
    cron: str, zone: str, code: str, first: str
) -> None:
    schedule = check_schedule(cron, zone)
    found = translate(schedule, Dialect.EVENTBRIDGE_RULE)
    assert (found.status, found.code) == (Status.REFUSED, code)
    assert found.difference and found.difference.at == datetime.fromisoformat(first)
    assert is_true(schedule, found.difference)
