"""What ran when: Runs by quarter of an hour and state, counted by the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Func, IntegerField, QuerySet

from dashboard.access import Visitor, visible_runs
from dashboard.models import Run
from dashboard.queries._scheduled import Chosen

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
    first = int(since.timestamp()) // QUARTER_SECONDS
    found: dict[int, Outcomes] = {}
    for quarter, status, count in counted.annotate(count=Count("pk")):
        found.setdefault(quarter - first, Counter())[status] += count
    return found


def runs_of(visitor: Visitor, chosen: Chosen, since: datetime, until: datetime) -> QuerySet[Run]:
    rows = visible_runs(visitor).filter(started__gte=since, started__lt=until)
    # Also where all are meant: it is by state and time that an index has them in order.
    rows = rows.filter(status__in=[chosen.status] if chosen.status else Run.Status.values)
    if not chosen.every_pipeline:
        rows = rows.filter(pipeline__in=chosen.pipelines(visitor).values("pk"))
    return rows


def named_runs(visitor: Visitor, chosen: Chosen, since: datetime, until: datetime) -> Sequence[Run]:
    rows = runs_of(visitor, chosen, since, until).select_related(None)
    return list(rows.select_related("pipeline", "trigger").order_by("started", "pk"))
