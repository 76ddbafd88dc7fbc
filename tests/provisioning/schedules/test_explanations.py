"""Schedules in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from provisioning.schedules import PRESETS, check_schedule, explain, notes, to_eventbridge_scheduler

SENTENCES = [
    ("0 6 * * 1-5", "At 06:00 on weekdays"),
    ("0 6 * * *", "At 06:00 every day"),
    ("* * * * *", "Every minute"),
    ("*/15 * * * *", "Every 15 minutes"),
    ("0 0-23 * * *", "Every hour"),
    # steps that are not even around the clock are not called "every n"
    ("*/25 * * * *", "At 0, 25, and 50 minutes past the hour"),
    ("0 */5 * * *", "At 00:00, 05:00, 10:00, 15:00 and 20:00 every day"),
    ("*/30 9-17 * * 1-5", "Every 30 minutes, between 09:00 and 17:59 on weekdays"),
    ("0,45 8,20 * * *", "At 08:00, 08:45, 20:00 and 20:45 every day"),
    (
        "0,15,50 8,20 * * *",
        "At 0, 15, and 50 minutes past the hour, in the hours of 08:00 and 20:00 every day",
    ),
    ("0 8-18 * * 1-5", "Every hour from 08:00 to 18:00 on weekdays"),
    ("15 */2 * * *", "Every 2 hours from 00:15 to 22:15"),
    ("0 6-20/2 * * *", "Every 2 hours from 06:00 to 20:00"),
    ("0 */6 * * *", "Every 6 hours"),
    ("0 8 * * 5-7", "At 08:00 on Fridays, Saturdays and Sundays"),
    ("0 8 * * 0,6", "At 08:00 on weekends"),
    ("0 0 1,15 * *", "At 00:00 on the 1st and 15th of the month"),
    ("0 12 25 12 *", "At 12:00 on the 25th of December"),
    ("0 5 * 6-8 *", "At 05:00 every day from June to August"),
    ("0 5 * 2,9 1", "At 05:00 on Mondays in February and September"),
    ("0 9 13 * 5", "At 09:00 on the 13th of the month or on any Friday"),
    ("0 0 */2 * 1", "At 00:00 on Mondays that fall on odd days of the month"),
    ("0 0 31 2 1", "At 00:00 on Mondays in February"),
    ("0 0 22-23 * *", "At 00:00 on the 22nd and 23rd of the month"),
]


@pytest.mark.parametrize(("cron", "sentence"), SENTENCES)
def test_a_schedule_is_told_truly(cron: str, sentence: str) -> None:
    assert explain(check_schedule(cron, "Europe/Berlin")) == f"{sentence}, Europe/Berlin"


def test_the_window_is_told_in_the_schedules_zone() -> None:
    start, end = datetime(2027, 2, 28, 23, tzinfo=UTC), datetime(2027, 6, 30, 22, tzinfo=UTC)
    sentence = explain(check_schedule("0 6 * * *", "Europe/Berlin", start, end))
    assert sentence.endswith(", Europe/Berlin, from 2027-03-01 00:00 until 2027-07-01 00:00")


def test_surprises_are_noted() -> None:
    def noted(cron: str) -> str:
        return " ".join(notes(check_schedule(cron, "UTC")))

    assert noted("0 0 31 * *") == "Months without the 31st are left out."
    assert noted("0 0 29 2 *") == "Only leap years have a 29th of February."
    assert noted("0 0 30,31 4 *") == "No chosen month has the 31st."
    assert "Write 1-31/2 for OR" in noted("0 0 */2 * 1")
    assert noted("0 6 * * 1-5") == noted("0 0 * 9 *") == ""


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.label)
def test_a_preset_is_exact_around_the_world(preset) -> None:
    for zone in ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"):
        to_eventbridge_scheduler(check_schedule(preset.cron, zone))
