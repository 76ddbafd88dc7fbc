"""Backfills, and how far each of their Occurrences is."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from dashboard.access import Visitor, visible_backfills
from dashboard.models import Backfill, BackfillItem, Pipeline


def pipeline_backfills(user: Visitor, pipeline: Pipeline, *, limit: int = 50) -> list[Backfill]:
    """Newest first, with `total` and `waiting`."""
    rows = (
        visible_backfills(user)
        .filter(pipeline=pipeline)
        .annotate(total=Count("items"), waiting=Count("items", filter=Q(items__state="waiting")))
    )
    return list(rows.order_by("-id")[:limit])


def backfill_items(backfill: Backfill) -> QuerySet[BackfillItem]:
    """In the order in which they are started."""
    rows = backfill.items.select_related("occurrence__trigger", "start__run")
    return rows.order_by("occurrence__due", "id")
