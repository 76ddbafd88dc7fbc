"""Disabling a Connection, which holds at once, and enabling it again.

Every opening of a credential asks the row whether it is enabled, also for what was queued
before. A running deployment has its credential already, and is left alone.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from dashboard import audit
from dashboard.access import require_admin
from dashboard.models import Connection, Deployment, User
from dashboard.services import hunts
from provisioning.errors import NotPossible


@transaction.atomic
def switch(*, actor: User, connection: Connection, enabled: bool) -> Connection:
    """Do it once, however often it is asked for."""
    require_admin(actor)
    now = timezone.now()
    values = {
        "enabled": enabled,
        "disabled_at": None if enabled else now,
        "disabled_by": None if enabled else actor,
    }
    rows = Connection.objects.filter(pk=connection.pk, removed_at=None)
    if rows.exclude(enabled=enabled).update(**values, updated_at=now):
        action = "connection.enable" if enabled else "connection.disable"
        audit.record(actor=actor, action=action, subject=connection)
        # Their next look says why there is none, or that there is one again.
        connection.pipelines.filter(archived_at=None).update(sync_due_at=now)
        if enabled:
            hunts.soon(connection)
    elif not rows.exists():
        raise NotPossible(f"{connection.name} was deleted.")
    connection.refresh_from_db()
    return connection


def running_on(connection: Connection) -> list[Deployment]:
    """What disabling leaves alone."""
    rows = Deployment.objects.filter(
        pipeline__connection=connection, status=Deployment.Status.RUNNING
    )
    return list(rows.select_related("pipeline__connection", "requested_by").order_by("pk"))


def waiting_on(connection: Connection) -> int:
    """How many deployments will be refused when their turn comes."""
    waiting = (Deployment.Status.QUEUED, Deployment.Status.AWAITING_APPROVAL)
    rows = Deployment.objects.filter(pipeline__connection=connection, status__in=waiting)
    return rows.count()
