"""Who did what. Called by services, inside the transaction of the change itself."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Model, Q
from django.utils import timezone

from dashboard.models import AuditEntry, Connection, User

WORKER = "worker"
SOURCE: ContextVar[str] = ContextVar("source", default=WORKER)  # the address of a person's request
USED_LATELY = timedelta(seconds=10)


class Purpose(StrEnum):
    """What a credential is opened for."""

    DEPLOYMENT = "deployment"
    RUN = "run"
    SYNC = "sync"
    HUNT = "hunt"
    DISCOVERY = "discovery"
    TEST = "test"
    CHANGE = "change"
    OTHER = "other"


# Every few seconds or minutes, for as long as there is something: one row for an hour of them.
FOLDED = frozenset({Purpose.SYNC, Purpose.HUNT, Purpose.DISCOVERY, Purpose.RUN, Purpose.OTHER})


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
        connection_id=_connection_of(row),
        source=SOURCE.get(),
    )


def note_use(connection: Connection, purpose: Purpose, *, actor: User | None = None) -> None:
    """That its credential was opened, and what for. Those who come often share a row."""
    now = timezone.now()
    old = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_LATELY) | Q(last_used_at__gt=now)
    Connection.objects.filter(old, pk=connection.pk).update(last_used_at=now)
    if purpose in FOLDED:
        _fold(connection, purpose, now)
    elif purpose is not Purpose.DEPLOYMENT:  # which has an entry of its own, with more in it
        record(actor=actor, action=f"use.{purpose}", subject=connection)


def _fold(connection: Connection, purpose: Purpose, now: datetime) -> None:
    fold = f"{connection.pk} {purpose} {now:%Y-%m-%dT%H}"
    if _count(fold, now):
        return
    try:
        with transaction.atomic():
            AuditEntry.objects.create(
                action=f"use.{purpose}",
                subject_kind="connection",
                subject_id=str(connection.pk),
                subject_name=str(connection)[:200],
                connection=connection,
                source=WORKER,
                last_at=now,
                fold=fold,
            )
    except IntegrityError:  # somebody else began this hour
        _count(fold, now)


def _count(fold: str, now: datetime) -> int:
    return AuditEntry.objects.filter(fold=fold).update(count=F("count") + 1, last_at=now)


def _connection_of(row: Model | None) -> int | None:
    """The Connection that an entry is about, by itself or by its Pipeline."""
    if isinstance(row, Connection):
        return row.pk
    if row is None:
        return None
    found = getattr(row, "connection_id", None)
    pipeline = getattr(row, "pipeline", None)
    return found or getattr(pipeline, "connection_id", None)
