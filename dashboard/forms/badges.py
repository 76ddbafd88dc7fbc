"""How each cloud's scheduler takes a schedule, as a badge; and what it would take instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from provisioning import schedules
from provisioning.contracts import Cloud
from provisioning.schedules import Dialect, Schedule, Status, Translation
from provisioning.schedules.alternatives import Alternative, alternatives
from provisioning.schedules.clock_notes import ClockNote, clock_notes
from provisioning.schedules.horizon import HORIZON
from provisioning.schedules.recurrence import parse_recurrence
from provisioning.schedules.recurrence_text import timing

# The dialect that our Blueprints of a cloud are deployed in.
DECIDES = {
    Cloud.AWS: Dialect.EVENTBRIDGE_SCHEDULER,
    Cloud.AZURE: Dialect.ADF,
    Cloud.GOOGLE: Dialect.GCP,
}


@dataclass(frozen=True)
class Badge:
    dialect: Dialect
    decides: bool  # it is the chosen Connection's
    state: str  # a word of the table of states
    words: str
    reason: str = ""
    expressions: tuple[str, ...] = ()
    timezone: str = ""
    clock: tuple[ClockNote, ...] = ()
    alternatives: tuple[Alternative, ...] = ()  # of the one that decides

    @property
    def headline(self) -> str:
        """Exact on EventBridge Scheduler; Not possible on it: first difference 31 Jan 2027"""
        verdict, colon, rest = self.words.partition(":")
        return f"{verdict[0].upper()}{verdict[1:]} on {self.dialect.label}{colon}{rest}"


@dataclass(frozen=True)
class ClockDay:
    """A day on which the clock changes under the schedule: (who, what they do)."""

    note: ClockNote
    done: tuple[tuple[str, str], ...]


def badges(schedule: Schedule, cloud: Cloud | None, now: datetime) -> tuple[Badge, ...]:
    """The one that decides first. What is saved is proved from `HORIZON` on, and all that is
    shown until then is proved together with it; later on, once a day."""
    day = max(HORIZON[0], now.replace(hour=0, minute=0, second=0, microsecond=0))
    decider = DECIDES.get(cloud) if cloud else None
    found = [_badge(schedule, dialect, dialect is decider, day, now) for dialect in Dialect]
    return tuple(sorted(found, key=lambda badge: not badge.decides))


def _badge(
    schedule: Schedule, dialect: Dialect, decides: bool, day: datetime, now: datetime
) -> Badge:
    found = schedules.translate(schedule, dialect, day)
    best = found.split if found.split and found.split.natives else found
    state, words = _verdict(best if best.status in USED else found, schedule)
    natives = best.natives if state != "fail" else None
    ways = alternatives(schedule, dialect, found, day) if decides and state != "pass" else ()
    return Badge(
        dialect=dialect,
        decides=decides,
        state=state,
        words=words,
        reason=found.reason if state != "pass" else "",
        expressions=_said(natives.expressions, dialect) if natives else (),
        timezone=natives.timezone if natives else "",
        clock=tuple(clock_notes(schedule, dialect, found, now)),
        alternatives=tuple(ways),
    )


def _said(expressions: tuple[str, ...], dialect: Dialect) -> tuple[str, ...]:
    """As people read them: a recurrence is JSON in the cloud."""
    if dialect is not Dialect.ADF:
        return expressions
    return tuple(timing(parse_recurrence(each)) for each in expressions)


USED = (Status.EXACT, Status.EXCEPT_DST)


def _verdict(found: Translation, schedule: Schedule) -> tuple[str, str]:
    if found.natives and found.status is Status.EXACT:
        count = len(found.natives.expressions)
        return "pass", "exact" if count == 1 else f"exact with {count} triggers"
    if found.status is Status.EXCEPT_DST:
        return "late", "exact except clock changes"
    if not found.difference:
        return "fail", "not possible"
    return "fail", f"not possible: first difference {day_of(found.difference.at, schedule)}"


def day_of(at: datetime, schedule: Schedule) -> str:
    """31 Jan 2027"""
    local = at.astimezone(schedule.zone)
    return f"{local.day} {local:%b %Y}"


def clock_days(found: Sequence[Badge]) -> tuple[ClockDay, ...]:
    """What cron and each cloud do at the next changes of the clock that touch the schedule."""
    rows = zip(*(badge.clock for badge in found), strict=True)
    return tuple(
        ClockDay(
            note=notes[0],
            done=(
                ("cron", notes[0].cron),
                *(
                    (badge.dialect.label, note.cloud)
                    for badge, note in zip(found, notes, strict=True)
                ),
            ),
        )
        for notes in rows
    )
