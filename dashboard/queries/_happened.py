"""What ran when, and what did not: Runs and Occurrences by quarter of an hour and state, counted
by the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Func, IntegerField, Q, QuerySet

from dashboard.access import Visitor, visible_runs
from dashboard.models import Connection, Occurrence, Run
from dashboard.queries._scheduled import Chosen

LATE, MISSED, UNKNOWN = "late", "missed", "unknown"
LEDGER_STATES = (LATE, MISSED, UNKNOWN)  # of what schedules promised
QUARTER_SECONDS = 15 * 60
PAST_STATES = ("succeeded", "failed", "stopped", "running", "queued")  # as they are shown
Outcomes = Counter[str]  # state → how many


class QuarterOf(Func):
    """The number of the quarter of an hour since 1970. No day or hour has to be found in a
    zone row by row: quarters are the same in all of them."""

    output_field = IntegerField()
    template = f"FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / {QUARTER_SECONDS})::bigint"

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = f"(CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) / {QUARTER_SECONDS})"
        return self.as_sql(compiler, connection, template=template, **more)


def outcomes(
    visitor: Visitor, chosen: Chosen, since: datetime, until: datetime
) -> dict[int, Outcomes]:
    """By the quarters after `since`, which begins one."""
    rows = runs_of(visitor, chosen, since, until).order_by()
    counted = rows.annotate(quarter=QuarterOf(F("started"))).values_list("quarter", "status")
    return _by_quarter(counted.annotate(count=Count("pk")), since)


def broken_promises(
    visitor: Visitor,
    chosen: Chosen,
    since: datetime,
    until: datetime,
    nows: Mapping[Connection, datetime],
) -> dict[int, Outcomes]:
    """Starts that were late or missed, or of which nobody knows, by the quarters after `since`.
    `nows` is what the clock of each Connection shows."""
    rows = occurrences_of(visitor, chosen, since, until).order_by()
    placed = rows.annotate(quarter=QuarterOf(F("at")))
    told = placed.filter(status__in=LEDGER_STATES).values_list("quarter", "status")
    overdue = placed.filter(_overdue(nows)).values_list("quarter").annotate(count=Count("pk"))
    counted = [(quarter, UNKNOWN, count) for quarter, count in overdue]
    found = _by_quarter([*told.annotate(count=Count("pk")), *counted], since)
    if chosen.status:
        return {q: Counter({chosen.status: each[chosen.status]}) for q, each in found.items()}
    return found


def named_broken_promises(
    visitor: Visitor,
    chosen: Chosen,
    since: datetime,
    until: datetime,
    nows: Mapping[Connection, datetime],
) -> list[tuple[str, Occurrence]]:
    """(state, row) of what was missed or is unknown; of what was late only where it is asked for,
    since the run is one of those that happened."""
    rows = occurrences_of(visitor, chosen, since, until).select_related("pipeline", "trigger")
    if chosen.status == LATE:
        return [(LATE, row) for row in rows.filter(status=LATE).order_by("at", "pk")]
    wanted = Q(status__in=(MISSED, UNKNOWN)) | _overdue(nows)
    found = [
        (MISSED if row.status == MISSED else UNKNOWN, row)
        for row in rows.filter(wanted).order_by("at", "pk")
    ]
    return [each for each in found if not chosen.status or each[0] == chosen.status]


def occurrences_of(
    visitor: Visitor, chosen: Chosen, since: datetime, until: datetime
) -> QuerySet[Occurrence]:
    rows = Occurrence.objects.filter(at__gte=since, at__lt=until)
    return rows.filter(pipeline__in=chosen.pipelines(visitor).values("pk"))


def _overdue(nows: Mapping[Connection, datetime]) -> Q:
    """What nobody has looked at since its grace passed, by the clock of its Connection."""
    clocks: dict[datetime, list[int]] = {}
    for connection, now in nows.items():
        clocks.setdefault(now, []).append(connection.pk)
    found = Q(pk__in=())
    for now, of in clocks.items():
        due = Occurrence.Status.DUE
        found |= Q(status=due, deadline__lt=now, pipeline__connection__in=of)
    return found


def _by_quarter(counted: Iterable[tuple[int, str, int]], since: datetime) -> dict[int, Outcomes]:
    first = int(since.timestamp()) // QUARTER_SECONDS
    found: dict[int, Outcomes] = {}
    for quarter, status, count in counted:
        found.setdefault(quarter - first, Counter())[status] += count
    return found


def runs_of(visitor: Visitor, chosen: Chosen, since: datetime, until: datetime) -> QuerySet[Run]:
    rows = visible_runs(visitor).filter(started__gte=since, started__lt=until)
    # Also where all are meant: it is by state and time that an index has them in order.
    rows = rows.filter(status__in=[chosen.status] if chosen.status else Run.Status.values)
    if not chosen.every_pipeline:
        rows = rows.filter(pipeline__in=chosen.pipelines(visitor).values("pk"))
    return rows


def named_runs(
    visitor: Visitor,
    chosen: Chosen,
    since: datetime,
    until: datetime,
    *,
    limit: int | None = None,
) -> Sequence[Run]:
    rows = runs_of(visitor, chosen, since, until).select_related(None)
    return list(rows.select_related("pipeline", "trigger").order_by("started", "pk")[:limit])
