from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from dashboard import access, queries
from dashboard.api.auth import caller
from dashboard.api.values import Moment, PageSize, QueryId, SearchText
from dashboard.models import AuditEntry
from dashboard.queries import AuditFilter

router = Router(tags=["audit"])


class AuditEntryOut(Schema):
    """`count` is more than one where uses that come often share a row: from `at` to `last_at`.
    `source` is the address of a person's request, or "worker". No secret is in `detail`."""

    id: int
    at: datetime
    last_at: datetime | None
    count: int
    actor: str | None
    source: str
    action: str
    subject_kind: str
    subject_id: str
    subject_name: str
    connection: int | None
    detail: dict[str, Any]


class AuditPageOut(Schema):
    """`next` is the cursor of the following, older page, or null."""

    items: list[AuditEntryOut]
    next: str | None


@router.get("/audit", response=AuditPageOut)
def list_audit(
    request: HttpRequest,
    actor: QueryId | None = None,
    connection: QueryId | None = None,
    action: SearchText = "",
    since: Moment | None = None,
    until: Moment | None = None,
    cursor: str | None = None,
    limit: PageSize = 50,
) -> dict[str, Any]:
    """Who did what, and what credentials were used for, newest first. `action` may be the first
    word only: "use" has "use.sync" as well. Admins only."""
    user = access.require_admin(caller(request))
    wanted = AuditFilter(actor, connection, action, since, until)
    found, older = queries.audit_entries(user, wanted, cursor=cursor, limit=limit)
    return {"items": [_shown(row) for row in found], "next": older}


def _shown(row: AuditEntry) -> dict[str, Any]:
    return {
        "id": row.pk,
        "at": row.at,
        "last_at": row.last_at,
        "count": row.count,
        "actor": row.actor.username if row.actor else None,
        "source": row.source,
        "action": row.action,
        "subject_kind": row.subject_kind,
        "subject_id": row.subject_id,
        "subject_name": row.subject_name,
        "connection": row.connection_id,
        "detail": row.detail,
    }
