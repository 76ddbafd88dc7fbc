"""The days of a sentence, as cron's fields for day of month, month and day of week."""

from __future__ import annotations

from provisioning.schedules.cron import LONGEST_MONTH
from provisioning.schedules.notation import compact
from provisioning.schedules.sentence_parts import Heard, Unsaid
from provisioning.schedules.sentence_words import field

ODD = set(range(1, 32, 2))
WANTED = {
    "weekday": "Say on which weekday, such as “every Monday at 06:00”.",
    "day": "Say on which day of the month, such as “at 06:00 on the 1st”.",
    "date": "Say on which date, such as “at 06:00 on 1 January”.",
}


def days_of(heard: Heard) -> tuple[str, str, str]:
    """(day of month, month, day of week), or Unsaid."""
    months = heard.months or set(range(1, 13))
    month = field(months, 1, 12, steps=True)
    days, weekdays = heard.days, heard.weekdays
    if days and all(day > max(LONGEST_MONTH[m - 1] for m in months) for day in days):
        raise Unsaid("There is no such date.")
    if days and weekdays:
        day, weekday = _both(heard)
        return day, month, weekday
    if heard.wants and not (days or weekdays) and not (heard.wants == "date" and heard.months):
        raise Unsaid(WANTED[heard.wants])
    return _days(days), month, field(weekdays, 0, 6, steps=False) if weekdays else "*"


def _days(days: set[int]) -> str:
    return field(days, 1, 31, steps=False) if days else "*"


def _both(heard: Heard) -> tuple[str, str]:
    """Cron joins the two by OR, unless one of them starts with a star."""
    days, weekdays = compact(heard.days), compact(heard.weekdays)
    if heard.join == "or":
        return days, weekdays
    if heard.join != "and":
        raise Unsaid(
            "Say how the days of the month and the weekdays are joined: “on the 13th or on any "
            "Friday” runs on either, “on Fridays that fall on the 1st to 7th” on both at once."
        )
    if heard.days == ODD:
        return "*/2", weekdays
    if 1 in heard.days:  # a step beyond the month leaves the 1st
        return ",".join(filter(None, ("*/31", compact(heard.days - {1})))), weekdays
    if 0 in heard.weekdays:  # likewise Sunday
        return days, ",".join(filter(None, ("*/7", compact(heard.weekdays - {0}))))
    raise Unsaid("Standard cron cannot ask for such days of the month and such weekdays at once.")
