"""Connections, people, tokens and the audit trail."""

from __future__ import annotations

from django.db.models import Count, Model, Q, QuerySet

from dashboard.access import Visitor, require_admin, visible_connections, visible_people
from dashboard.models import ApiToken, AuditEntry, Connection, User


def connection_list(user: Visitor) -> QuerySet[Connection]:
    """Every Connection with `pipeline_count`, the number of Pipelines that use it."""
    live = Count("pipelines", filter=Q(pipelines__archived_at=None))
    return visible_connections(user).annotate(pipeline_count=live).order_by("name")


def people(user: Visitor) -> QuerySet[User]:
    return visible_people(user)


def tokens_of(user: User) -> QuerySet[ApiToken]:
    return user.tokens.order_by("-created_at")


def audit_of(subject: Model, *, limit: int = 50) -> list[AuditEntry]:
    """What was done to one row, newest first."""
    entries = AuditEntry.objects.filter(
        subject_kind=subject._meta.model_name, subject_id=str(subject.pk)
    )
    return list(entries.select_related("actor").order_by("-at", "-id")[:limit])


def audit_trail(user: Visitor, *, before: int | None = None, limit: int = 100) -> list[AuditEntry]:
    """What everybody did, newest first; for admins."""
    require_admin(user)
    entries = AuditEntry.objects.select_related("actor").order_by("-id")
    return list((entries.filter(pk__lt=before) if before else entries)[:limit])
