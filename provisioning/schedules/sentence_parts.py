"""What was heard of a sentence so far, before it is known whether cron can say it."""

from __future__ import annotations

from dataclasses import dataclass, field

from provisioning.schedules import sentence_words as words
from provisioning.schedules.notation import listed, ordinal

Time = tuple[int, int]
EVEN_MINUTES = tuple(n for n in range(1, 31) if not 60 % n)
EVEN_HOURS = tuple(n for n in range(1, 13) if not 24 % n)
EVEN_MONTHS = (1, 2, 3, 4, 6)


class Unsaid(Exception):
    """Why a sentence is no schedule; the text is for people."""


@dataclass
class Heard:
    every_minutes: int | None = None
    every_hours: int | None = None
    offset: int = 0  # minutes past the hour at which steps begin
    starting: Time | None = None
    times: set[Time] = field(default_factory=set)
    minutes_past: set[int] = field(default_factory=set)
    windows: list[tuple[Time, Time]] = field(default_factory=list)
    hours_of: set[int] = field(default_factory=set)
    days: set[int] = field(default_factory=set)
    weekdays: set[int] = field(default_factory=set)
    months: set[int] = field(default_factory=set)
    join: str = ""  # of days of month and weekdays: "or", "and"
    wants: str = ""  # what "weekly" and "monthly" leave open

    def every(self, count: int, unit: str) -> None:
        match unit:
            case "minute" | "min":
                self.every_minutes = _even(count, EVEN_MINUTES, "minutes", "hour")
            case "hour" | "hr" | "h":
                self.every_hours = _even(count, EVEN_HOURS, "hours", "day")
            case "day" | "morning" | "evening" | "night" if count > 1:
                raise Unsaid(
                    f"Cron cannot count days across the end of a month, so not every {count} "
                    "days. “On odd days at 06:00” runs on the 1st, 3rd, … of each month."
                )
            case "week" if count > 1:
                raise Unsaid(f"Cron cannot count weeks, so not every {count} weeks.")
            case "week":
                self.wants = "weekday"
            case "quarter":
                self.months |= {1, 4, 7, 10}
                self.wants = "day"
            case "month":
                step = _even(count, EVEN_MONTHS, "months", "year")
                self.months |= set(range(1, 13, step)) if step > 1 else set()
                self.wants = "day"
            case "year":
                self.wants = "date"

    def in_months(self, text: str | None) -> None:
        if text:
            self.months |= words.numbers(
                text, words.MONTH, words.month_of, low=1, high=12, wraps=True
            )

    def nth(self, number: int, name: str, weekdays: frozenset[int]) -> None:
        """Only "the first Monday" can be said, and "the nth Sunday": see `sentence_days`."""
        if number == 0 and name == "day":
            raise Unsaid(
                "Standard cron has no last day of the month. The nearest: “at 06:00 on the 1st”, "
                "or “at 06:00 on the 28th”, which every month has."
            )
        if number == 0 or not 1 <= number <= 5:
            raise Unsaid(f"Standard cron has no last {name.title()} of the month.")
        if number > 1 and weekdays != {0}:
            raise Unsaid(
                f"Standard cron can say the first {name.title()} of a month, but not the "
                f"{ordinal(number)}."
            )
        self.weekdays |= weekdays
        self.days |= set(range(7 * number - 6, min(7 * number, 31) + 1))
        self.join = "and"


def _even(count: int, even: tuple[int, ...], units: str, whole: str) -> int:
    if count in even:
        return count
    ways = listed(str(n) for n in even if n > 1)
    raise Unsaid(
        f"Every {count} {units} does not go round evenly: cron begins again with each {whole}. "
        f"What goes is {ways}; or name the times."
    )
