"""IANA time zones: which there are, and when their clocks change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from provisioning.errors import InvalidInput

# Files in the database that name no place's clock.
NOT_ZONES = frozenset({"Factory", "localtime", "posixrules"})

# fmt: off
PLACES = (
    "Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/",
    "Europe/", "Indian/", "Pacific/",
)
# fmt: on

SCAN = timedelta(hours=12)  # no zone changes its clock twice within this time
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class ClockChange:
    """An instant from which a zone's clock shows another offset."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def forward(self) -> bool:
        """Local times are skipped; else they happen twice."""
        return self.after > self.before

    @property
    def size(self) -> timedelta:
        return abs(self.after - self.before)

    @property
    def first_wall(self) -> datetime:
        """The first local time that is skipped, or that happens twice."""
        return (self.at + min(self.before, self.after)).replace(tzinfo=None)

    @property
    def next_wall(self) -> datetime:
        """The first local time after those that are skipped, or that happen twice."""
        return self.first_wall + self.size


@dataclass(frozen=True)
class ZoneFacts:
    """What people want to see beside a zone's name."""

    timezone: str
    offset: timedelta
    abbreviation: str
    next_change: ClockChange | None  # within the next two years


@cache
def known_zones() -> frozenset[str]:
    return frozenset(available_timezones() - NOT_ZONES)


@cache
def zone_names() -> tuple[str, ...]:
    """The zones to choose from: UTC and all places. Old aliases stay valid, unlisted."""
    places = (name for name in known_zones() if name.startswith(PLACES))
    return ("UTC", *sorted(places))


def check_zone(timezone: str) -> ZoneInfo:
    """The zone of this name, or InvalidInput at "timezone"."""
    if timezone not in known_zones():
        raise InvalidInput.at("timezone", _no_such_zone(timezone), "invalid-tz")
    return ZoneInfo(timezone)


def zone_facts(timezone: str, now: datetime) -> ZoneFacts:
    zone = check_zone(timezone)
    local = now.astimezone(zone)
    changes = clock_changes(timezone, now, now + timedelta(days=731))
    return ZoneFacts(
        timezone=timezone,
        offset=_offset(zone, now),
        abbreviation=local.tzname() or "",
        next_change=changes[0] if changes else None,
    )


def clock_changes(timezone: str, since: datetime, until: datetime) -> tuple[ClockChange, ...]:
    """All changes of the zone's clock after `since`, up to `until`, in order."""
    years = range(since.astimezone(UTC).year, until.astimezone(UTC).year + 1)
    every = (change for year in years for change in changes_in(timezone, year))
    return tuple(change for change in every if since < change.at <= until)


@lru_cache(maxsize=16_384)
def changes_in(timezone: str, year: int) -> tuple[ClockChange, ...]:
    """All changes of the zone's clock within this year of UTC, in order."""
    zone = ZoneInfo(timezone)
    changes: list[ClockChange] = []
    left = datetime(year, 1, 1, tzinfo=UTC) - timedelta(seconds=1)
    end, before = left.replace(year=year), _offset(zone, left)
    while left < end:
        right = min(left + SCAN, end)
        after = _offset(zone, right)
        if after != before:
            changes.append(ClockChange(_change_between(zone, left, right), before, after))
        left, before = right, after
    return tuple(changes)


@dataclass(frozen=True)
class Stretch:
    """Local dates in a row, by their ordinals, on which a zone's clock keeps its offset."""

    first: int
    last: int
    offset: timedelta


@lru_cache(maxsize=16_384)
def plain_dates(timezone: str, year: int) -> tuple[Stretch, ...]:
    """The dates of this year that no change of the clock comes near. The others need a look at
    each of their times."""
    begin, end = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    around = [year + more for more in (-1, 0, 1) if date.min.year < year + more < date.max.year]
    changes = [change for each in around for change in changes_in(timezone, each)]
    offset = _offset(ZoneInfo(timezone), datetime(around[0], 1, 1, tzinfo=UTC))
    found: list[Stretch] = []
    for change in changes:
        # Neither a day nor the midnights at its ends may be among what is skipped or repeated.
        before = (change.first_wall - SECOND).toordinal() - 1
        after = (change.next_wall + SECOND).toordinal() + 1
        found.append(Stretch(begin, min(end, before), offset))
        begin, offset = max(begin, after), change.after
    found.append(Stretch(begin, end, offset))
    return tuple(each for each in found if each.first <= each.last)


def gap_end(wall: datetime, zone: ZoneInfo) -> datetime:
    """For a local time that the clock skips: the instant at which it does."""
    early, late = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    return _change_between(zone, early, late)


def offset_text(offset: timedelta) -> str:
    """+02:00"""
    minutes = int(offset.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _change_between(zone: ZoneInfo, left: datetime, right: datetime) -> datetime:
    """The first instant of the offset that `right` has; `left` has another."""
    before, low, high = _offset(zone, left), int(left.timestamp()), int(right.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == before:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def near_zone(timezone: str) -> str | None:
    """The zone that somebody meant by this name."""
    by_fold = {name.casefold(): name for name in known_zones()}
    spelt = timezone.strip().replace(" ", "_").casefold()
    # People type the city alone, or the right name in other letters.
    cities = {name.rpartition("/")[2].casefold(): name for name in zone_names()}
    found = by_fold.get(spelt) or cities.get(spelt)
    return found or next(iter(get_close_matches(timezone, zone_names(), n=1)), None)


def _no_such_zone(timezone: str) -> str:
    if not timezone:
        return "A schedule needs a time zone, for example Europe/Berlin."
    near = near_zone(timezone)
    hint = f"; did you mean {near}?" if near else " (example: Europe/Berlin)."
    return f"'{timezone}' is not an IANA time zone name{hint}"
