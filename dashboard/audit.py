"""Who did what. Called by services, inside the transaction of the change itself."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from dashboard.models import AuditEntry, User


def record(
    *, actor: User | None, action: str, subject: Model | str, detail: dict[str, Any] | None = None
) -> AuditEntry:
    """Write the entry. `action` reads like "pipeline.create"; `detail` never holds a secret.

    A subject that has no row, such as the sandbox, is given by its name.
    """
    row = subject if isinstance(subject, Model) else None
    return AuditEntry.objects.create(
        actor=actor,
        action=action,
        subject_kind=(row._meta.model_name or "") if row else str(subject),
        subject_id=str(row.pk) if row else "",
        subject_name=str(subject)[:200],
        detail=detail or {},
    )
