"""From native schedules to a Translation: both sides enumerated, and what differs put in words.

Each dialect brings its own evaluator; what has to be compared, and what follows, is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile

from provisioning.schedules import proof, refusals
from provisioning.schedules.horizon import (
    Horizon,
    change_of,
    changes_of,
    differing_date,
    windows_of,
)
from provisioning.schedules.native import NativeSchedules, Status, Translation
from provisioning.schedules.schedule import Schedule
from provisioning.schedules.zones import DAY, ClockChange

MOMENT = timedelta(microseconds=1)
SEARCHED = 3 * 366 * DAY  # for the first difference of what is refused anyway

# The evaluators of all natives, once for each reading of what the cloud's words leave open.
Readings = Sequence[Sequence[proof.Firings]]


@dataclass(frozen=True)
class Words:
    """What a dialect is called, and what it does with a time that a clock change touches."""

    dialect: str
    skipped: str
    repeated: str


def proved(
    schedule: Schedule,
    natives: NativeSchedules,
    horizon: Horizon,
    *,
    dates: Sequence[tuple[proof.Matches, Sequence[proof.Matches]]],
    readings: Readings,
    words: Words,
    windows: Sequence[proof.Window] = (),
) -> Translation:
    """`dates`: for each part of the times, the wanted ones and those of each native; `readings`:
    the instants, compared in `windows` as well."""
    wrong = (differing_date(schedule, *part, horizon) for part in dates)
    overlap = min(filter(None, wrong), key=lambda each: each.at, default=None)
    if overlap and overlap.kind is not proof.Kind.TWICE:
        return not_exact(overlap, words)
    changes = changes_of(schedule, horizon)
    changed: ClockChange | None = None
    first: proof.Difference | None = None
    looked_at = [*windows_of(schedule, changes, horizon), *windows]
    for difference in _differences(schedule, readings, looked_at):
        if overlap and difference.kind is proof.Kind.TWICE:
            continue
        change = change_of(difference, changes)
        if change is None:
            return not_exact(difference, words)
        changed, first = changed or change, first or difference
    if overlap:
        reason = refusals.or_overlap(overlap, len(natives.expressions))
        status = Status.OVERLAP_EXCEPT_DST if changed else Status.OVERLAP
        return Translation(status, natives, "or-overlap", reason, overlap)
    if changed is None:
        return Translation(Status.EXACT, natives)
    code, told = refusals.clock_change(
        schedule, changed, words.dialect, skipped=words.skipped, repeated=words.repeated
    )
    reason = f"{told} {refusals.ways_out(changed)}"
    return Translation(Status.EXCEPT_DST, natives, code, reason, first, told=told)


def not_exact(difference: proof.Difference, words: Words) -> Translation:
    reason = refusals.not_exact(difference, words.dialect)
    return Translation(Status.REFUSED, None, "not-exact", reason, difference)


def missing(schedule: Schedule, horizon: Horizon) -> proof.Difference:
    """The first run, of what has no native form at all."""
    return proof.Difference(next(schedule.firings(horizon[0])), proof.Kind.MISSING)


def first_difference(
    schedule: Schedule, readings: Readings, since: datetime
) -> proof.Difference | None:
    """Of the nearest that a dialect could say, the first instant that is wrong."""
    window = (since, since + SEARCHED)
    found = (
        difference
        for natives in readings
        for difference in islice(proof.differences(schedule.firings, natives, [window]), 1)
    )
    return min(found, key=lambda difference: difference.at, default=None)


def until(every: Iterable[datetime], end: datetime) -> Iterator[datetime]:
    return takewhile(lambda instant: instant < end, every)


def _differences(
    schedule: Schedule, readings: Readings, windows: Sequence[proof.Window]
) -> Iterator[proof.Difference]:
    """Only what every reading has right is exact."""
    found: set[proof.Difference] = set()
    for natives in readings:
        found.update(proof.differences(schedule.firings, natives, windows))
    yield from sorted(found, key=lambda difference: difference.at)
