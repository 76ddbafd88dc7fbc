"""What Skyclock's own triggers made it owe, and what came of it."""

from __future__ import annotations

from dashboard.access import Visitor, visible_starts
from dashboard.models import Pipeline, Start

MOST = 200


def pipeline_starts(
    user: Visitor,
    pipeline: Pipeline,
    *,
    state: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> tuple[list[Start], int | None]:
    """A page, newest first, and the id to give as `before` for the next one."""
    rows = visible_starts(user).filter(pipeline=pipeline)
    if state:
        rows = rows.filter(state=state)
    if before:
        rows = rows.filter(pk__lt=before)
    limit = max(1, min(limit, MOST))
    found = list(rows.order_by("-id")[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None
