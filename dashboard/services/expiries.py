"""Reminders that a credential ends: thirty days, seven days and one day before, each once.

They stand on the overview of admins and in the audit log.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from dashboard import audit
from dashboard.models import Connection

DAYS = (30, 7, 1)  # before its end; 0 once it has ended


def remind_due() -> int:
    """Note each reminder whose time has come, once; by `tick`, in one query mostly."""
    now = timezone.now()
    count = 0
    for row in _ending(now):
        days = _step(row, now)
        if row.reminded_days is not None and row.reminded_days <= days:
            continue
        with transaction.atomic():
            mine = Connection.objects.filter(
                pk=row.pk, expires_at=row.expires_at, reminded_days=row.reminded_days
            )
            if mine.update(reminded_days=days):
                action = "connection.expiring" if days else "connection.expired"
                detail = {"expires_at": f"{row.expires_at:%Y-%m-%dT%H:%M:%SZ}", "days": days}
                audit.record(actor=None, action=action, subject=row, detail=detail)
                count += 1
    return count


def _ending(now: datetime) -> list[Connection]:
    """Those of which not all has been said."""
    told = Q(reminded_days=None) | Q(reminded_days__gt=0)
    soon = now + timedelta(days=DAYS[0])
    return list(Connection.objects.filter(told, removed_at=None, expires_at__lte=soon))


def _step(row: Connection, now: datetime) -> int:
    """How many days before the end the latest reminder is due."""
    assert row.expires_at is not None
    left = row.expires_at - now
    if left <= timedelta(0):
        return 0
    return min(days for days in DAYS if left <= timedelta(days=days))
