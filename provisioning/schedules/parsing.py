"""Reading a five-field cron expression; every mistake gets a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from croniter import CroniterError, croniter

from provisioning.errors import InvalidInput, Problem
from provisioning.schedules.cron import Cron
from provisioning.schedules.notation import MONTHS, WEEKDAYS, compact

LONGEST_TEXT = 256

NUMBER = re.compile(r"[0-9]{1,4}")
# What Quartz, Jenkins and the clouds have and standard cron has not: L, W, #, ? and H.
FOREIGN = re.compile(r"[?#]|(?<![A-Z])(L|W|LW|H)(?![A-Z])|[0-9](L|W)(?![A-Z])|[A-Z]{3}L", re.I)


@dataclass(frozen=True)
class Field:
    name: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of month", 1, 31),
    Field("month", 1, 12, MONTHS),
    Field("day of week", 0, 7, {name: number for number, name in enumerate(WEEKDAYS)}),
)


class Unreadable(Exception):
    """One part of a field that is not standard cron."""


def parse_cron(text: str) -> Cron:
    """The expression as sets, or InvalidInput at "cron" with all that is wrong with it."""
    parts = text.split()
    if len(text) > LONGEST_TEXT:
        raise InvalidInput.at("cron", "This is too long for a cron expression.", "invalid-cron")
    text = " ".join(parts)
    if len(parts) != len(FIELDS):
        raise InvalidInput.at("cron", _wrong_count(text, len(parts)), "invalid-cron")
    read = [_field(number, part) for number, part in enumerate(parts)]
    mistakes = [mistake for mistake in read if isinstance(mistake, Unreadable)]
    if mistakes:
        raise InvalidInput(_problems(text, parts, mistakes))
    minutes, hours, days, months, weekdays = (r for r in read if not isinstance(r, Unreadable))
    cron = Cron(
        text=text,
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
        interval=parts[0].startswith("*") or parts[1].startswith("*"),
        starred=parts[2].startswith("*") or parts[4].startswith("*"),
    )
    if cron.never_fires:
        message = f"'{text}' never fires: no such date exists."
        raise InvalidInput.at("cron", message, "never-fires")
    return cron


def suggest(text: str) -> str | None:
    """Standard cron for what a more generous reader means by the same: @daily, `?` for any day,
    or a range that wraps. Fields that are right stay as they were typed."""
    try:
        generous, nth_weekdays = croniter.expand(text)
    except (CroniterError, ValueError):
        return None
    if nth_weekdays or len(generous) != len(FIELDS):
        return None
    typed = text.split() if len(text.split()) == len(FIELDS) else [None] * len(FIELDS)
    written = []
    for spec, part, values in zip(FIELDS, typed, generous, strict=True):
        if part is not None and not isinstance(_read(spec, part), Unreadable):
            written.append(part)
        elif part is not None and not _means_the_same(spec, part):
            return None
        elif values == ["*"]:
            written.append("*")
        elif all(isinstance(value, int) for value in values):
            written.append(compact(values))
        else:
            return None
    return " ".join(written)


def _means_the_same(spec: Field, part: str) -> bool:
    """Whether a field that standard cron has not can be said in it. croniter reads `15W` as the
    15th, draws a minute for `R`, and loses count where a step goes over the end of a field."""
    if part == "?":
        return True
    ends = [end for each in part.split(",") for end in each.split("-", 1)]
    return not any(isinstance(_read(spec, end), Unreadable) for end in ends) and "/" not in part


@lru_cache(maxsize=4096)  # fleets of schedules are made of the same few fields
def _field(number: int, text: str) -> frozenset[int] | Unreadable:
    return _read(FIELDS[number], text)


def _read(spec: Field, text: str) -> frozenset[int] | Unreadable:
    try:
        return frozenset().union(*(_span(spec, part) for part in text.split(",")))
    except Unreadable as mistake:
        return mistake


def _span(spec: Field, part: str) -> range:
    """One of the parts between commas: `*`, `n`, `a-b`, each with or without `/step`."""
    span, slash, step_text = part.partition("/")
    step = _step(spec, step_text) if slash else 1
    if span == "*":
        return range(spec.low, spec.high + 1, step)
    first, dash, last = span.partition("-")
    low = _number(spec, first, part)
    # `5/20` is no POSIX, yet all read it as "from 5 to the end, by 20".
    high = _number(spec, last, part) if dash else (spec.high if slash else low)
    if high < low:
        raise Unreadable("has a range that runs backwards; write two ranges.")
    return range(low, high + 1, step)


def _number(spec: Field, text: str, part: str) -> int:
    if text.upper() in spec.names:
        return spec.names[text.upper()]
    if FOREIGN.search(part):
        raise Unreadable("uses L, W, #, ? or H, which standard cron does not have.")
    takes = f"{spec.name} takes {spec.low}-{spec.high}"
    if not NUMBER.fullmatch(text):
        names = f" and {next(iter(spec.names))}-{list(spec.names)[-1]}" if spec.names else ""
        raise Unreadable(f"has '{part}', which cannot be read: {takes}{names}.")
    if not spec.low <= int(text) <= spec.high:
        raise Unreadable(f"has a value that is out of range: {takes}.")
    return int(text)


def _step(spec: Field, text: str) -> int:
    if not NUMBER.fullmatch(text) or int(text) == 0:
        raise Unreadable(f"has the step '/{text}' in {spec.name}; a step is a number from 1 on.")
    return int(text)


def _wrong_count(text: str, count: int) -> str:
    if not count:
        return "A schedule needs a cron expression, for example '0 6 * * 1-5'."
    fields = "1 field" if count == 1 else f"{count} fields"
    message = f"'{text}' has {fields}; a standard cron expression has exactly 5."
    return message + _hint(text if count == 1 else "")


def _problems(text: str, parts: list[str], mistakes: list[Unreadable]) -> list[Problem]:
    sentences = list(dict.fromkeys(f"'{text}' {mistake}" for mistake in mistakes))
    hint = _hint(text) if all("backwards" in sentence for sentence in sentences) else ""
    return [
        Problem(field="cron", message=sentence + hint, code="invalid-cron")
        for sentence in sentences
    ]


def _hint(text: str) -> str:
    better = suggest(text) if text else None
    return f" Write '{better}'." if better else ""
