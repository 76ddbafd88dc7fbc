"""Ghosts that there are now, and how fresh that is."""

from __future__ import annotations

from django.db.models import F, QuerySet

from dashboard.access import Visitor, require_member, visible_ghosts
from dashboard.models import Connection, Ghost, Hunt


def ghosts(
    user: Visitor,
    *,
    connection: Connection | None = None,
    ignored: bool | None = None,
    resolved: bool = False,
) -> QuerySet[Ghost]:
    """Newest first; without `resolved` those that the last look found."""
    rows = visible_ghosts(user)
    if not resolved:
        rows = rows.filter(resolved_at=None)
    if connection is not None:
        rows = rows.filter(connection=connection)
    if ignored is not None:
        rows = rows.filter(ignored_at__isnull=not ignored)
    return rows.order_by("-id")


def hunts(user: Visitor) -> QuerySet[Hunt]:
    """The last look at each account, the oldest first."""
    require_member(user)
    rows = Hunt.objects.filter(connection__removed_at=None, connection__enabled=True)
    return rows.select_related("connection").order_by(F("looked_at").asc(nulls_first=True))
