"""What is said of a due time, and when that may be said. Pure: no clock, no database.

A start is missed only when the cloud's history was read up to the end of its grace and has no
run for it. What could not be read is unknown, for as long as it cannot be read.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from dashboard.services.ledger.matching import EARLY, ON_TIME


class Verdict(Enum):
    WAIT = "wait"  # its grace goes on, or what is needed was not read yet
    MISSED = "missed"
    UNREADABLE = "unreadable"  # the cloud had forgotten before we looked


@dataclass(frozen=True)
class View:
    """What was read of the history: all runs that began from `kept_since` until `as_of`, but for
    the origin of those that began at `unread`. What began before `seen_until` was read by the
    pulls before. `kept_since` is None where a cloud forgets nothing."""

    as_of: datetime
    seen_until: datetime | None = None
    kept_since: datetime | None = None
    unread: Sequence[datetime] = ()


def decide(due: datetime, deadline: datetime, view: View) -> Verdict:
    """Of a due time that no run answers."""
    if deadline > view.as_of:
        return Verdict.WAIT
    since = bisect_left(view.unread, due - EARLY)
    if since < bisect_right(view.unread, deadline):
        return Verdict.WAIT
    return Verdict.UNREADABLE if _was_forgotten(due, deadline, view) else Verdict.MISSED


def _was_forgotten(due: datetime, deadline: datetime, view: View) -> bool:
    if view.kept_since is None or due - EARLY >= view.kept_since:
        return False
    return view.seen_until is None or view.seen_until < min(deadline, view.kept_since)


def seconds_late(due: datetime, started: datetime) -> int:
    return max(0, int((started - due).total_seconds()))


def is_late(due: datetime, started: datetime) -> bool:
    return started - due > ON_TIME


def deadline(due: datetime, grace: timedelta) -> datetime:
    return due + max(grace, ON_TIME)
