"""Who did what. Called by services, inside the transaction of the change itself."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from dashboard.models import AuditEntry, User


def record(
    *, actor: User | None, action: str, subject: Model, detail: dict[str, Any] | None = None
) -> AuditEntry:
    """Write the entry. `action` reads like "pipeline.create"; `detail` never holds a secret."""
    return AuditEntry.objects.create(
        actor=actor,
        action=action,
        subject_kind=subject._meta.model_name or "",
        subject_id=str(subject.pk),
        subject_name=str(subject)[:200],
        detail=detail or {},
    )
