"""The ledger's rows, written after each pull of a Pipeline's history.

Each step may be repeated or cut off at any time. Work is in portions, so that a clock that was
put months ahead costs time but no memory; only what is open is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from dashboard.models import Occurrence, Pipeline, Run, Trigger
from dashboard.services.entering import Entered
from dashboard.services.ledger import answering, causes, deciding, writing
from dashboard.services.ledger.causes import Cause
from dashboard.services.ledger.deciding import Verdict, View
from dashboard.services.ledger.matching import EARLY

PORTION = 500
ASKED_AGAIN = timedelta(days=2)  # for the cause of a missed one
Status = Occurrence.Status


def keep(
    pipeline: Pipeline,
    view: View,
    *,
    since: datetime | None,
    entered: Entered | None = None,
    verify: Callable[[], object] = lambda: None,
) -> bool:
    """After a pull that read what `view` says. `since`: older runs are known already. `verify`
    reads the triggers back; it is called before a start is said to be missed.

    False when there was too much for one time.
    """
    unwritten = writing.unwritten(pipeline, view.as_of)
    if since:  # where the last pull left off in the middle, its runs were not matched either
        since = min([since, *(each.written_until for each in unwritten)])
    for promise in unwritten:
        writing.write(promise, view.as_of)
    left = [each.written_until for each in writing.unwritten(pipeline, view.as_of)]
    written = min([view.as_of, *left])
    triggers = list(pipeline.triggers.filter(promises__isnull=False).distinct().order_by("key"))
    for trigger in triggers:
        answering.match_runs(trigger, view, since=since, until=written - EARLY)
    follow_runs(pipeline)
    overdue = _undecided(pipeline, view.as_of)
    if overdue.exists():
        verify()
    for trigger in triggers:
        decide(trigger, view, entered)
        explain(trigger, view, entered)
    return not left


def write_due(pipeline: Pipeline, now: datetime) -> None:
    """While nothing can be read."""
    for promise in writing.unwritten(pipeline, now):
        writing.write(promise, now)


# ── Runs ────────────────────────────────────────────────────────────────────────────


def follow_runs(pipeline: Pipeline) -> None:
    """Those that were running and have ended, or were taken up again."""
    final = [Run.Status.SUCCEEDED, Run.Status.FAILED, Run.Status.STOPPED]
    rows = Occurrence.objects.filter(pipeline=pipeline)
    rows.filter(status=Status.RUNNING, run__status__in=final).update(status=Status.DONE)


# ── Missed or unknown ───────────────────────────────────────────────────────────────


def _undecided(pipeline: Pipeline, as_of: datetime) -> QuerySet[Occurrence]:
    return pipeline.occurrences.filter(status=Status.DUE, run=None, deadline__lte=as_of)


def decide(trigger: Trigger, view: View, entered: Entered | None) -> None:
    rows = trigger.occurrences.filter(status=Status.DUE, run=None, deadline__lte=view.as_of)
    last: datetime | None = None
    while True:
        following = rows.filter(due__gt=last) if last else rows
        portion = list(following.order_by("due")[:PORTION])
        if not portion:
            return
        last = portion[-1].due
        _decide(trigger, portion, view, entered)


def _decide(trigger: Trigger, rows: list[Occurrence], view: View, entered: Entered | None) -> None:
    verdicts = {row.pk: deciding.decide(row.at, _deadline(row), view) for row in rows}
    missed = [row for row in rows if verdicts[row.pk] is Verdict.MISSED]
    found = causes.of_missed(trigger, [row.at for row in missed], entered)
    for row in missed:
        _close(row, Status.MISSED, found.get(row.at))
    gone = [row for row in rows if verdicts[row.pk] is Verdict.UNREADABLE]
    for row in gone:
        _close(row, Status.UNKNOWN, causes.GONE)
    answering.save([*missed, *gone])


def _deadline(row: Occurrence) -> datetime:
    return row.deadline or row.at


def _close(row: Occurrence, status: Occurrence.Status, cause: Cause | None) -> None:
    row.status, row.decided_at = status, timezone.now()
    row.cause_code, row.cause = (cause.code, cause.message[:400]) if cause else ("", "")


def explain(trigger: Trigger, view: View, entered: Entered | None) -> None:
    """A cloud that tries for long tells its reason when it has given up."""
    rows = trigger.occurrences.filter(
        status=Status.MISSED, cause_code="", due__gte=view.as_of - ASKED_AGAIN
    )
    open_ones = list(rows.order_by("-due")[:PORTION])
    found = causes.of_missed(trigger, [row.at for row in open_ones], entered)
    told = [row for row in open_ones if row.at in found]
    for row in told:
        _close(row, Status.MISSED, found[row.at])
    answering.save(told)
