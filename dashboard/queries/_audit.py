"""The audit log, newest first, by keyset: the place in the list is an entry's id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from dashboard.access import Visitor, require_admin
from dashboard.models import AuditEntry
from provisioning.errors import InvalidInput

MOST = 200
LONGEST_CURSOR = 18


@dataclass(frozen=True)
class AuditFilter:
    """What is asked for; "" and None stand for all. An `action` such as "use" or "connection"
    has all that begin with it, such as "use.sync"."""

    actor: int | None = None
    connection: int | None = None
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


def audit_entries(
    user: Visitor, wanted: AuditFilter, *, cursor: str | None = None, limit: int = 50
) -> tuple[list[AuditEntry], str | None]:
    """A page of entries and the cursor of the next one; None when there is no older entry."""
    limit = max(1, min(limit, MOST))
    rows = _rows(user, wanted)
    if cursor:
        if not cursor.isdecimal() or len(cursor) > LONGEST_CURSOR:
            raise InvalidInput.at("cursor", "This cursor is not of this list.")
        rows = rows.filter(pk__lt=int(cursor))
    found = list(rows[: limit + 1])
    more = len(found) > limit
    return found[:limit], str(found[limit - 1].pk) if more else None


def every_audit_entry(user: Visitor, wanted: AuditFilter) -> Iterator[AuditEntry]:
    """All that fit, page by page: a file may be longer than the memory."""
    cursor: str | None = None
    while True:
        page, cursor = audit_entries(user, wanted, cursor=cursor, limit=MOST)
        yield from page
        if cursor is None:
            return


def audit_actions(user: Visitor) -> list[str]:
    """Every action that there is an entry of."""
    require_admin(user)
    rows = AuditEntry.objects.order_by("action").values_list("action", flat=True)
    return list(rows.distinct())


def _rows(user: Visitor, wanted: AuditFilter) -> QuerySet[AuditEntry]:
    require_admin(user)
    rows = AuditEntry.objects.select_related("actor", "connection").order_by("-id")
    if wanted.actor is not None:
        rows = rows.filter(actor=wanted.actor)
    if wanted.connection is not None:
        rows = rows.filter(connection=wanted.connection)
    if wanted.action:
        of_kind = Q(action__startswith=f"{wanted.action}.")
        rows = rows.filter(Q(action=wanted.action) | of_kind)
    if wanted.since:
        # A folded row belongs to the whole of its hour.
        rows = rows.filter(Q(at__gte=wanted.since) | Q(last_at__gte=wanted.since))
    if wanted.until:
        rows = rows.filter(at__lt=wanted.until)
    return rows
