"""Recurrences of Azure Data Factory by Azure's own rules and examples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from provisioning.errors import InvalidInput
from provisioning.schedules.recurrence import parse_recurrence
from provisioning.schedules.recurrence_text import described
from provisioning.schedules.walls import Reading

START = "2027-01-01T00:00:00Z"


def recurrence(
    frequency: str, interval: int = 1, start: str = START, **more: Any
) -> dict[str, Any]:
    zone = more.pop("zone", "UTC")
    end = {"endTime": more.pop("end")} if "end" in more else {}
    schedule = {"schedule": more} if more else {}
    return {
        "frequency": frequency, "interval": interval, "startTime": start, "timeZone": zone,
        **end, **schedule,
    }  # fmt: skip


def after(found: dict[str, Any], when: str, count: int = 3) -> list[str]:
    instants = parse_recurrence(found).firings(datetime.fromisoformat(when))
    return [f"{each:%m-%d %H:%M}" for each in islice(instants, count)]


# From the examples of Azure's own page on schedule triggers.
EXAMPLES = [
    (recurrence("Day", hours=[5], minutes=[0]), ["01-01 05:00", "01-02 05:00", "01-03 05:00"]),
    (recurrence("Day", hours=[17], minutes=[15, 45]),
     ["01-01 17:15", "01-01 17:45", "01-02 17:15"]),
    (recurrence("Week", weekDays=["Monday", "Wednesday"], hours=[5], minutes=[0]),
     ["01-04 05:00", "01-06 05:00", "01-11 05:00"]),
    (recurrence("Month", monthDays=[-1], hours=[5], minutes=[0]),
     ["01-31 05:00", "02-28 05:00", "03-31 05:00"]),
    (recurrence("Month", monthDays=[28, -1], hours=[5], minutes=[0]),
     ["01-28 05:00", "01-31 05:00", "02-28 05:00"]),
    (recurrence("Month", monthlyOccurrences=[{"day": "Friday", "occurrence": -1}],
                hours=[5], minutes=[0]), ["01-29 05:00", "02-26 05:00", "03-26 05:00"]),
    (recurrence("Month", monthlyOccurrences=[{"day": "Monday", "occurrence": 5}],
                hours=[5], minutes=[0]), ["03-29 05:00", "05-31 05:00", "08-30 05:00"]),
    (recurrence("Day", 10), ["01-01 00:00", "01-11 00:00", "01-21 00:00"]),
    (recurrence("Minute", 20), ["01-01 00:00", "01-01 00:20", "01-01 00:40"]),
    (recurrence("Hour", 5), ["01-01 00:00", "01-01 05:00", "01-01 10:00"]),
    (recurrence("Week"), ["01-01 00:00", "01-08 00:00", "01-15 00:00"]),
    (recurrence("Month"), ["01-01 00:00", "02-01 00:00", "03-01 00:00"]),
    (recurrence("Month", 3, "2026-10-01T00:00:00Z", monthDays=[1], hours=[6], minutes=[0]),
     ["01-01 06:00", "04-01 06:00", "07-01 06:00"]),
]  # fmt: skip


@pytest.mark.parametrize(("found", "wanted"), EXAMPLES)
def test_it_fires_as_azure_says(found: dict[str, Any], wanted: list[str]) -> None:
    assert after(found, "2026-12-31T23:59:00Z") == wanted


def test_without_a_schedule_it_fires_at_its_start() -> None:
    assert after(recurrence("Day", start="2027-01-01T07:30:00Z"), "2026-12-01T00:00:00Z", 2) == [
        "01-01 07:30",
        "01-02 07:30",
    ]


def test_with_a_schedule_a_run_within_a_minute_of_the_start_waits() -> None:
    late = recurrence("Day", start="2027-01-01T05:00:00Z", hours=[5], minutes=[0])
    assert after(late, "2026-12-01T00:00:00Z", 1) == ["01-02 05:00"]
    early = recurrence("Day", start="2027-01-01T04:59:00Z", hours=[5], minutes=[0])
    assert after(early, "2026-12-01T00:00:00Z", 1) == ["01-01 05:00"]


def test_what_is_left_out_is_taken_from_the_start() -> None:
    found = recurrence("Day", start="2026-12-31T07:30:00Z", hours=[9])
    assert after(found, "2027-01-01T00:00:00Z", 1) == ["01-01 09:30"]


def test_it_ends() -> None:
    found = recurrence("Day", hours=[5], minutes=[0], end="2027-01-02T05:01:00Z")
    assert after(found, "2026-12-31T00:00:00Z", 9) == ["01-01 05:00", "01-02 05:00"]


def test_days_keep_the_wall_clock_and_hours_do_not() -> None:
    zone, start = "W. Europe Standard Time", "2027-03-01T00:00:00"
    daily = recurrence("Day", start=start, zone=zone, hours=[9], minutes=[0])
    assert after(daily, "2027-03-26T12:00:00Z") == ["03-27 08:00", "03-28 07:00", "03-29 07:00"]
    hourly = recurrence("Hour", 12, start=start, zone=zone)
    assert after(hourly, "2027-03-27T20:00:00Z") == ["03-27 23:00", "03-28 11:00", "03-28 23:00"]


def test_a_time_that_ends_in_z_is_utc_whatever_the_zone() -> None:
    found = recurrence("Day", zone="W. Europe Standard Time", hours=[9], minutes=[0])
    assert after(found, "2027-01-01T00:00:00Z", 1) == ["01-01 09:00"]


def test_what_azure_leaves_open_has_two_readings() -> None:
    zone, start = "W. Europe Standard Time", "2027-03-01T00:00:00"
    found = parse_recurrence(recurrence("Day", start=start, zone=zone, hours=[2], minutes=[30]))

    def on(month: int, day: int, reading: Reading) -> list[str]:
        midnight = datetime(2027, month, day, tzinfo=UTC)
        every = found.firings(midnight, reading=reading)
        return [f"{at:%H:%M}" for at in islice(every, 3) if at < midnight + timedelta(hours=12)]

    assert (on(3, 28, Reading.FEWEST), on(3, 28, Reading.MOST)) == ([], ["01:00"])
    assert (on(10, 31, Reading.FEWEST), on(10, 31, Reading.MOST)) == (["00:30"], ["00:30", "01:30"])


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (recurrence("Year"), "The frequency 'Year' is none of Minute, Hour, Day, Week, Month."),
        (recurrence("Minute", minutes=[0]), "The frequency 'Minute' takes no minutes."),
        (recurrence("Month", weekDays=["Monday"]), "The frequency 'Month' takes no weekDays."),
        (recurrence("Week", monthDays=[1]), "The frequency 'Week' takes no monthDays."),
        (recurrence("Day", 0), "The interval has to be a number from 1 to 1000."),
        (recurrence("Day", hours=[24]), "hours are numbers from 0 to 23."),
        (recurrence("Day", zone="Europe/Berlin"), "Windows has no time zone 'Europe/Berlin'."),
        (recurrence("Day", start="soon"), "startTime has to be a date and time, not 'soon'."),
        (recurrence("Week", weekDays=["MON"]),
         "'MON' is no weekday; Azure writes Monday to Sunday."),
    ],
)  # fmt: skip
def test_what_azure_refuses_is_refused(found: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_recurrence(found)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (recurrence("Day", hours=[3], minutes=[0]), "every day at 03:00, UTC"),
        (recurrence("Minute", 15), "every 15 minutes from 2027-01-01 00:00, UTC"),
        (recurrence("Week", weekDays=["Friday", "Monday"], hours=[6], minutes=[0, 30]),
         "every week on Monday and Friday at 06:00 and 06:30, UTC"),
        (recurrence("Month", 3, monthDays=[1, -1], hours=[6], minutes=[0]),
         "every 3 months from 2027-01-01 on the 1st and last day at 06:00, UTC"),
        (recurrence("Month", monthlyOccurrences=[{"day": "Friday", "occurrence": -1}],
                    hours=[5], minutes=[0]), "every month on the last Friday at 05:00, UTC"),
        (recurrence("Day", hours=list(range(24)), minutes=[0]),
         "every day at minute 0 of every hour, UTC"),
        (recurrence("Day", hours=[3], minutes=[0], end="2027-02-01T03:01:00Z"),
         "every day at 03:00 until 2027-02-01 03:01, UTC"),
    ],
)  # fmt: skip
def test_it_is_said_in_words(found: dict[str, Any], words: str) -> None:
    assert described(parse_recurrence(found)) == words
