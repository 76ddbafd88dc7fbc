"""When a schedule fires: cron(), rate() and at() in a time zone.

Around a change of the clocks, as AWS documents it: a local time that does not exist is
skipped; one that exists twice fires once, the first time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Protocol
from zoneinfo import ZoneInfo, available_timezones

from provisioning.sandbox.aws.scheduler.cron_fields import (
    LAST_YEAR,
    BadExpression,
    CronFields,
    next_month,
    parse_fields,
)

_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
_EXPRESSION = re.compile(r"(?P<kind>cron|rate|at)\((?P<inner>[^()]*)\)")


class Expression(Protocol):
    @property
    def one_time(self) -> bool: ...

    def next_after(self, moment: float, *, base: float) -> float | None:
        """The first firing after `moment`; a rate counts from `base`."""


@dataclass(frozen=True)
class Rate:
    seconds: int
    one_time: bool = False

    def next_after(self, moment: float, *, base: float) -> float | None:
        if moment < base:
            return base
        return base + self.seconds * (int((moment - base) // self.seconds) + 1)


@dataclass(frozen=True)
class At:
    local: datetime
    zone: ZoneInfo
    one_time: bool = True

    def next_after(self, moment: float, *, base: float) -> float | None:
        instant = _instant(self.local, self.zone)
        return instant if instant is not None and instant > moment else None


@dataclass(frozen=True)
class Cron:
    fields: CronFields
    zone: ZoneInfo
    one_time: bool = False

    def next_after(self, moment: float, *, base: float) -> float | None:
        # Local times, each taken the first time it is shown, come in the order of instants,
        # so nothing earlier on the clock than now can be later in time.
        earliest = datetime.fromtimestamp(moment, self.zone).replace(tzinfo=None)
        year, month = earliest.year, earliest.month
        while year <= LAST_YEAR:
            instant = self._first_in(year, month, earliest, moment)
            if instant is not None:
                return instant
            year, month = next_month(year, month)
        return None

    def _first_in(self, year: int, month: int, earliest: datetime, moment: float) -> float | None:
        if month not in self.fields.months:
            return None
        for local in self._times_in(year, month, earliest):
            instant = _instant(local, self.zone)
            if instant is not None and instant > moment:
                return instant
        return None

    def _times_in(self, year: int, month: int, earliest: datetime) -> Iterator[datetime]:
        for day in self.fields.days_of(year, month):
            if (year, month, day) < (earliest.year, earliest.month, earliest.day):
                continue
            for hour in self.fields.hours:
                for minute in self.fields.minutes:
                    local = datetime(year, month, day, hour, minute)  # noqa: DTZ001
                    if local > earliest - timedelta(minutes=1):
                        yield local


def parse_expression(text: str, timezone: str) -> Expression:
    """Raises BadExpression, also for a zone that there is not."""
    zone = load_zone(timezone)
    match = _EXPRESSION.fullmatch(text)
    if not match:
        raise BadExpression("cron(), rate() or at() is needed")
    if match["kind"] == "rate":
        return _rate(match["inner"])
    if match["kind"] == "at":
        return _at(match["inner"], zone)
    return Cron(parse_fields(match["inner"]), zone)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def load_zone(name: str) -> ZoneInfo:
    if name not in _zones():
        raise BadExpression(f"there is no time zone {name}")
    return ZoneInfo(name)


def _rate(inner: str) -> Rate:
    match = re.fullmatch(r"([1-9]\d{0,8}) (minute|hour|day)s?", inner)
    if not match:
        raise BadExpression("a rate is a number and minutes, hours or days")
    return Rate(int(match[1]) * _UNITS[match[2]])


def _at(inner: str, zone: ZoneInfo) -> At:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", inner):
        raise BadExpression("at() takes yyyy-mm-ddThh:mm:ss")
    try:
        return At(datetime.fromisoformat(inner), zone)
    except ValueError as error:
        raise BadExpression(str(error)) from error


def _instant(local: datetime, zone: ZoneInfo) -> float | None:
    """The first instant at which clocks in the zone show `local`, or None."""
    aware = local.replace(tzinfo=zone, fold=0)
    if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        return None
    return aware.timestamp()
