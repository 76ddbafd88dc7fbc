"""From cron to schedule triggers of Azure Data Factory: generate, prove, else refuse.

One trigger has one recurrence; its times are all hours with all minutes, as in cron. There is
no field for months: months are told by an interval that counts from the start.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from provisioning.schedules import proof, refusals
from provisioning.schedules.cron import LONGEST_MONTH, WEEKS, Cron, DayMode
from provisioning.schedules.horizon import (
    HORIZON,
    MINUTE,
    Horizon,
    end_after_last_run,
    horizon_of,
    minutes_in_utc,
    whole_minute,
)
from provisioning.schedules.months import Progression, progressions
from provisioning.schedules.native import NativeSchedules, Status, Translation, usable
from provisioning.schedules.proving import (
    MOMENT,
    Readings,
    Words,
    first_difference,
    missing,
    proved,
    until,
)
from provisioning.schedules.recurrence import WEEKDAYS, Recurrence, parse_recurrence
from provisioning.schedules.schedule import Schedule
from provisioning.schedules.walls import Reading
from provisioning.schedules.windows_zones import UTC, iana_zone, same_clock, windows_zone

DIALECT = "Azure Data Factory"
OPEN = "may {}; Azure does not say"
WORDS = Words(
    DIALECT,
    skipped=OPEN.format("run then or not"),
    repeated=OPEN.format("run once or twice"),
)
EVERY_DAY = list(range(1, 32))  # months without the 29th and later leave those out

# What a recurrence fires on: its frequency, the days in Azure's words, the months.
Days = dict[str, Any]


def to_data_factory(
    schedule: Schedule,
    *,
    accept_dst: bool = False,
    since: datetime = HORIZON[0],
    anchor: datetime | None = None,
) -> NativeSchedules:
    """The recurrences that fire exactly when `schedule` does, each as compact JSON, or
    ScheduleRefused. Those without a start count from `anchor`, or `since`: give the same one
    always."""
    return usable(translate(schedule, since=since, anchor=anchor), accept_dst=accept_dst)


@lru_cache(maxsize=1024)
def translate(
    schedule: Schedule, *, since: datetime = HORIZON[0], anchor: datetime | None = None
) -> Translation:
    """The translation with its proof; `since` is where the horizon of eleven years begins."""
    horizon = horizon_of(schedule, since)
    minutes = minutes_in_utc(schedule, horizon)
    zone = UTC if minutes is not None else windows_zone(schedule.timezone)
    if refused := _zone_refused(schedule, zone, horizon, since):
        return refused
    begin = anchor or since
    if schedule.start is None:  # of one that has ended there are only earlier runs to compare
        begin = min(begin, horizon[0])
    draft = Draft(schedule, str(zone), begin)
    written = draft.steps(minutes) if minutes is not None else draft.days()
    if not written:
        reason = refusals.and_days(schedule.cron, DIALECT)
        first = missing(schedule, horizon)
        return Translation(Status.REFUSED, None, "and-days", reason, first)
    natives = NativeSchedules(
        dialect=DIALECT,
        expressions=tuple(json.dumps(each, separators=(",", ":")) for each in written),
        timezone=str(zone),
        start=whole_minute(schedule.start),
        end=end_after_last_run(schedule),
    )
    return _proved(schedule, natives, horizon)


# ── Generate ────────────────────────────────────────────────────────────────────────


class Draft:
    """Recurrences in one zone, all with the same window."""

    def __init__(self, schedule: Schedule, windows: str, since: datetime) -> None:
        self.schedule = schedule
        self.cron = schedule.cron
        self.windows = windows
        self.zone = ZoneInfo(iana_zone(windows) or UTC)
        self.since = since
        self.begin = whole_minute(schedule.start) or since

    def steps(self, minutes: frozenset[int]) -> list[dict[str, Any]]:
        """Every hour of every day, by minutes that pass where they are even around the clock."""
        ordered = sorted(minutes)
        step = 60 // len(ordered)
        if ordered != list(range(ordered[0], 60, step)) or 60 % len(ordered):
            return [self._written("Day", 1, self._before_begin(), {"minutes": ordered})]
        first = next(self.schedule.firings(self.begin))
        frequency, interval = ("Minute", step) if step < 60 else ("Hour", 1)
        return [self._written(frequency, interval, self._wall(first))]

    def days(self) -> list[dict[str, Any]]:
        """None where the two day fields cannot be joined."""
        cron, weeks = self.cron, self.cron.whole_weeks
        by_day = {"monthDays": sorted(cron.possible_days)}
        match cron.mode:
            case DayMode.ALL:
                return self._every_day()
            case DayMode.DAYS:
                return self._monthly(by_day)
            case DayMode.WEEKDAYS:
                return self._weekly()
            case DayMode.EITHER:
                if not weeks:
                    return [*self._monthly(by_day), *self._weekly()]
                others = self._nth_weekdays(WEEKS - weeks)
                return [*self._monthly(by_day), *(self._monthly(others) if others else [])]
            case DayMode.BOTH:
                return self._monthly(self._nth_weekdays(weeks)) if weeks else []

    def _every_day(self) -> list[dict[str, Any]]:
        if len(self.cron.months) < 12:
            return self._monthly({"monthDays": EVERY_DAY})
        return [self._written("Day", 1, self._before_begin(), {})]

    def _weekly(self) -> list[dict[str, Any]]:
        if len(self.cron.months) < 12:
            return self._monthly(self._nth_weekdays(WEEKS))
        days = {"weekDays": [WEEKDAYS[day] for day in _monday_first(self.cron)]}
        return [self._written("Week", 1, self._before_begin(), days)]

    def _nth_weekdays(self, weeks: Iterable[int]) -> Days:
        found = [
            {"day": WEEKDAYS[day], "occurrence": week}
            for day in _monday_first(self.cron)
            for week in sorted(weeks)
        ]
        return {"monthlyOccurrences": found} if found else {}

    def _monthly(self, days: Days) -> list[dict[str, Any]]:
        months = self.cron.months
        if "monthDays" in days:  # a month that has none of them needs no recurrence of its own
            least = min(days["monthDays"])
            having = frozenset(each for each in months if LONGEST_MONTH[each - 1] >= least)
            months = min(months, having, key=lambda each: len(progressions(each)))
        return [self._in_months(each, days) for each in progressions(months)]

    def _in_months(self, months: Progression, days: Days) -> dict[str, Any]:
        """From the latest start that is neither too early nor too late."""
        if months.step == 1:
            return self._written("Month", 1, self._before_begin(), days)
        here = self._before_begin()
        latest = months.first_of_latest(here)
        written = [
            self._written("Month", months.step, start, days)
            for start in (latest, months.first_after(latest), here)
        ]
        if self.schedule.start is None:  # what lies in the past is not run
            return written[0]
        found = {index: parse_recurrence(each) for index, each in enumerate(written)}
        ways = [
            *(index for index, each in found.items() if self._fits(each, months)),
            # An anchor whose own first run lies before now does no harm: past runs are dropped.
            *(index for index, each in found.items() if self._fits(each, months, self.since)),
            # Where the other day field fires first in these months, none fires when cron does.
            *(index for index, each in found.items() if not self._is_early(each)),
        ]
        return written[next(iter(ways), -1)]

    def _is_early(self, recurrence: Recurrence) -> bool:
        """The proof looks from the window's begin on, so nothing else would notice."""
        first = self._first(recurrence)
        return first is not None and first < self.begin

    def _fits(
        self, recurrence: Recurrence, months: Progression, since: datetime | None = None
    ) -> bool:
        """It fires first when cron does in these months: not before the window begins, either."""
        wanted = (
            instant
            for instant in self.schedule.firings(self.begin)
            if instant.astimezone(self.zone).month in months
        )
        return next(wanted, None) == self._first(recurrence, since)

    def _first(self, recurrence: Recurrence, since: datetime | None = None) -> datetime | None:
        start = recurrence.start.replace(tzinfo=self.zone) - MINUTE
        return next(recurrence.firings(max(start, since - MINUTE) if since else start), None)

    def _written(
        self, frequency: str, interval: int, start: datetime, days: Days | None = None
    ) -> dict[str, Any]:
        end = end_after_last_run(self.schedule)
        found: dict[str, Any] = {
            "frequency": frequency,
            "interval": interval,
            "startTime": self._stamp(start),
            **({"endTime": self._stamp(self._wall(end))} if end else {}),
            "timeZone": self.windows,
        }
        if days is not None:
            # Both lists in full: of what is left out Azure's pages say different things.
            times = {"minutes": sorted(self.cron.minutes), "hours": sorted(self.cron.hours)}
            found["schedule"] = {**times, **days}
        return found

    def _before_begin(self) -> datetime:
        """A run that is less than a minute after the start waits for the next recurrence."""
        return self._wall(self.begin - MINUTE)

    def _wall(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone).replace(tzinfo=None)

    def _stamp(self, wall: datetime) -> str:
        """UTC ends in Z, without which it is an error; with Z another zone counts for nothing."""
        return wall.strftime("%Y-%m-%dT%H:%M:%S") + ("Z" if self.windows == UTC else "")


def _monday_first(cron: Cron) -> list[int]:
    """Cron counts from Sunday = 0, Azure's names here from Monday = 0."""
    return sorted((day - 1) % 7 for day in cron.weekdays)


# ── Prove ───────────────────────────────────────────────────────────────────────────


def _zone_refused(
    schedule: Schedule, windows: str | None, horizon: Horizon, since: datetime
) -> Translation | None:
    zone, end = schedule.timezone, HORIZON[1] - HORIZON[0] + horizon[0]
    first = missing(schedule, horizon)
    if windows is None:
        reason = f"{DIALECT} takes Windows' time zones; there is none for {zone}. Choose another."
    elif windows != UTC and not same_clock(zone, str(iana_zone(windows)), horizon[0], end):
        written = Draft(schedule, windows, since).days()
        readings = _readings([parse_recurrence(each) for each in written])
        first = first_difference(schedule, readings, horizon[0]) or first
        reason = (
            f"{DIALECT} would use Windows' time zone '{windows}', whose clock differs from {zone}. "
            "Choose another."
        )
    else:
        return None
    return Translation(Status.REFUSED, None, "no-windows-zone", reason, first, "timezone")


def _proved(schedule: Schedule, natives: NativeSchedules, horizon: Horizon) -> Translation:
    recurrences = [parse_recurrence(text) for text in natives.expressions]
    return proved(
        schedule,
        natives,
        horizon,
        dates=[(schedule.cron.matches, [each.matches for each in recurrences])],
        readings=_readings(recurrences),
        words=WORDS,
    )


def _readings(recurrences: Sequence[Recurrence]) -> Readings:
    """By either reading of what Azure leaves open."""
    return [[_firings(each, reading) for each in recurrences] for reading in Reading]


def _firings(recurrence: Recurrence, reading: Reading) -> proof.Firings:
    def between(since: datetime, end: datetime) -> Iterable[datetime]:
        return until(recurrence.firings(since - MOMENT, reading=reading), end)

    return between
