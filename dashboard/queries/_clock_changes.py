"""Changes of the clock within a period, in the zones that schedules live in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from dashboard.queries._periods import Period
from dashboard.queries._scheduled import Fleet, Timing, schedule_of
from provisioning.schedules.minutes import falls_in
from provisioning.schedules.zones import ClockChange


@dataclass(frozen=True)
class ZoneChange:
    """A change, and the schedules that have a local time which it skips or repeats: those at
    fixed times, and those of every minute or hour, which cron treats otherwise."""

    timezone: str
    change: ClockChange
    fixed: int
    interval: int

    @property
    def day(self) -> str:
        wall = self.change.first_wall
        return f"{wall:%a} {wall.day} {wall:%b %Y}"

    @property
    def hours(self) -> str:
        """ "02:00 to 02:59"."""
        last = self.change.next_wall - timedelta(minutes=1)
        return f"{self.change.first_wall:%H:%M} to {last:%H:%M}"

    @property
    def sentences(self) -> str:
        """What happens on that day."""
        what = "does not exist" if self.change.forward else "happens twice"
        said = [f"On {self.day}, {self.hours} {what}."]
        if self.fixed:
            said.append(f"{_schedules(self.fixed)} at fixed times in it {self._fixed}.")
        if self.interval:
            said.append(f"{_schedules(self.interval)} of every minute or hour {self._interval}.")
        if not self.fixed and not self.interval:
            said.append("No schedule has a time in it.")
        return " ".join(said)

    @property
    def _fixed(self) -> str:
        verb = "starts" if self.fixed == 1 else "start"
        if self.change.forward:
            return f"{verb} once, at {self.change.next_wall:%H:%M}, when the clock has jumped"
        return f"{verb} the first time only"

    @property
    def _interval(self) -> str:
        if self.change.forward:
            return f"{'leaves' if self.interval == 1 else 'leave'} it out"
        return f"{'starts' if self.interval == 1 else 'start'} both times"


def _schedules(count: int) -> str:
    return "1 schedule" if count == 1 else f"{count:,} schedules"


def zone_changes(fleet: Fleet, period: Period) -> list[ZoneChange]:
    """In order; of the zone that the days are shown in too, since its days have another length."""
    zones: dict[str, list[Timing]] = {period.zone.key: []}
    for each in fleet.active:
        if each.timing.cron:
            zones.setdefault(each.timing.timezone, []).append(each.timing)
    found = [
        _zone_change(name, change, timings)
        for name, timings in zones.items()
        for change in period.changes(name)
    ]
    return sorted(found, key=lambda each: (each.change.at, each.timezone))


def _zone_change(timezone: str, change: ClockChange, timings: list[Timing]) -> ZoneChange:
    schedules = [schedule_of(each.cron, each.timezone) for each in timings]
    crons = [each.cron for each in schedules if each and falls_in(each.cron, change)]
    interval = sum(cron.interval for cron in crons)
    return ZoneChange(timezone, change, fixed=len(crons) - interval, interval=interval)
