"""The expressions of Amazon EventBridge: cron(…), rate(…) and at(…), and when they fire.

Written from AWS's own rules, not from our translation, so that it can prove or refute it:
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from provisioning.errors import InvalidInput
from provisioning.schedules.notation import MONTHS, WEEKDAYS
from provisioning.schedules.walls import Kind, resolve, times_of, walk
from provisioning.schedules.zones import DAY, check_zone

LONGEST = 256
FIRST_YEAR, LAST_YEAR = 1970, 2199

WEEKDAY_NUMBERS = {name: number for number, name in enumerate(WEEKDAYS, 1)}
UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}

CRON = re.compile(r"cron\(([^()]*)\)")
RATE = re.compile(r"rate\(([1-9][0-9]{0,5}) (minute|hour|day)(s?)\)")
AT = re.compile(r"at\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\)")


@dataclass(frozen=True)
class CronExpression:
    """The six fields of cron(…) as sets. Weekdays as AWS counts: 1-7 = SUN-SAT."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] | None  # None: `?`
    months: frozenset[int]
    weekdays: frozenset[int] | None  # None: `?`
    years: frozenset[int]
    from_end: str = ""  # "L", "LW" or "15W" in day of month; "6L" in day of week
    nth: tuple[int, int] | None = None  # (weekday, which one of the month): `2#3`

    @property
    def times(self) -> tuple[time, ...]:
        return times_of(self.hours, self.minutes)

    def matches(self, day: date) -> bool:
        if day.month not in self.months or day.year not in self.years:
            return False
        weekday = day.isoweekday() % 7 + 1
        if self.from_end:
            return day == _counted_from_end(self.from_end, day.year, day.month)
        if self.nth:
            return self.nth == (weekday, (day.day + 6) // 7)
        return day.day in self.days if self.days is not None else weekday in (self.weekdays or ())

    def dates(self, first: date) -> Iterator[date]:
        for year in sorted(year for year in self.years if year >= first.year):
            for month in sorted(self.months):
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if day >= first and self.matches(day):
                        yield day


def firings(
    expression: str,
    timezone: str,
    *,
    after: datetime,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Iterator[datetime]:
    """The instants after `after` at which EventBridge Scheduler invokes the target.

    `start` and `end` are the schedule's StartDate and EndDate, both inclusive. A rate counts
    from `start`; without one AWS counts from the schedule's creation: give that as `start`.
    """
    for instant in _from(expression, timezone, after, start):
        if end is not None and instant > end and not expression.startswith("at("):
            return
        if instant > after:
            yield instant


def parse_expression(expression: str) -> CronExpression:
    """cron(…) with five (no year) or six fields, or InvalidInput at "expression"."""
    match = CRON.fullmatch(expression)
    fields = match.group(1).split() if match else []
    if len(fields) == 5:
        fields.append("*")
    if len(fields) != 6 or len(expression) > LONGEST:
        raise _invalid(expression)
    minute, hour, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise _invalid(expression)  # AWS wants exactly one of them open
    try:
        return CronExpression(
            minutes=_field(minute, 0, 59),
            hours=_field(hour, 0, 23),
            days=None if _special_day(day) or day == "?" else _field(day, 1, 31),
            months=_field(month, 1, 12, MONTHS),
            weekdays=_weekdays(weekday),
            years=_field(year, FIRST_YEAR, LAST_YEAR),
            from_end=_special_day(day) or _last_weekday(weekday),
            nth=_nth(weekday),
        )
    except ValueError as error:
        raise _invalid(expression) from error


def _from(
    expression: str, timezone: str, after: datetime, start: datetime | None
) -> Iterator[datetime]:
    zone = check_zone(timezone)
    if match := AT.fullmatch(expression):
        wall = datetime.fromisoformat(match.group(1))
        yield from _fires(*resolve(wall, zone))  # start and end do not count here
    elif match := RATE.fullmatch(expression):
        yield from _rate(match, expression, after, start)
    else:
        cron = parse_expression(expression)
        lower = max(after, start) if start else after
        dates = cron.dates((lower.astimezone(zone) - DAY).date())
        for instant in walk(dates, cron.times, zone, _fires):
            if start is None or instant >= start:
                yield instant


def _fires(kind: Kind, instants: tuple[datetime, ...]) -> tuple[datetime, ...]:
    """AWS: a time that does not exist is skipped; one that happens twice fires once, first."""
    return () if kind is Kind.SKIPPED else instants[:1]


def _rate(
    match: re.Match[str], expression: str, after: datetime, start: datetime | None
) -> Iterator[datetime]:
    count, unit, plural = int(match.group(1)), match.group(2), match.group(3)
    if (count == 1) == bool(plural):
        raise _invalid(expression)  # "rate(1 hours)" and "rate(5 hour)" are errors
    if start is None:
        raise InvalidInput.at("start", "A rate counts from a start; none is given.")
    step = count * UNITS[unit]
    instant = start.astimezone(UTC) + max(0, (after - start) // step) * step
    while True:
        yield instant
        instant += step


def _field(
    text: str, low: int, high: int, names: Mapping[str, int] | None = None
) -> frozenset[int]:
    """`*`, lists, ranges, `start/step`. ValueError for anything else."""
    values: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        a = low if span == "*" else _value(first, names)
        b = high if span == "*" or (slash and not dash) else _value(last or first, names)
        if not low <= a <= b <= high or (slash and int(step) < 1):
            raise ValueError(part)
        values.update(range(a, b + 1, int(step) if slash else 1))
    return frozenset(values)


def _value(text: str, names: Mapping[str, int] | None) -> int:
    return names[text.upper()] if names and text.upper() in names else int(text)


def _weekdays(text: str) -> frozenset[int] | None:
    if "/" in text:
        raise ValueError(text)  # the one field where AWS has no steps
    if text == "L":
        return frozenset({7})
    if text == "?" or "#" in text or "L" in text:
        return None
    return _field(text, 1, 7, WEEKDAY_NUMBERS)


def _nth(text: str) -> tuple[int, int] | None:
    weekday, sharp, which = text.partition("#")
    if not sharp:
        return None
    (number,) = _field(weekday, 1, 7, WEEKDAY_NUMBERS)
    if which not in ("1", "2", "3", "4", "5"):
        raise ValueError(text)
    return number, int(which)


def _special_day(text: str) -> str:
    if text in ("L", "LW"):
        return text
    if text.endswith("W"):
        return f"{next(iter(_field(text[:-1], 1, 31)))}W"
    return ""


def _last_weekday(text: str) -> str:
    """`6L`, `FRIL`: the last of this weekday in the month."""
    if len(text) < 2 or not text.endswith("L"):
        return ""
    return f"{next(iter(_field(text[:-1], 1, 7, WEEKDAY_NUMBERS)))}L"


def _counted_from_end(rule: str, year: int, month: int) -> date | None:
    last = date(year, month, calendar.monthrange(year, month)[1])
    if rule == "L":
        return last
    if rule == "LW":
        return _nearest_workday(last, last)
    number = int(rule[:-1])
    if rule.endswith("W"):
        return _nearest_workday(last.replace(day=number), last) if number <= last.day else None
    return last - timedelta(days=(last.isoweekday() % 7 + 1 - number) % 7)


def _nearest_workday(day: date, last: date) -> date:
    """Monday to Friday, in the same month."""
    if day.isoweekday() == 6:
        return day - DAY if day.day > 1 else day + 2 * DAY
    if day.isoweekday() == 7:
        return day + DAY if day < last else day - 2 * DAY
    return day


def _invalid(expression: str) -> InvalidInput:
    return InvalidInput.at("expression", f"EventBridge does not accept '{expression}'.")
