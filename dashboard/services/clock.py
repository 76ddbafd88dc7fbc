"""What a Connection's clock shows, kept in its row so that pages need not ask.

Only the sandbox's differs from real time: it can be fast-forwarded.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from dashboard.models import Connection
from provisioning.clouds.session import Session

JITTER = timedelta(seconds=2)


def sandbox_ahead() -> timedelta:
    """How far the sandbox's clock was ahead of real time when it was looked at last."""
    ahead = Connection.objects.filter(sandbox=True).values_list("clock_ahead", flat=True).first()
    return ahead or timedelta(0)


def note(connection: Connection, session: Session) -> None:
    if connection.sandbox:
        keep(session.now())


def keep(moment: datetime) -> None:
    """The sandbox's clock shows this moment now; all sandbox Connections share it."""
    ahead = max(moment - timezone.now(), timedelta(0))
    rows = Connection.objects.filter(sandbox=True)
    if any(abs(known - ahead) > JITTER for known in rows.values_list("clock_ahead", flat=True)):
        rows.update(clock_ahead=ahead)
