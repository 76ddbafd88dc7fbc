"""A schedule in words, from its sets: what it does, not how it was typed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cron_descriptor import ExpressionDescriptor, Options

from provisioning.schedules.cron import LONGEST_MONTH, Cron, DayMode, star_step_note
from provisioning.schedules.notation import compact, listed, ordinal, runs
from provisioning.schedules.schedule import Schedule

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
FEW_TIMES = 4
# fmt: off
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)
# fmt: on


def explain(schedule: Schedule) -> str:
    """At 06:00 on weekdays, Europe/Berlin"""
    return f"{in_words(schedule.cron)}, {schedule.timezone}{_window(schedule)}"


def in_words(cron: Cron) -> str:
    """The same without zone and window; `read_sentence` reads it again."""
    clock, days = _clock(cron), _days(cron)
    if not days and clock.startswith("At") and len(cron.hours) < 24:
        days = "every day"
    return f"{clock} {days}".rstrip()


def notes(schedule: Schedule) -> tuple[str, ...]:
    """What surprises people in this expression; shown beside it, refuses nothing."""
    cron = schedule.cron
    found = [star_step_note(cron).strip()]
    if cron.mode in (DayMode.DAYS, DayMode.EITHER, DayMode.BOTH):
        found += [_absent_note(cron), _short_months_note(cron)]
    return tuple(filter(None, found))


def _absent_note(cron: Cron) -> str:
    absent = cron.days - cron.possible_days
    return f"No chosen month has the {_ordinals(absent)}." if absent else ""


def _short_months_note(cron: Cron) -> str:
    """`0 0 31 * *` is not "the last day of each month"."""
    shortest = min(28 if month == 2 else LONGEST_MONTH[month - 1] for month in cron.months)
    late = frozenset(day for day in cron.possible_days if day > shortest)
    if not late or len(cron.days) > 15:
        return ""
    if cron.months == {2}:
        return "Only leap years have a 29th of February."
    return f"Months without the {_ordinals(late)} are left out."


def _clock(cron: Cron) -> str:
    """The time of day; by cron-descriptor where it is given shapes that it says truly."""
    if plain := _few_times(cron) or _hourly(cron):
        return plain
    minute, hour = _shape(cron.minutes, 60), _shape(cron.hours, 24)
    if len(cron.minutes) > 1 and "," in hour:
        hours = listed(f"{number:02d}:00" for number in sorted(cron.hours))
        return f"{_described(minute, '*')}, in the hours of {hours}"
    return _described(minute, hour)


def _few_times(cron: Cron) -> str:
    """At 09:00, 09:30, 17:00 and 17:30"""
    if len(cron.hours) > 2 or not 1 < len(cron.times) <= FEW_TIMES:
        return ""
    return f"At {listed(f'{at:%H:%M}' for at in cron.times)}"


def _hourly(cron: Cron) -> str:
    """Every hour from 08:00 to 18:00; other hours one by one."""
    hours = sorted(cron.hours)
    if len(cron.minutes) > 1 or not 2 < len(hours) < 24:
        return ""
    first, last, step = cron.times[0], cron.times[-1], hours[1] - hours[0]
    if hours != list(range(hours[0], hours[-1] + 1, step)) or 24 % step:
        return f"At {listed(f'{at:%H:%M}' for at in cron.times)}"
    every = "Every hour" if step == 1 else f"Every {step} hours"
    if hours == list(range(0, 24, step)) and cron.minutes == {0}:
        return every
    return f"{every} from {first:%H:%M} to {last:%H:%M}"


def _described(minute: str, hour: str) -> str:
    options = Options()
    options.use_24hour_time_format = True
    options.locale_code = "en_US"
    return str(ExpressionDescriptor(f"{minute} {hour} * * *", options).get_description())


def _shape(numbers: frozenset[int], size: int) -> str:
    """`*/n` only for steps that are even around the clock: "every 7 minutes" would not be."""
    if len(numbers) == size:
        return "*"
    ordered = sorted(numbers)
    step, few = size // len(ordered), 2 if size == 24 else 1  # two hours are better listed
    if len(ordered) > few and ordered == list(range(ordered[0], size, step)) and not size % step:
        return f"*/{step}" if ordered[0] == 0 else f"{ordered[0]}/{step}"
    return compact(numbers)


def _days(cron: Cron) -> str:
    """ "on weekdays", "on the 13th of the month or on any Friday", or "" for all."""
    in_months = _in_months(cron)
    match cron.mode:
        case DayMode.ALL:
            return f"every day{in_months}" if in_months else ""
        case DayMode.DAYS:
            return f"on {_of_month(cron)}"
        case DayMode.WEEKDAYS:
            return f"on {_weekdays(cron.weekdays)}{in_months}"
        case DayMode.EITHER:
            return f"on {_of_month(cron)} or on {_weekdays(cron.weekdays, one='any {}')}{in_months}"
        case DayMode.BOTH:
            return f"on {_weekdays(cron.weekdays)} that fall on {_of_month(cron)}"


def _in_months(cron: Cron) -> str:
    spans = _spans(cron.months)
    if spans == [(1, 12)]:
        return ""
    return f" {'from' if len(spans) == 1 and len(cron.months) > 1 else 'in'} {_months(cron.months)}"


def _of_month(cron: Cron) -> str:
    months = "the month" if len(cron.months) == 12 else _months(cron.months)
    return f"{_days_of_month(cron)} of {months}"


def _days_of_month(cron: Cron) -> str:
    days = cron.possible_days
    if days == frozenset(range(1, cron.longest_month + 1, 2)):
        return "odd days"
    if days == frozenset(range(2, cron.longest_month + 1, 2)):
        return "even days"
    return f"the {_ordinals(days)}"


def _ordinals(numbers: frozenset[int]) -> str:
    return listed(
        ordinal(first) if first == last else f"{ordinal(first)} to {ordinal(last)}"
        for first, last in _spans(numbers)
    )


def _weekdays(weekdays: frozenset[int], one: str = "{}s") -> str:
    if weekdays == {1, 2, 3, 4, 5}:
        return "weekdays" if one == "{}s" else "any weekday"
    if weekdays == {0, 6}:
        return "weekends" if one == "{}s" else "any day of a weekend"
    monday_first = sorted(weekdays, key=lambda day: (day - 1) % 7)
    return listed(one.format(WEEKDAYS[day]) for day in monday_first)


def _months(months: frozenset[int]) -> str:
    return listed(
        MONTHS[first - 1] if first == last else f"{MONTHS[first - 1]} to {MONTHS[last - 1]}"
        for first, last in _spans(months)
    )


def _spans(numbers: frozenset[int]) -> list[tuple[int, int]]:
    """Runs of three and more stay together; two in a row are said one by one."""
    spans: list[tuple[int, int]] = []
    for first, last in runs(numbers):
        spans += [(first, last)] if last - first != 1 else [(first, first), (last, last)]
    return spans


def _window(schedule: Schedule) -> str:
    parts: Sequence[tuple[str, datetime | None]] = (
        ("from", schedule.start),
        ("until", schedule.end),
    )
    said = [
        f" {word} {instant.astimezone(schedule.zone):%Y-%m-%d %H:%M}"
        for word, instant in parts
        if instant
    ]
    return f",{''.join(said)}" if said else ""
