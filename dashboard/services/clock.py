"""What a Connection's clock shows, kept in its row so that pages need not ask.

Only the sandbox's differs from real time: it can be fast-forwarded.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from dashboard.models import Connection
from provisioning.clouds.session import Session

JITTER = timedelta(seconds=2)


def sandbox_now() -> datetime:
    """What the sandbox's clock shows, as far as the rows know."""
    row = Connection.objects.filter(sandbox=True).first()
    real = timezone.now()
    return row.now(real) if row else real


def now_of(connection: Connection) -> datetime:
    """What its clock shows now, as far as the rows know."""
    return connection.now(timezone.now())


def note(connection: Connection, session: Session) -> None:
    if connection.sandbox:
        keep(session.now())


def keep(moment: datetime, *, speed: float | None = None) -> None:
    """The sandbox's clock shows this moment now; all sandbox Connections share it. Without a
    `speed`, the one that is known goes on."""
    real = timezone.now()
    rows = Connection.objects.filter(sandbox=True)
    seen = {
        "clock_ahead": max(moment - real, timedelta(0)),
        "clock_seen_at": real,
        **({} if speed is None else {"clock_speed": speed}),
    }
    if any(_is_news(row, moment, real, speed) for row in rows):
        rows.update(**seen)


def _is_news(row: Connection, moment: datetime, real: datetime, speed: float | None) -> bool:
    off = abs(row.now(real) - moment)
    return off > JITTER * row.clock_speed or speed not in (None, row.clock_speed)
