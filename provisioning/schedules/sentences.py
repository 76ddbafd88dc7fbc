"""From a sentence to cron: "every weekday at 06:00", "at 9:30 on the 1st and 15th".

Reads what `explain` writes, and the ways in which people say the same. What it does not
understand it says, and what one cron expression cannot say as well: it guesses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from provisioning.errors import InvalidInput
from provisioning.schedules import sentence_words as words
from provisioning.schedules.parsing import parse_cron
from provisioning.schedules.sentence_days import days_of
from provisioning.schedules.sentence_parts import Heard, Unsaid
from provisioning.schedules.sentence_times import clock_of
from provisioning.schedules.sentence_words import (
    CLOCK,
    COUNT,
    DAY,
    MONTH,
    ORDINAL,
    SEPARATOR,
    TIME,
    TO,
    WEEKEND,
    WORKDAYS,
    numbers,
    ranged,
    series,
    time_of,
)
from provisioning.schedules.zones import known_zones, zone_names

EXAMPLES = (
    "every weekday at 06:00",
    "at 9:30 on the 1st and 15th",
    "every 15 minutes between 8 and 18 on weekdays",
)
LONGEST = 600
ZONE = re.compile(
    r"(?:,\s*|\s+(?:in\s+)?)([A-Za-z]+(?:/[A-Za-z0-9_+-]+)+|UTC|GMT)(?: time)?\b", re.I
)
WINDOW = re.compile(r",? (?:from|until) \d{4}-\d\d-\d\d \d\d:\d\d")
IN_MONTHS = rf"(?:in |of |from |during |every )?({series(ranged(MONTH))})"
ANY = r"(?:(?:on |the )*(?:every |each |any )?)?"
OF_MONTH = r"(?: of (?:the |each |every |a )?month)?"
MINUTES = series(ranged(r"\d{1,2}"))


@dataclass(frozen=True)
class Said:
    """What a sentence says; no zone where it names none."""

    cron: str
    timezone: str | None = None


def read_sentence(text: str) -> Said:
    """The schedule, or InvalidInput at "sentence": what is not understood, with examples."""
    try:
        return Said(parse_cron(text).text)  # people paste what they have
    except InvalidInput:
        pass
    try:
        rest, timezone = _zone(text[: LONGEST + 1])
        heard = _hear(_plain(rest))
        minutes, hours = clock_of(heard)
        day, month, weekday = days_of(heard)
    except Unsaid as why:
        raise InvalidInput.at("sentence", str(why), "unreadable") from why
    clock = f"{words.field(minutes, 0, 59, steps=True)} {words.field(hours, 0, 23, steps=True)}"
    return Said(f"{clock} {day} {month} {weekday}", timezone)


def not_understood(rest: str) -> Unsaid:
    examples = ", ".join(f"“{one}”" for one in EXAMPLES)
    what = f"“{rest}” is not understood." if rest else "A sentence goes here."
    return Unsaid(f"{what} Examples: {examples}.")


def _zone(text: str) -> tuple[str, str | None]:
    """The sentence without the zone, and the window that `explain` may add after it."""
    text = WINDOW.sub("", text)
    match = ZONE.search(text)
    if match is None:
        return text, None
    known = {name.casefold(): name for name in (*known_zones(), *zone_names())}
    name = known.get(match[1].casefold())
    if name is None:
        raise Unsaid(f"“{match[1]}” is not an IANA time zone name, such as Europe/Berlin.")
    return text[: match.start()] + text[match.end() :], name


def _plain(text: str) -> str:
    for odd, plain in (("–", "-"), ("—", "-"), ("’", "'"), ("&", " and "), ("a.m.", "am")):
        text = text.replace(odd, plain)
    text = text.casefold().replace("p.m.", "pm")
    return " ".join(text.split()).strip(" .,;")


# ── Phrases ─────────────────────────────────────────────────────────────────────────

Take = Callable[[Heard, re.Match[str]], None]
PHRASES: list[tuple[re.Pattern[str], Take]] = []


def phrase(pattern: str) -> Callable[[Take], Take]:
    """Those that stand first are tried first."""

    def add(take: Take) -> Take:
        PHRASES.append((re.compile(pattern), take))
        return take

    return add


def _hear(text: str) -> Heard:
    if not text or len(text) > LONGEST:
        raise not_understood(text[:40])
    heard, rest = Heard(), text
    while rest:
        for pattern, take in PHRASES:
            match = pattern.match(rest)
            if match and match.end():
                try:
                    take(heard, match)
                except ValueError as error:
                    raise not_understood(match[0].strip(" ,")) from error
                rest = rest[match.end() :].lstrip(" ,;.")
                break
        else:
            raise not_understood(rest)
    return heard


@phrase(r"(?:runs?|starts?|and|then|please)\b(?! at| from)")
def _filler(heard: Heard, match: re.Match[str]) -> None:
    return None


@phrase(r"(?:or|or on)\b")
def _or(heard: Heard, match: re.Match[str]) -> None:
    heard.join = "or"


@phrase(
    r"(?:that (?:fall|falls|are|is)(?: on)?|falling on|if (?:it|that) is|but only on|when on)\b"
)
def _and(heard: Heard, match: re.Match[str]) -> None:
    heard.join = "and"


@phrase(
    rf"(?:at )?(?:minutes? )?({MINUTES})(?: minutes?)? (?:past|after)"
    r"(?: (?:the|every|each))?(?: hour)?\b"
)
def _minutes_past(heard: Heard, match: re.Match[str]) -> None:
    heard.minutes_past |= numbers(match[1], r"\d{1,2}", int, low=0, high=59)


@phrase(rf"(?:starting|beginning|from) (?:at )?({MINUTES}) minutes? past(?: the)? hour")
def _offset(heard: Heard, match: re.Match[str]) -> None:
    heard.offset = int(match[1])


@phrase(rf"(?:starting|beginning|start)(?: at| from)? ({TIME})")
def _starting(heard: Heard, match: re.Match[str]) -> None:
    heard.starting = time_of(match[1])


@phrase(r"(?:on|at) the hour\b")
def _on_the_hour(heard: Heard, match: re.Match[str]) -> None:
    heard.minutes_past |= {0}


@phrase(r"(?:every |each )?(?:half(?:[- ]an)?[- ]hour(?:ly)?|quarter(?: of an)?[- ]hour(?:ly)?)\b")
def _part_of_hour(heard: Heard, match: re.Match[str]) -> None:
    heard.every_minutes = 30 if "half" in match[0] else 15


@phrase(
    rf"(?:once )?(?:every|each) (?:({COUNT}) )?"
    r"(minute|min|hour|hr|h|day|morning|evening|night|week|month|quarter|year)s?\b"
)
def _every(heard: Heard, match: re.Match[str]) -> None:
    heard.every(words.count_of(match[1]) if match[1] else 1, match[2])


@phrase(r"(?:hourly|daily|weekly|monthly|quarterly|yearly|annually)\b")
def _adverb(heard: Heard, match: re.Match[str]) -> None:
    units = {"hourly": "hour", "daily": "day", "annually": "year", "quarterly": "quarter"}
    heard.every(1, units.get(match[0], match[0].removesuffix("ly")))


@phrase(rf"(?:between |from )({TIME})(?: and |{TO})({TIME})|({CLOCK}){TO}({CLOCK})")
def _between(heard: Heard, match: re.Match[str]) -> None:
    first, last = match[1] or match[3], match[2] or match[4]
    heard.windows.append((time_of(first), time_of(last)))


@phrase(rf"in the hours? of ({series(TIME)})")
def _hours_of(heard: Heard, match: re.Match[str]) -> None:
    heard.hours_of |= {time_of(each)[0] for each in re.findall(TIME, match[1])}


@phrase(rf"{ANY}({ORDINAL}|last) ({DAY}|day|{WORKDAYS}){OF_MONTH}(?![a-z])")
def _nth(heard: Heard, match: re.Match[str]) -> None:
    nth = 0 if match[1] == "last" else words.ordinal_of(match[1])
    if match[2] == "day" and nth:
        heard.days |= {nth}
    else:
        heard.nth(nth, match[2], words.weekdays_in(match[2]))


@phrase(rf"{ANY}(odd|even)(?:-numbered)? days?{OF_MONTH}(?: of ({series(ranged(MONTH))}))?")
def _parity(heard: Heard, match: re.Match[str]) -> None:
    heard.days |= set(range(1 if match[1] == "odd" else 2, 32, 2))
    heard.in_months(match[2])


@phrase(rf"{ANY}({ORDINAL}|\d{{1,2}})(?: of)? ({series(ranged(MONTH))})")
def _date(heard: Heard, match: re.Match[str]) -> None:
    heard.days |= {words.ordinal_of(match[1])}
    heard.in_months(match[2])


@phrase(rf"{ANY}({MONTH}) ({ORDINAL}|\d{{1,2}}(?![\d:.]| ?[ap]m))")
def _american_date(heard: Heard, match: re.Match[str]) -> None:
    heard.days |= {words.ordinal_of(match[2])}
    heard.in_months(match[1])


@phrase(rf"{ANY}days? ({MINUTES}){OF_MONTH}(?![:a-z])")
def _day_numbers(heard: Heard, match: re.Match[str]) -> None:
    heard.days |= numbers(match[1], r"\d{1,2}", int, low=1, high=31)


@phrase(
    rf"{ANY}({series(ranged(ORDINAL), rf'{SEPARATOR}(?:on )?(?:the )?')}){OF_MONTH}"
    rf"(?: of ({series(ranged(MONTH))}))?"
)
def _days(heard: Heard, match: re.Match[str]) -> None:
    heard.days |= numbers(match[1], ORDINAL, words.ordinal_of, low=1, high=31)
    heard.in_months(match[2])


WEEKDAY = rf"(?:any |every |each |on |from )*(?:{WORKDAYS}|{WEEKEND}|{ranged(DAY)})"


@phrase(rf"{ANY}({series(WEEKDAY)})")
def _weekdays(heard: Heard, match: re.Match[str]) -> None:
    heard.weekdays |= words.weekdays_in(match[1])


@phrase(IN_MONTHS)
def _months(heard: Heard, match: re.Match[str]) -> None:
    heard.in_months(match[1])


@phrase(rf"(?:at )?({series(TIME)})")
def _times(heard: Heard, match: re.Match[str]) -> None:
    heard.times |= {time_of(each) for each in re.findall(TIME, match[1])}
