"""Runs as the answers to due times. What comes after all repairs what was said before."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from dashboard.models import Occurrence, Promise, Run, Trigger
from dashboard.models.occurrences import GRACE, grace_of
from dashboard.services.ledger import causes, deciding
from dashboard.services.ledger.deciding import View
from dashboard.services.ledger.matching import EARLY, ON_TIME, REACH, SAME, Started, match
from dashboard.services.ledger.writing import occurrence_of
from provisioning.contracts import TriggerKind
from provisioning.schedules.due_times import due_times, is_unsure, unsure_times

PORTION = 500
_ANSWER = ("status", "run", "late_seconds", "cause_code", "cause", "decided_at")
Status = Occurrence.Status


def match_runs(trigger: Trigger, view: View, *, since: datetime | None, until: datetime) -> None:
    """Give each run that has none its due time; what has none at all is extra. Runs from `until`
    on may answer what is not written yet."""
    promises = list(trigger.promises.select_related("trigger").order_by("began"))
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
        possible = self._possible(since, until, known=rows.keys())
        matched = match(
            [*(due for due, row in rows.items() if row.run_id is None), *possible],
            started,
            grace=max(GRACE, grace_of(self._trigger)),
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

    def _possible(
        self, since: datetime, until: datetime, *, known: Collection[datetime]
    ) -> dict[datetime, Promise]:
        """Around the promises' edges, and at clock changes where a difference was accepted:
        nobody knows whether the cloud fires."""
        found: dict[datetime, Promise] = {}
        for each in self._promises:
            before = (max(since, each.began), min(until, each.since))
            after = (max(since, each.until), until) if each.until else (until, until)
            if each.until and each.ceased:
                after = (after[0], min(until, each.ceased))
            for window in (before, after):
                found |= dict.fromkeys(due_times(each.definition, *window), each)
            ceased = min(filter(None, (until, each.ceased)))
            unsure = unsure_times(each.definition, max(since, each.began), ceased)
            found |= dict.fromkeys(unsure, each)
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
                row, promised = occurrence_of(possible[due], due), False
            _answer(row, runs[id], promised=promised)
            changed.append(row)
        save(changed)

    def _save_extra(self, runs: list[Run], rows: dict[datetime, Occurrence]) -> None:
        if self._trigger.kind == TriggerKind.TUMBLING_WINDOW.value:
            return  # a window that is tried again: one due time, several runs
        made = [self._extra(run) for run in runs if not self._accepted(run)]
        Occurrence.objects.bulk_create(made)

    def _accepted(self, run: Run) -> bool:
        """It came with a clock change, as somebody accepted."""
        at = run.scheduled_for or run.started
        return any(
            each.began <= at
            and (each.ceased is None or at <= each.ceased)
            and any(is_unsure(each.definition, moment) for moment in (at, at - ON_TIME))
            for each in self._promises
        )

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


def save(rows: list[Occurrence]) -> None:
    """What is said of due times, new ones included. By one statement a portion: an UPDATE of so
    many different rows takes a database twenty times as long."""
    for row in rows:
        row.pk = None
    Occurrence.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["trigger", "due"],
        update_fields=list(_ANSWER),
    )


def _answer(row: Occurrence, run: Run, *, promised: bool) -> None:
    assert row.due is not None
    late = promised and deciding.is_late(row.due, run.started)
    cause = causes.UNTOLD if run.trigger_id is None else None
    row.run = run
    row.late_seconds = deciding.seconds_late(row.due, run.started)
    row.status = Status.LATE if late else Status.DONE if run.final else Status.RUNNING
    row.cause_code, row.cause = (cause.code, cause.message) if cause else ("", "")
    row.decided_at = timezone.now()
