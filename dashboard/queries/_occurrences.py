"""The ledger: what schedules promised and what came of it, the past from its rows, and what is
due from the promises that go on.

The time of an Occurrence, and what is overdue, is by its Connection's clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from dashboard.access import DEFINITION, Visitor, visible_pipelines
from dashboard.models import Occurrence, Pipeline, Promise, Run, Trigger
from dashboard.models.occurrences import grace_of
from provisioning.errors import InvalidInput
from provisioning.schedules.due_times import due_times

MOST = 10_000  # of one answer
Status = Occurrence.Status
NOT_READ = "not_read"


@dataclass(frozen=True)
class Cause:
    code: str
    message: str


@dataclass(frozen=True)
class Shown:
    """An Occurrence as it is now; `row` is None of one that no pull has written yet."""

    pipeline: Pipeline
    trigger: Trigger
    at: datetime
    due: datetime | None
    status: str
    run: Run | None = None
    late_seconds: int | None = None
    cause: Cause | None = None
    row: Occurrence | None = None


def occurrences(pipeline: Pipeline, since: datetime, until: datetime) -> list[Shown]:
    """All from `since` until `until`, in order, those of the future included. InvalidInput where
    they are too many."""
    found = list(islice(each_of([pipeline], since, until), MOST + 1))
    if len(found) > MOST:
        message = f"There are more than {MOST:,} starts in this time. Ask for a shorter one."
        raise InvalidInput.at("until", message, "too-many")
    return found


def each_of(pipelines: Sequence[Pipeline], since: datetime, until: datetime) -> Iterator[Shown]:
    """The same of many Pipelines with their Connections: two queries, read as they are asked."""
    by_id = {each.pk: each for each in pipelines}
    real = timezone.now()
    written = _written(by_id, since, until, real)
    coming = [_coming(promise, by_id, since, until, real) for promise in _promises(by_id)]
    return merge(written, *coming, key=lambda each: each.at)


def counts(pipeline: Pipeline, since: datetime, until: datetime) -> dict[str, int]:
    """By status, of what is in the rows; what is overdue counts as unknown."""
    rows = pipeline.occurrences.filter(at__gte=since, at__lt=until)
    now = pipeline.connection.now(timezone.now())
    found = dict.fromkeys(Status.values, 0)
    for each in rows.values("status").annotate(n=Count("pk")).order_by():
        found[each["status"]] = each["n"]
    overdue = rows.filter(_overdue(now)).count()
    found[Status.DUE] -= overdue
    found[Status.UNKNOWN] += overdue
    return found


def ledger(
    pipeline: Pipeline,
    *,
    status: str | None = None,
    before: Occurrence | None = None,
    limit: int = 50,
) -> list[Shown]:
    """A page of the rows, newest first; those before `before` when it is given."""
    real = timezone.now()
    now = pipeline.connection.now(real)
    rows = _related(pipeline.occurrences.all())
    if status == Status.UNKNOWN:
        rows = rows.filter(Q(status=status) | _overdue(now))
    elif status == Status.DUE:
        rows = rows.filter(status=status).exclude(_overdue(now))
    elif status:
        rows = rows.filter(status=status)
    if before is not None:
        rows = rows.filter(Q(at__lt=before.at) | Q(at=before.at, pk__lt=before.pk))
    found = rows.order_by("-at", "-id")[: min(limit, MOST)]
    return [_shown(row, pipeline, now) for row in found]


def troubled(user: Visitor, real: datetime, *, limit: int = 10) -> list[Shown]:
    """Starts that were missed or late in the last day by each Connection's clock, newest first."""
    rows = Occurrence.objects.filter(
        pipeline__in=visible_pipelines(user).values("pk"), status__in=[Status.MISSED, Status.LATE]
    ).filter(start__run=None)  # what a Backfill made up for needs nobody any more
    newest = _related(rows).select_related("pipeline__connection").order_by("-at", "-id")
    found = [
        _shown(row, row.pipeline, row.pipeline.connection.now(real)) for row in newest[: 10 * limit]
    ]
    day = timedelta(days=1)
    return [one for one in found if one.at >= one.pipeline.connection.now(real) - day][:limit]


# ── From rows ───────────────────────────────────────────────────────────────────────


def _overdue(now: datetime) -> Q:
    """Its grace has passed, and nobody has looked since."""
    return Q(status=Status.DUE, deadline__lt=now)


def _related(rows: QuerySet[Occurrence]) -> QuerySet[Occurrence]:
    return rows.select_related("trigger", "run", "version", "start").defer(*DEFINITION)


def _written(
    pipelines: dict[int, Pipeline], since: datetime, until: datetime, real: datetime
) -> Iterator[Shown]:
    rows = _related(Occurrence.objects.filter(pipeline__in=pipelines, at__gte=since, at__lt=until))
    for row in rows.order_by("at", "id").iterator(chunk_size=1000):
        pipeline = pipelines[row.pipeline_id]
        yield _shown(row, pipeline, pipeline.connection.now(real))


def _shown(row: Occurrence, pipeline: Pipeline, now: datetime) -> Shown:
    cause = Cause(row.cause_code, row.cause) if row.cause_code else None
    status = str(row.status)
    if status == Status.DUE and row.deadline and row.deadline < now:
        status, cause = str(Status.UNKNOWN), not_read(pipeline)
    return Shown(
        pipeline=pipeline,
        trigger=row.trigger,
        at=row.at,
        due=row.due,
        status=status,
        run=row.run,
        late_seconds=row.late_seconds,
        cause=cause,
        row=row,
    )


def not_read(pipeline: Pipeline) -> Cause:
    """Why nothing is known of what is overdue."""
    if not pipeline.connection.enabled:
        why = "The connection is disabled, so the cloud's history is not read."
    elif pipeline.sync_error:
        why = f"The cloud's history could not be read: {pipeline.sync_error}"
    else:
        why = "The cloud's history was not read up to this time yet."
    return Cause(NOT_READ, why)


# ── From promises ───────────────────────────────────────────────────────────────────


def _promises(pipelines: Iterable[int]) -> list[Promise]:
    rows = Promise.objects.filter(pipeline__in=list(pipelines), until=None)
    return list(rows.select_related("trigger"))


def _coming(
    promise: Promise,
    pipelines: dict[int, Pipeline],
    since: datetime,
    until: datetime,
    real: datetime,
) -> Iterator[Shown]:
    """What is not in the rows yet."""
    pipeline = pipelines[promise.pipeline_id]
    now = pipeline.connection.now(real)
    for due in due_times(promise.definition, max(since, promise.written_until), until):
        overdue = due + grace_of(promise.trigger) < now
        yield Shown(
            pipeline=pipeline,
            trigger=promise.trigger,
            at=due,
            due=due,
            status=str(Status.UNKNOWN if overdue else Status.DUE),
            cause=not_read(pipeline) if overdue else None,
        )
