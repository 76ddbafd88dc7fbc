"""A question about one schedule and one cloud, and the whole answer as JSON has it.

The API, the command and the pages give the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from provisioning.errors import InvalidInput, Problem
from provisioning.schedules.alternatives import Alternative, alternatives
from provisioning.schedules.clock_notes import ClockNote, clock_notes
from provisioning.schedules.dialects import Dialect, translate
from provisioning.schedules.explain import explain, notes
from provisioning.schedules.native import Status, Translation
from provisioning.schedules.parsing import suggest
from provisioning.schedules.schedule import OUT_OF_YEARS, YEARS, Schedule, check_schedule
from provisioning.schedules.shapes import shapes, stamp
from provisioning.schedules.tumbling import tumbling_window

COUNT = 10
# What is said of the schedule itself is an answer; the rest is a question that cannot be read.
ANSWERED = frozenset({"invalid-cron", "invalid-tz", "never-fires"})

Json = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """`since` is from when on the native schedules are in place, and runs are listed."""

    cron: str
    timezone: str
    dialect: Dialect
    since: datetime
    start: datetime | None = None
    end: datetime | None = None
    count: int = COUNT


def answer(asked: Question) -> Json:
    """InvalidInput where the window is none; all else is answered, also what is refused."""
    if asked.since.year not in YEARS:
        raise InvalidInput.at("from", OUT_OF_YEARS)
    try:
        schedule = check_schedule(asked.cron, asked.timezone, asked.start, asked.end)
    except InvalidInput as error:
        if any(each.code not in ANSWERED for each in error.problems):
            raise
        return _invalid(asked, error.problems)
    if next(schedule.firings(asked.since), None) is None:
        message = f"'{schedule.cron.text}' fires at no time from {stamp(asked.since)} on."
        return _invalid(asked, (Problem("end", message, "never-fires"),))
    since = asked.since.replace(second=0, microsecond=0)
    since += timedelta(minutes=1) if since < asked.since else timedelta()
    found = translate(schedule, asked.dialect, since)
    return {
        "status": found.status.value,
        "native": _native(found),
        "next": [stamp(at) for at in islice(schedule.firings(asked.since), asked.count)],
        "reason": _reason(found),
        "clock_changes": [
            _clock_change(each) for each in clock_notes(schedule, asked.dialect, found, since)
        ],
        "alternatives": [
            _alternative(each) for each in alternatives(schedule, asked.dialect, found, since)
        ],
        "split": _split(found),
        "tumbling_window": _tumbling(schedule, asked.dialect, since),
        "sentence": explain(schedule),
        "notes": [*notes(schedule), *filter(None, [found.note])],
    }


def _native(found: Translation) -> list[Json]:
    return shapes(found.natives) if found.natives else []


def _reason(found: Translation) -> Json | None:
    if found.status is Status.EXACT:
        return None
    first = stamp(found.difference.at) if found.difference else None
    return {"code": found.code, "message": found.reason, "first_difference": first}


def _split(found: Translation) -> Json | None:
    """Another way, with more native schedules, in which none fires together with another."""
    if found.split is None:
        return None
    native = _native(found.split)
    return {
        "status": found.split.status.value,
        "count": len(native),
        "native": native,
        "reason": _reason(found.split),
    }


def _clock_change(note: ClockNote) -> Json:
    return {
        "at": stamp(note.at),
        "date": f"{note.day:%Y-%m-%d}",
        "kind": "gap" if note.forward else "fold",
        "time": f"{note.time:%H:%M}",
        "from": f"{note.first:%H:%M}",
        "to": f"{note.last:%H:%M}",
        "cron": note.cron,
        "cloud": note.cloud,
        "same": note.same,
    }


def _alternative(each: Alternative) -> Json:
    return {
        "cron": each.cron,
        "timezone": each.timezone,
        "start": stamp(each.start) if each.start else None,
        "end": stamp(each.end) if each.end else None,
        "sentence": each.sentence,
        "why": each.why,
    }


def _tumbling(schedule: Schedule, dialect: Dialect, since: datetime) -> Json | None:
    return tumbling_window(schedule, since) if dialect is Dialect.ADF else None


def _invalid(asked: Question, problems: tuple[Problem, ...]) -> Json:
    first, *_ = problems
    near = suggest(asked.cron) if first.code == "invalid-cron" else None
    message = " ".join(each.message for each in problems)
    nearest = []
    if near:
        try:
            schedule = check_schedule(near, asked.timezone, asked.start, asked.end)
            why = "the same in standard cron"
            nearest = [_alternative(Alternative(near, asked.timezone, explain(schedule), why))]
        except InvalidInput:
            pass
    return {
        "status": Status.REFUSED.value,
        "native": [],
        "next": [],
        "reason": {"code": first.code, "message": message, "first_difference": None},
        "clock_changes": [],
        "alternatives": nearest,
        "split": None,
        "tumbling_window": None,
        "sentence": "",
        "notes": [],
    }
