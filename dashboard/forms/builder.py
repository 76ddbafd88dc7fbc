"""All that the schedule builder shows beside its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from dashboard import queries
from dashboard.access import Visitor
from dashboard.forms import triggers
from dashboard.forms.badges import Badge, ClockDay, badges, clock_days
from dashboard.forms.sentences import words_of
from dashboard.models import Pipeline
from provisioning import schedules
from provisioning.contracts import Cloud
from provisioning.errors import InvalidInput
from provisioning.schedules import Schedule
from provisioning.schedules.months_shown import YEARS, Sheet, sheet
from provisioning.schedules.parsing import LONGEST_TEXT, suggest
from provisioning.schedules.zones import known_zones, near_zone


@dataclass(frozen=True)
class Busy:
    """How many other pipelines start together with this one, and the way to a quiet minute."""

    load: queries.Load
    cron: str = ""  # the schedule at the free minute; "" where one cron cannot say that

    @property
    def at(self) -> str:
        """By the schedule's clock, in which the answer is."""
        return f"{self.load.at:%H:%M}"

    @property
    def free(self) -> str:
        return f"{self.load.free:%H:%M}" if self.load.free else ""


@dataclass(frozen=True)
class Facts:
    words: str
    today: date  # in the schedule's zone
    sheet: Sheet
    badges: tuple[Badge, ...]
    clock_days: tuple[ClockDay, ...]
    busy: Busy | None

    @property
    def decider(self) -> Badge | None:
        return next((badge for badge in self.badges if badge.decides), None)

    @property
    def others(self) -> list[Badge]:
        return [badge for badge in self.badges if not badge.decides]


def facts(
    typed: Mapping[str, str],
    now: datetime,
    *,
    cloud: Cloud | None,
    visitor: Visitor,
    pipeline: Pipeline | None = None,
) -> Facts | None:
    """None where it is no schedule. `now` is the Connection's; `pipeline` the edited one."""
    schedule = _schedule(typed)
    if schedule is None:
        return None
    found = badges(schedule, cloud, now)
    return Facts(
        words=words_of(schedule.cron.text),
        today=now.astimezone(schedule.zone).date(),
        sheet=_sheet(schedule, typed.get("month", ""), now),
        badges=found,
        clock_days=clock_days(found),
        busy=_busy(schedule, now, visitor, pipeline),
    )


def nearest(typed: Mapping[str, str]) -> tuple[str, str] | None:
    """The (cron, zone) that was meant, where a mistake in them is one that can be put right."""
    cron, timezone = " ".join(typed.get("cron", "").split()), typed.get("timezone", "").strip()
    meant = cron if words_of(cron) else suggest(cron[:LONGEST_TEXT])
    zone = timezone if timezone in known_zones() else near_zone(timezone)
    return (meant, zone) if meant and zone and (meant, zone) != (cron, timezone) else None


def _schedule(typed: Mapping[str, str]) -> Schedule | None:
    value, problems = triggers.to_value(typed)
    if problems:
        return None
    try:
        return schedules.check_schedule(
            value["cron"], value["timezone"], value.get("start"), value.get("end")
        )
    except InvalidInput:
        return None


def _sheet(schedule: Schedule, asked: str, now: datetime) -> Sheet:
    """The month that was asked for ("2027-03"), else that of the next run."""
    year, _, month = asked.partition("-")
    if year.isdecimal() and month.isdecimal() and int(year) in YEARS and 1 <= int(month) <= 12:
        return sheet(schedule, int(year), int(month))
    first = next(iter(schedules.next_runs(schedule, now, 1)), now).astimezone(schedule.zone)
    return sheet(schedule, first.year, first.month)


def _busy(
    schedule: Schedule, now: datetime, visitor: Visitor, pipeline: Pipeline | None
) -> Busy | None:
    load = queries.collisions(schedule, schedule.zone, visitor, now, but=pipeline)
    if load is None or not load.others:
        return None
    return Busy(load, _at_free(schedule, load))


def _at_free(schedule: Schedule, load: queries.Load) -> str:
    """The same schedule at the free minute, if it has one time of day, which then moves."""
    cron = schedule.cron
    if load.free is None or load.others_at_free >= load.others or len(cron.times) != 1:
        return ""
    if load.free.date() != load.at.date():
        return ""
    _, _, *days = cron.text.split()
    return " ".join([f"{load.free.minute} {load.free.hour}", *days])
