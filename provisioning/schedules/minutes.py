"""Firings as bits: bit n of an integer is minute n of a window.

For looking at ten thousand schedules at once: a month of one schedule is a few operations on
one integer, and nothing is made for a single firing. What a schedule means is said by
`Schedule.firings`; here the same is counted, clock changes included.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from provisioning.schedules.cron import Cron
from provisioning.schedules.schedule import Schedule
from provisioning.schedules.zones import DAY, ClockChange, check_zone, clock_changes

MINUTE = timedelta(minutes=1)
DAY_MINUTES = 24 * 60
DAY_BYTES = DAY_MINUTES // 8
NEVER = bytes(DAY_BYTES)
MOST_DAYS = 20_000  # that are kept: a few megabytes


class Window:
    """From `since`, a whole minute, to before `until`. What is the same for all schedules of a
    zone, or for all of the same days, is found once."""

    def __init__(self, since: datetime, until: datetime) -> None:
        self.since = since
        self.until = until
        self.length = minutes_between(since, until)
        self._everything = (1 << max(self.length, 0)) - 1
        self._stretches: dict[str, _Stretches] = {}

    def firings(self, schedule: Schedule) -> int:
        """Bit n is set where the schedule fires n minutes after `since`."""
        stretches = self._stretches.get(schedule.timezone)
        if stretches is None:
            stretches = _stretches(schedule.timezone, self.since, self.until)
            self._stretches[schedule.timezone] = stretches
        found = 0
        for stretch in stretches:
            if stretch is None:
                return _enumerated(schedule, self.since, self.until)
            found |= stretch.bits(schedule.cron)
        found &= self._everything
        if schedule.start or schedule.end:
            found = self.between(found, schedule.start, schedule.end)
        return found

    def between(self, bits: int, since: datetime | None, until: datetime | None) -> int:
        """Those from `since` on, before `until`."""
        first = max(0, minutes_between(self.since, since)) if since else 0
        end = min(max(0, minutes_between(self.since, until)), self.length) if until else self.length
        return within(bits, first, end)


def minutes_between(since: datetime, at: datetime) -> int:
    """Rounded up: firings lie on whole minutes, so none lies between."""
    return -((since - at) // MINUTE)


def within(bits: int, first: int, end: int) -> int:
    """Those from minute `first` on, before minute `end`."""
    return (bits & ((1 << end) - 1)) >> first << first


def each_minute(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set, in order."""
    text = f"{bits:b}"[::-1]
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)


def falls_in(cron: Cron, change: ClockChange) -> bool:
    """Whether one of its local times is skipped by this change, or happens twice."""
    day, first, last = change.first_wall.date(), change.first_wall.time(), change.next_wall.time()
    return cron.matches(day) and any(
        first <= at and (at < last or last <= first) for at in cron.times
    )


class Tally:
    """How many fire at each minute of a window.

    The counts are kept as bit planes: plane k holds bit k of every minute's count. Adding a
    schedule carries from plane to plane, as an adder does, for all minutes at once.
    """

    def __init__(self) -> None:
        self._planes: list[int] = []

    def add(self, bits: int) -> None:
        self._carry(bits, 0)

    def total(self, first: int, end: int) -> int:
        """From minute `first` on, before minute `end`."""
        mask = (1 << (end - first)) - 1
        return sum(
            (plane >> first & mask).bit_count() << number
            for number, plane in enumerate(self._planes)
        )

    def include(self, other: Tally, *, first: int = 0) -> None:
        """Add what another has counted from minute `first` on."""
        for number, plane in enumerate(other._planes):
            self._carry(plane >> first << first, number)

    def counts(self, first: int, end: int) -> list[int]:
        """How many at each minute from `first` on, before `end`."""
        length, found = end - first, [0] * (end - first)
        for number, plane in enumerate(self._planes):
            for minute in each_minute(plane >> first & ((1 << length) - 1)):
                found[minute] += 1 << number
        return found

    def reaching(self, count: int) -> list[tuple[int, int]]:
        """(minute, how many), in order, where at least `count`, one or more, fire."""
        candidates = 0
        for plane in self._planes[count.bit_length() - 1 :]:
            candidates |= plane
        texts = [f"{plane:b}"[::-1] for plane in self._planes]
        counted = [
            (
                minute,
                sum(1 << n for n, text in enumerate(texts) if text[minute : minute + 1] == "1"),
            )
            for minute in each_minute(candidates)
        ]
        return [(minute, found) for minute, found in counted if found >= count]

    def busiest(self, bits: int) -> tuple[int, int]:
        """(how many, at which of these minutes): where the most fire."""
        count = 0
        for number, plane in reversed(list(enumerate(self._planes))):
            if bits & plane:
                bits, count = bits & plane, count + (1 << number)
        return count, bits

    @property
    def most(self) -> int:
        """No minute has more."""
        return (1 << len(self._planes)) - 1

    def _carry(self, bits: int, number: int) -> None:
        while bits:
            while number >= len(self._planes):
                self._planes.append(0)
            plane = self._planes[number]
            self._planes[number], bits = plane ^ bits, plane & bits
            number += 1


# ── Days of one zone ────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Days:
    """Dates in a row on which the zone's clock shows one offset."""

    first: date
    count: int
    shift: int  # minutes from the window's begin to the first date's midnight
    matching: dict[str, tuple[bool, ...]] = field(default_factory=dict)

    def bits(self, cron: Cron) -> int:
        minute, hour, dates = cron.text.split(" ", 2)
        matching = self.matching.get(dates)
        if matching is None:
            matching = tuple(cron.matches(self.first + n * DAY) for n in range(self.count))
            self.matching[dates] = matching
        times = _times(cron, minute, hour)
        days = b"".join([times if matches else NEVER for matches in matching])
        return _shifted(int.from_bytes(days, "little"), self.shift)


@dataclass(frozen=True)
class _Change:
    """A date within which the clock changes. Local times from minute `first` of the day to
    before minute `last` are skipped, or happen twice."""

    day: date
    forward: bool
    first: int
    last: int
    before: int  # minutes from the window's begin to midnight, by the offset before the change
    after: int  # and by the one after it

    def bits(self, cron: Cron) -> int:
        if not cron.matches(self.day):
            return 0
        minute, hour, _ = cron.text.split(" ", 2)
        times = int.from_bytes(_times(cron, minute, hour), "little")
        odd, later = within(times, self.first, self.last), times >> self.last << self.last
        early = within(times, 0, self.first)
        if not self.forward:
            early |= odd
            later |= odd if cron.interval else 0
        elif odd and not cron.interval:
            later |= 1 << self.last  # once, when the clock has jumped
        return _shifted(early, self.before) | _shifted(later, self.after)


_Stretches = tuple[_Days | _Change | None, ...]


def _stretches(timezone: str, since: datetime, until: datetime) -> _Stretches:
    """All dates that may fire in the window. None: the clock changes in a way that is not
    counted by bits, such as one that skips a midnight."""
    begin, end = since - 2 * DAY, until + 2 * DAY
    found: list[_Days | _Change | None] = []
    changes = clock_changes(timezone, begin, end)
    offset = changes[0].before if changes else _offset_at(timezone, begin)
    day, last = (begin + offset).date(), (end + offset).date()
    for change in changes:
        turn = change.first_wall.date()
        found += [_days(day, turn, since, offset), _change(turn, since, change)]
        if turn < day:
            return (None,)
        day, offset = turn + DAY, change.after
    found.append(_days(day, last + DAY, since, offset))
    return tuple(each for each in found if each is None or not _is_empty(each))


def _days(first: date, end: date, since: datetime, offset: timedelta) -> _Days:
    return _Days(first, (end - first).days, _to_midnight(first, since, offset))


def _change(day: date, since: datetime, change: ClockChange) -> _Change | None:
    midnight = datetime.combine(day, time())
    first, last = change.first_wall - midnight, change.next_wall - midnight
    if last > DAY or any(each % MINUTE for each in (first, last, change.before, change.after)):
        return None
    return _Change(
        day=day,
        forward=change.forward,
        first=first // MINUTE,
        last=last // MINUTE,
        before=_to_midnight(day, since, change.before),
        after=_to_midnight(day, since, change.after),
    )


def _is_empty(stretch: _Days | _Change) -> bool:
    return isinstance(stretch, _Days) and stretch.count <= 0


def _offset_at(timezone: str, at: datetime) -> timedelta:
    return at.astimezone(check_zone(timezone)).utcoffset() or timedelta()


def _to_midnight(day: date, since: datetime, offset: timedelta) -> int:
    return (datetime.combine(day, time(), UTC) - offset - since) // MINUTE


_DAYS: dict[tuple[str, str], bytes] = {}  # by the two fields that say the times


def _times(cron: Cron, minute: str, hour: str) -> bytes:
    """A day: bit n is minute n."""
    found = _DAYS.get((minute, hour))
    if found is None:
        if len(_DAYS) >= MOST_DAYS:
            _DAYS.clear()
        one_hour = sum(1 << each for each in cron.minutes)
        bits = sum(one_hour << 60 * each for each in cron.hours)
        found = _DAYS[minute, hour] = bits.to_bytes(DAY_BYTES, "little")
    return found


def _shifted(bits: int, minutes: int) -> int:
    return bits << minutes if minutes >= 0 else bits >> -minutes


def _enumerated(schedule: Schedule, since: datetime, until: datetime) -> int:
    return sum(1 << (at - since) // MINUTE for at in schedule.firings(since, until))
