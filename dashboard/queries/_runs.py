"""Runs, newest first, by keyset: the place in the list is a row's (started, id)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db.models import Q, QuerySet

from dashboard.access import Visitor, visible_runs
from dashboard.models import Pipeline, Run, Step
from provisioning.errors import InvalidInput

MOST = 200
LARGEST = 1 << 63  # above every id


def runs(
    user: Visitor,
    *,
    pipeline: Pipeline | int | None = None,
    status: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[Run], str | None]:
    """A page of runs and the cursor of the next one; None when there is no older run."""
    rows = visible_runs(user)
    if pipeline is not None:
        rows = rows.filter(pipeline=pipeline)
    if status:
        rows = rows.filter(status=status)
    if since:
        rows = rows.filter(started__gte=since)
    if until:
        rows = rows.filter(started__lt=until)
    if cursor:
        rows = _older_than(rows, *_read(cursor))
    return _page(rows, limit=limit)


def pipeline_runs(pipeline: Pipeline, *, before: Run | None = None, limit: int = 50) -> list[Run]:
    """A Pipeline's runs, those older than `before` when it is given."""
    rows = Run.objects.filter(pipeline=pipeline).select_related("trigger", "requested_by")
    if before is not None:
        rows = _older_than(rows, before.started, before.pk)
    return list(rows.order_by("-started", "-id")[: min(limit, MOST)])


def run_steps(run: Run) -> Sequence[Step]:
    return list(run.steps.order_by("position"))


def _page(rows: QuerySet[Run], *, limit: int) -> tuple[list[Run], str | None]:
    limit = max(1, min(limit, MOST))
    found = list(rows.order_by("-started", "-id")[: limit + 1])
    more = len(found) > limit
    return found[:limit], _cursor(found[limit - 1]) if more else None


def _older_than(rows: QuerySet[Run], started: datetime, id: int) -> QuerySet[Run]:
    # The first, redundant condition is what lets the index on (started, id) be entered there.
    older = Q(started__lt=started) | Q(started=started, pk__lt=id)
    return rows.filter(Q(started__lte=started) & older)


def _cursor(run: Run) -> str:
    text = f"{run.started.isoformat()} {run.pk}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, int]:
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        started, _, id = base64.urlsafe_b64decode(padded.encode()).decode().rpartition(" ")
        moment, number = datetime.fromisoformat(started), int(id)
        if moment.tzinfo is None or not 0 < number < LARGEST:
            raise ValueError("not one that we wrote")
        return moment.astimezone(UTC), number
    # binascii's and Unicode's are ValueErrors too
    except (ValueError, OverflowError) as error:
        raise InvalidInput.at("cursor", "This cursor is not of this list.") from error
