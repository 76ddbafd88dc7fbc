"""Why a promised start was missed, as far as it can be known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from dashboard.models import Promise, Stoppage, Trigger
from dashboard.services.entering import Entered
from provisioning.contracts import MissedCause
from provisioning.errors import SkyclockError

NOT_READ = "not_read"
HISTORY_GONE = "history_gone"
DEPLOYED_TOO_LATE = "deployed_too_late"
ORIGIN_UNKNOWN = "origin_unknown"


@dataclass(frozen=True)
class Cause:
    code: str
    message: str  # a sentence


GONE = Cause(
    HISTORY_GONE, "The cloud keeps its history for a time only, and had forgotten this part of it."
)
UNTOLD = Cause(
    ORIGIN_UNKNOWN, "The cloud does not tell what started this run; by its time it is this one."
)
LATE_DEPLOYMENT = Cause(
    DEPLOYED_TOO_LATE, "A deployment was under way at this time, and ended too late for this start."
)


def of_missed(
    trigger: Trigger, dues: Sequence[datetime], entered: Entered | None
) -> dict[datetime, Cause]:
    """By due time; those of which nothing is known are left out."""
    if not dues:
        return {}
    evidence = Evidence(trigger, min(dues), max(dues))
    found = {due: cause for due in dues if (cause := evidence.of(due))}
    return found | _told(trigger, [due for due in dues if due not in found], entered)


def _told(
    trigger: Trigger, dues: Sequence[datetime], entered: Entered | None
) -> dict[datetime, Cause]:
    if entered is None or not dues:
        return {}
    try:
        told: Mapping[datetime, MissedCause] = entered.blueprint.explain_missed(
            entered.session, entered.spec, trigger.key, tuple(dues)
        )
    except SkyclockError:
        return {}  # that it was missed is known all the same
    return {due: Cause(cause.code, cause.message) for due, cause in told.items() if due in dues}


class Evidence:
    """What the rows tell of a trigger in a span of time, read once."""

    def __init__(self, trigger: Trigger, since: datetime, until: datetime) -> None:
        lasted = Q(until=None) | Q(until__gte=since)
        self._stoppages = list(Stoppage.objects.filter(lasted, trigger=trigger))
        self._changes = list(
            Promise.objects.filter(trigger=trigger, began__lte=until, since__gt=since)
        )

    def of(self, due: datetime) -> Cause | None:
        for each in self._stoppages:
            begun = each.fine_at is None or each.fine_at <= due
            if begun and (each.until is None or due < each.until):
                return Cause(each.code, each.message)
        if any(each.began <= due < each.since for each in self._changes):
            return LATE_DEPLOYMENT
        return None
