"""Which run answers which due time. Pure: no clock, no database.

A run that tells its firing belongs to that one and to no other. Else the nearest due time that
no run has yet: first among those that are on time, then among those that would be late.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

ON_TIME = timedelta(seconds=120)  # what clouds take to start something; later is late
EARLY = timedelta(seconds=10)  # clocks differ
SAME = timedelta(seconds=60)  # clouds tell a firing's time to the minute or better
REACH = timedelta(hours=24)  # for so long a cloud tries to start what refused it


@dataclass(frozen=True)
class Started:
    """A run. `certain`: the cloud told that this trigger started it; else it told nothing."""

    id: int
    at: datetime
    scheduled_for: datetime | None = None
    certain: bool = True


@dataclass(frozen=True)
class Matched:
    answers: dict[int, datetime]  # run → due time
    unanswered: tuple[Started, ...]  # runs that answer nothing


def match(
    dues: Iterable[datetime],
    runs: Iterable[Started],
    *,
    grace: timedelta,
    unread: Sequence[datetime],
) -> Matched:
    """`dues` are those that have no run yet. `unread` are the times of runs whose origin was not
    read yet, in order: while there are some near, a late run may belong to an earlier due time,
    and is left for later."""
    free = sorted(set(dues))
    told, rest = _by_firing(free, runs)
    near = _on_time(free, rest)
    answers = {**told.answers, **near}
    unanswered = list(told.unanswered)
    for run in sorted((each for each in rest if each.id not in near), key=lambda each: each.at):
        if _any_within(unread, run.at - REACH, run.at):
            continue
        due = _latest(free, run, reach=REACH if run.certain else grace)
        if due is not None:
            free.remove(due)
            answers[run.id] = due
        elif run.certain:
            unanswered.append(run)
    return Matched(answers, tuple(unanswered))


def _by_firing(free: list[datetime], runs: Iterable[Started]) -> tuple[Matched, list[Started]]:
    answers: dict[int, datetime] = {}
    unanswered: list[Started] = []
    rest: list[Started] = []
    for run in sorted(runs, key=lambda each: (each.at, each.id)):
        if run.scheduled_for is None:
            rest.append(run)
            continue
        due = _nearest(free, run.scheduled_for, SAME)
        if due is None:
            unanswered.append(run)
        else:
            free.remove(due)
            answers[run.id] = due
    return Matched(answers, tuple(unanswered)), rest


def _on_time(free: list[datetime], runs: Sequence[Started]) -> dict[int, datetime]:
    """Those that are nearest to each other find each other first."""
    pairs = sorted(
        (abs(run.at - due), not run.certain, run.id, due)
        for run in runs
        for due in free[bisect_left(free, run.at - ON_TIME) : bisect_right(free, run.at + EARLY)]
    )
    found: dict[int, datetime] = {}
    taken: set[datetime] = set()
    for _, _, id, due in pairs:
        if id not in found and due not in taken:
            found[id] = due
            taken.add(due)
    free[:] = [due for due in free if due not in taken]
    return found


def _nearest(free: list[datetime], to: datetime, within: timedelta) -> datetime | None:
    near = free[bisect_left(free, to - within) : bisect_right(free, to + within)]
    return min(near, key=lambda due: abs(due - to), default=None)


def _latest(free: list[datetime], run: Started, *, reach: timedelta) -> datetime | None:
    place = bisect_right(free, run.at)
    return free[place - 1] if place and free[place - 1] >= run.at - reach else None


def _any_within(times: Sequence[datetime], since: datetime, until: datetime) -> bool:
    return bisect_left(times, since) < bisect_right(times, until)
