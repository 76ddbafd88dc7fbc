"""The words of a sentence about a schedule, as patterns and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from provisioning.schedules.notation import MONTHS as MONTH_NUMBERS
from provisioning.schedules.notation import WEEKDAYS as WEEKDAY_NAMES
from provisioning.schedules.notation import compact

# fmt: off
COUNTS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10,
    "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "other": 2, "second": 2,
    "third": 3, "fourth": 4,
}
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10,
}
# fmt: on

TIME = (
    r"(?:noon|midday|midnight|\d{1,2}(?:[:.h]\d{2})?(?:\s?(?:am|pm|a\.m\.|p\.m\.))?"
    r"(?:\s?o'?clock)?)(?![a-z0-9:])"
)
CLOCK = r"\d{1,2}[:.h]\d{2}(?:\s?(?:am|pm))?(?![a-z0-9:])|\d{1,2}\s?(?:am|pm)(?![a-z])"
COUNT = r"\d{1,4}|" + "|".join(COUNTS)
ORDINAL = r"(?:\d{1,2}(?:st|nd|rd|th)|" + "|".join(ORDINALS) + r")\b"
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
DAY = (
    r"(?:sun(?:day)?|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:r(?:s(?:day)?)?)?|"
    r"fri(?:day)?|sat(?:urday)?)s?\b"
)
WORKDAYS = r"(?:week ?days?|work(?:ing)? ?days?|business days?)\b"
WEEKEND = r"(?:day of a )?week ?ends?\b"
SEPARATOR = r"(?:\s?,\s?(?:and |or )?|\s(?:and|or)\s)"
TO = r"\s?(?:to|through|until|till|-)\s?"


def series(item: str, between: str = SEPARATOR) -> str:
    """One or more of them."""
    return rf"(?:{item})(?:{between}(?:{item}))*"


def ranged(item: str) -> str:
    return rf"(?:{item})(?:{TO}(?:the )?(?:{item}))?"


def time_of(text: str) -> tuple[int, int]:
    """(hour, minute); the hour 24 is the end of a day. ValueError where there is no such time."""
    if text in ("noon", "midday"):
        return 12, 0
    if text == "midnight":
        return 0, 0
    match = re.match(r"(\d{1,2})(?:[:.h](\d{2}))?\s?(am|pm|a\.m\.|p\.m\.)?", text)
    if match is None:
        raise ValueError(text)
    hour, minute = int(match[1]), int(match[2] or 0)
    if half := match[3]:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        raise ValueError(text)
    return hour, minute


def count_of(text: str) -> int:
    return int(text) if text.isdecimal() else COUNTS[text]


def ordinal_of(text: str) -> int:
    return ORDINALS[text] if text in ORDINALS else int(re.sub(r"\D", "", text))


def month_of(text: str) -> int:
    return MONTH_NUMBERS[text[:3].upper()]


def weekday_of(text: str) -> int:
    return WEEKDAY_NAMES.index(text[:3].upper())


def numbers(
    text: str, item: str, of: Callable[[str], int], *, low: int, high: int, wraps: bool = False
) -> frozenset[int]:
    """All numbers that a list of items and ranges names. ValueError where one is no such."""
    found: set[int] = set()
    for match in re.finditer(rf"({item})(?:{TO}(?:the )?({item}))?", text):
        first, last = of(match[1]), of(match[2] or match[1])
        if not (low <= first <= high and low <= last <= high) or (last < first and not wraps):
            raise ValueError(match[0])
        span = high - low + 1
        found.update((first - low + n) % span + low for n in range((last - first) % span + 1))
    return frozenset(found)


def weekdays_in(text: str) -> frozenset[int]:
    found: set[int] = set()
    if re.search(WORKDAYS, text):
        found |= {1, 2, 3, 4, 5}
    if re.search(WEEKEND, text):
        found |= {0, 6}
    named = re.sub(rf"{WORKDAYS}|{WEEKEND}|\b(?:every|each|any)\b", "", text)
    return frozenset(found) | numbers(named, DAY, weekday_of, low=0, high=6, wraps=True)


def field(chosen: Iterable[int], low: int, high: int, *, steps: bool) -> str:
    """As people write it: `*`, `*/15`, `6-20/2`, `1-5`, `0,30`. Without `steps` it begins
    with a star for everything only."""
    ordered = sorted(set(chosen))
    if len(ordered) == high - low + 1:
        return "*"
    step = ordered[1] - ordered[0] if len(ordered) > 1 else 0
    if steps and step > 1 and ordered == list(range(ordered[0], ordered[-1] + 1, step)):
        whole = ordered[0] == low and ordered[-1] + step > high
        if whole and not (high - low + 1) % step:
            return f"*/{step}"
        if len(ordered) > 3:
            return f"{ordered[0]}-{ordered[-1]}/{step}"
    return compact(ordered)
