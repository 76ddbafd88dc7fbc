"""The ledger's rows, written after each pull of a Pipeline's history.

Each step may be repeated or cut off at any time. Work is in portions, so that a clock that was
put months ahead costs time but no memory; only what is open is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from dashboard.models import Occurrence, Pipeline, Promise, Run, Trigger
from dashboard.models.occurrences import GRACE
from dashboard.services.entering import Entered
from dashboard.services.ledger import causes, deciding
from dashboard.services.ledger.causes import Cause
from dashboard.services.ledger.deciding import Verdict, View
from dashboard.services.ledger.matching import EARLY, REACH, SAME, Started, match
from provisioning.contracts import TriggerKind
from provisioning.schedules.due_times import INSTANT, due_times

PORTION = 500
MOST_WRITTEN = 50_000  # in one pull; the next one goes on
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
    unwritten = _unwritten(pipeline, view.as_of)
    if since:  # where the last pull left off in the middle, its runs were not matched either
        since = min([since, *(each.written_until for each in unwritten)])
    for promise in unwritten:
        write(promise, view.as_of)
    left = [each.written_until for each in _unwritten(pipeline, view.as_of)]
    written = min([view.as_of, *left])
    triggers = list(pipeline.triggers.filter(promises__isnull=False).distinct().order_by("key"))
    for trigger in triggers:
        match_runs(trigger, view, since=since, until=written - EARLY)
    follow_runs(pipeline)
    overdue = _undecided(pipeline, view.as_of)
    if overdue.exists():
        verify()
    for trigger in triggers:
        decide(trigger, view, entered)
        explain(trigger, view, entered)
    return not left


# ── Due times ───────────────────────────────────────────────────────────────────────


def _unwritten(pipeline: Pipeline, as_of: datetime) -> list[Promise]:
    rows = pipeline.promises.filter(written_until__lt=as_of)
    return [each for each in rows if each.until is None or each.written_until < each.until]


def write(promise: Promise, as_of: datetime) -> None:
    """Make Occurrences of all due times until then, or of the first part of them."""
    until = min(as_of, promise.until) if promise.until else as_of
    coming = due_times(promise.definition, promise.written_until, until)
    some = islice(coming, MOST_WRITTEN)
    while dues := list(islice(some, PORTION)):
        _write_portion(promise, dues, dues[-1] + INSTANT)
    more = next(coming, None)
    _write_portion(promise, (), more or until)


@transaction.atomic
def _write_portion(promise: Promise, dues: Iterable[datetime], written_until: datetime) -> None:
    now = Promise.objects.select_for_update().get(pk=promise.pk)
    # It may have ended since: by a pause, or by a deployment.
    rows = [
        _due(now, due)
        for due in dues
        if due >= now.since and (now.until is None or due < now.until)
    ]
    Occurrence.objects.bulk_create(rows, ignore_conflicts=True)
    Promise.objects.filter(pk=promise.pk).update(written_until=written_until)


def _due(promise: Promise, due: datetime) -> Occurrence:
    return Occurrence(
        pipeline_id=promise.pipeline_id,
        trigger_id=promise.trigger_id,
        version_id=promise.version_id,
        due=due,
        at=due,
        deadline=deciding.deadline(due, grace_of(promise)),
    )


def grace_of(promise: Promise) -> timedelta:
    minutes = promise.definition.get("grace_minutes")
    return timedelta(minutes=minutes) if minutes else GRACE


# ── Runs ────────────────────────────────────────────────────────────────────────────


def match_runs(trigger: Trigger, view: View, *, since: datetime | None, until: datetime) -> None:
    """Give each run that has none its due time; what has none at all is extra. Runs from `until`
    on may answer what is not written yet."""
    promises = list(trigger.promises.order_by("began"))
    if not promises:
        return
    oldest = promises[0].began - EARLY
    rows = _unmatched(trigger, max(since - REACH, oldest) if since else oldest, until)
    for runs in _portions(rows):
        Answering(trigger, promises, view).match(runs)


def _unmatched(trigger: Trigger, since: datetime, until: datetime) -> QuerySet[Run]:
    """Its own, and those of which the cloud does not tell what started them."""
    own = Q(trigger=trigger) | Q(trigger=None, trigger_kind="", complete=True)
    rows = Run.objects.filter(
        own,
        pipeline_id=trigger.pipeline_id,
        started__gte=since,
        started__lt=until,
        occurrence=None,
    )
    return rows.order_by("started", "id")


def _portions(rows: QuerySet[Run]) -> Iterator[list[Run]]:
    """By keyset: what is matched leaves the query, what is not must not come again."""
    found = list(rows[:PORTION])
    while found:
        yield found
        last = found[-1]
        later = Q(started__gt=last.started) | Q(started=last.started, pk__gt=last.pk)
        found = list(rows.filter(later)[:PORTION])


class Answering:
    """Runs of one trigger, and the due times that they may answer."""

    def __init__(self, trigger: Trigger, promises: list[Promise], view: View) -> None:
        self._trigger = trigger
        self._promises = promises
        self._view = view

    def match(self, runs: list[Run]) -> None:
        by_id = {run.pk: run for run in runs}
        started = [
            Started(run.pk, run.started, run.scheduled_for, run.trigger_id is not None)
            for run in runs
        ]
        since, until = self._around(started)
        rows = self._rows(since, until)
        possible = self._possible(since, until)
        matched = match(
            [*(due for due, row in rows.items() if row.run_id is None), *possible],
            started,
            grace=GRACE,
            unread=self._view.unread,
        )
        with transaction.atomic():
            self._save(matched.answers, by_id, rows, possible)
            self._save_extra([by_id[each.id] for each in matched.unanswered], rows)

    def _around(self, started: list[Started]) -> tuple[datetime, datetime]:
        times = [each.at for each in started]
        told = [each.scheduled_for for each in started if each.scheduled_for]
        return min([*times, *told]) - REACH, max([*times, *told]) + SAME

    def _rows(self, since: datetime, until: datetime) -> dict[datetime, Occurrence]:
        rows = Occurrence.objects.filter(trigger=self._trigger, due__gte=since, due__lte=until)
        return {row.due: row for row in rows if row.due}

    def _possible(self, since: datetime, until: datetime) -> dict[datetime, Promise]:
        """Around the promises' edges, where nobody knows."""
        found: dict[datetime, Promise] = {}
        for each in self._promises:
            before = (max(since, each.began), min(until, each.since))
            after = (max(since, each.until), until) if each.until else (until, until)
            if each.until and each.ceased:
                after = (after[0], min(until, each.ceased))
            for window in (before, after):
                found |= dict.fromkeys(due_times(each.definition, *window), each)
        known = set(self._rows(since, until))
        return {due: each for due, each in found.items() if due not in known}

    def _save(
        self,
        answers: dict[int, datetime],
        runs: dict[int, Run],
        rows: dict[datetime, Occurrence],
        possible: dict[datetime, Promise],
    ) -> None:
        changed: list[Occurrence] = []
        for id, due in answers.items():
            row, promised = rows.get(due), True
            if row is None:
                row, promised = _due(possible[due], due), False
            _answer(row, runs[id], promised=promised)
            changed.append(row)
        Occurrence.objects.bulk_create([row for row in changed if row.pk is None])
        known = [row for row in changed if row.pk is not None]
        Occurrence.objects.bulk_update(known, ANSWER, batch_size=100)

    def _save_extra(self, runs: list[Run], rows: dict[datetime, Occurrence]) -> None:
        if self._trigger.kind == TriggerKind.TUMBLING_WINDOW.value:
            return  # a window that is tried again: one due time, several runs
        made = [self._extra(run) for run in runs]
        Occurrence.objects.bulk_create(made)

    def _extra(self, run: Run) -> Occurrence:
        return Occurrence(
            pipeline_id=run.pipeline_id,
            trigger=self._trigger,
            version_id=run.version_id,
            at=run.started,
            status=Status.EXTRA,
            run=run,
            decided_at=timezone.now(),
        )


ANSWER = ("status", "run", "late_seconds", "cause_code", "cause", "decided_at")


def _answer(row: Occurrence, run: Run, *, promised: bool) -> None:
    assert row.due is not None
    late = promised and deciding.is_late(row.due, run.started)
    cause = causes.UNTOLD if run.trigger_id is None else None
    row.run = run
    row.late_seconds = deciding.seconds_late(row.due, run.started)
    row.status = Status.LATE if late else Status.DONE if run.final else Status.RUNNING
    row.cause_code, row.cause = (cause.code, cause.message) if cause else ("", "")
    row.decided_at = timezone.now()


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
    Occurrence.objects.bulk_update([*missed, *gone], ANSWER, batch_size=100)


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
    Occurrence.objects.bulk_update(told, ANSWER, batch_size=100)
