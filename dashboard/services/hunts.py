"""The ghost hunt: when an account is looked at, and the rows of what was found there.

Each account is looked at by one of its Connections, every few minutes, by a worker. A look that
fails is noted and changes no row: what could not be read is neither found nor gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from dashboard.models import Connection, Deployment, Ghost, Hunt
from dashboard.services import haunting, turns
from dashboard.services.haunting import Seen, Unread
from provisioning.errors import SkyclockError

EVERY, SANDBOX_EVERY = timedelta(minutes=5), timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
LEASE = timedelta(minutes=10)


def due() -> list[int]:
    """Connections whose account is to be looked at now: one for each account in which Skyclock
    ever deployed something."""
    ups = Deployment.objects.filter(
        pipeline__connection=OuterRef("pk"), operation="up", finished_at__isnull=False
    )
    rows = Connection.objects.filter(Exists(ups), enabled=True, removed_at=None).exclude(account="")
    leaders: dict[tuple[str, str, str], Connection] = {}
    for row in rows.select_related("hunt").order_by("pk"):
        leaders.setdefault((row.cloud, row.account, row.region), row)
    return [row.pk for row in leaders.values() if _is_due(row)]


def look(connection_id: int) -> None:
    """Look now, unless somebody does already."""
    connection = Connection.objects.get(pk=connection_id)
    hunt, _ = Hunt.objects.get_or_create(connection=connection)
    now = timezone.now()
    if not Hunt.objects.filter(turns.free(LEASE), pk=hunt.pk).update(lease_until=now + LEASE):
        return
    try:
        seen, unread = haunting.find(connection)
        found = haunting.without_changing(connection, seen, since=now)
        _save(connection, found, unread=unread)
    except SkyclockError as error:
        _note_failure(hunt, error)
        raise
    finally:
        Hunt.objects.filter(pk=hunt.pk).update(lease_until=None)
    pause = SANDBOX_EVERY if connection.sandbox else EVERY
    end = timezone.now()
    rows = Hunt.objects.filter(pk=hunt.pk)
    said = " ".join(f"{what}: {why}" for what, why in sorted(unread.items()))
    rows.update(looked_at=end, due_at=end + pause, error=said, failures=0)


def soon(connection: Connection) -> None:
    """Have it looked at with the next tick."""
    Hunt.objects.update_or_create(connection=connection, defaults={"due_at": timezone.now()})


def put_off(connection_id: int) -> None:
    """Before a message is sent, so that ticks do not pile them up."""
    again = timezone.now() + SANDBOX_EVERY
    Hunt.objects.update_or_create(connection_id=connection_id, defaults={"due_at": again})


def _is_due(connection: Connection) -> bool:
    hunt = getattr(connection, "hunt", None)
    now = timezone.now()
    if hunt is None or hunt.due_at is None:
        return True
    put_back = hunt.due_at > now + 2 * LONGEST_PAUSE
    return bool(hunt.due_at <= now or put_back)


def _note_failure(hunt: Hunt, error: SkyclockError) -> None:
    failures = hunt.failures + 1
    pause = turns.pause(failures, first=SANDBOX_EVERY, longest=LONGEST_PAUSE)
    due_at = timezone.now() + pause
    rows = Hunt.objects.filter(pk=hunt.pk)
    rows.update(error=str(error), failures=failures, due_at=due_at)


# ── Saving ──────────────────────────────────────────────────────────────────────────


@transaction.atomic
def _save(connection: Connection, found: Sequence[Seen], *, unread: Unread) -> None:
    now = timezone.now()
    present = {row.cloud_id: row for row in _open(connection).select_for_update(of=("self",))}
    for seen in {each.cloud_id: each for each in found}.values():
        if seen.cloud_id in present:
            _again(present.pop(seen.cloud_id), connection, seen, now)
        else:
            Ghost.objects.create(
                connection=connection, first_seen=now, last_seen=now, **_values(seen)
            )
    gone = [row.pk for row in present.values() if row.what not in unread]
    Ghost.objects.filter(pk__in=gone).update(resolved_at=now)


def _again(row: Ghost, connection: Connection, seen: Seen, now: datetime) -> None:
    values = {"connection": connection, **_values(seen)}
    if (row.kind, row.native, row.running) != (seen.kind, seen.native, seen.running):
        values |= {"ignored_at": None, "ignored_by": None}  # not what was looked away from
    Ghost.objects.filter(pk=row.pk).update(last_seen=now, **values)


def _open(connection: Connection) -> QuerySet[Ghost]:
    """Of its account, whichever of its Connections looked before."""
    return Ghost.objects.filter(
        connection__cloud=connection.cloud,
        connection__account=connection.account,
        connection__region=connection.region,
        resolved_at=None,
    )


def _values(seen: Seen) -> dict[str, object]:
    return {
        "kind": seen.kind,
        "cloud_id": seen.cloud_id,
        "name": seen.name[:200],
        "what": seen.what,
        "native": seen.native,
        "running": seen.running,
        "message": seen.message,
        "pipeline": seen.pipeline,
        "trigger": seen.trigger,
    }
