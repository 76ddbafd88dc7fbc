"""Due times as Occurrences: written once they are due, portion by portion."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from django.db import transaction

from dashboard.models import Occurrence, Pipeline, Promise
from dashboard.models.occurrences import grace_of
from dashboard.services.ledger import deciding
from provisioning.schedules.due_times import INSTANT, due_times

PORTION = 500
MOST_WRITTEN = 50_000  # in one pull; the next one goes on


def unwritten(pipeline: Pipeline, as_of: datetime) -> list[Promise]:
    rows = pipeline.promises.filter(written_until__lt=as_of).select_related("trigger")
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
    now.trigger = promise.trigger
    # It may have ended since: by a pause, or by a deployment.
    rows = [
        occurrence_of(now, due)
        for due in dues
        if due >= now.since and (now.until is None or due < now.until)
    ]
    Occurrence.objects.bulk_create(rows, ignore_conflicts=True)
    Promise.objects.filter(pk=promise.pk).update(written_until=written_until)


def occurrence_of(promise: Promise, due: datetime) -> Occurrence:
    return Occurrence(
        pipeline_id=promise.pipeline_id,
        trigger_id=promise.trigger_id,
        version_id=promise.version_id,
        due=due,
        at=due,
        deadline=deciding.deadline(due, grace_of(promise.trigger)),
    )
