"""When native schedules fire, by each dialect's own evaluator; what fires twice is there twice."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile

from provisioning.schedules import Dialect, NativeSchedules, eventbridge, unix_cron
from provisioning.schedules.recurrence import parse_recurrence
from provisioning.schedules.walls import Reading

READINGS = {
    Dialect.EVENTBRIDGE_SCHEDULER: (Reading.FEWEST,),  # AWS says what it does
    Dialect.EVENTBRIDGE_RULE: (Reading.FEWEST,),
    Dialect.ADF: tuple(Reading),
    Dialect.GCP: tuple(Reading),
}


def fired(
    natives: NativeSchedules, dialect: Dialect, since: datetime, until: datetime, reading: Reading
) -> list[datetime]:
    after = since - timedelta(microseconds=1)
    every = heapq.merge(
        *(_each(natives, dialect, text, after, reading) for text in natives.expressions)
    )
    return list(takewhile(lambda instant: instant < until, every))


def _each(
    natives: NativeSchedules, dialect: Dialect, text: str, after: datetime, reading: Reading
) -> Iterator[datetime]:
    if dialect is Dialect.ADF:
        return parse_recurrence(text).firings(after, reading=reading)
    if dialect is Dialect.GCP:
        return unix_cron.firings(text, natives.timezone, after=after, reading=reading)
    window = {"start": natives.start, "end": natives.end}
    return eventbridge.firings(text, natives.timezone, after=after, **window)
