"""What exists in an account and can be watched: when it is looked at, and the rows of what was
found. A worker looks; nothing is changed there.

A look that fails is noted and changes no row. What a list was not allowed to tell is neither found
nor gone: it is said, with the permission that is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from dashboard import audit
from dashboard.access import require_member
from dashboard.audit import Purpose
from dashboard.models import Connection, Discovered, Discovery, Pipeline, User
from dashboard.services import clock, turns
from dashboard.services.entering import require_level
from dashboard.services.opening import access_for
from dashboard.services.pipelines import spec_in_cloud
from provisioning import clouds
from provisioning.blueprints import registry
from provisioning.contracts import Cloud, Level, Unread, Watchable
from provisioning.errors import SkyclockError

EVERY, SANDBOX_EVERY = timedelta(minutes=5), timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
LEASE = timedelta(minutes=15)
OBSERVE = Connection.LevelName.OBSERVE


def due() -> list[int]:
    """Connections to look at now: new ones, those that somebody asked for, and those at level
    observe every few minutes."""
    now = timezone.now()
    rows = Connection.objects.filter(enabled=True, removed_at=None).exclude(account="")
    put_back = Q(discovery__due_at__gt=now + 2 * LONGEST_PAUSE)
    come = Q(discovery=None) | Q(discovery__due_at__lte=now) | put_back
    come |= Q(level=OBSERVE, discovery__due_at=None)  # it was for more before
    return list(rows.filter(come).order_by("pk").values_list("pk", flat=True))


def ask(*, actor: User, connection: Connection) -> Discovery:
    """Have it looked at by the next worker that is free."""
    require_member(actor)
    require_level(connection, Level.OBSERVE)
    now = timezone.now()
    row, _ = Discovery.objects.update_or_create(
        connection=connection, defaults={"asked_at": now, "due_at": now}
    )
    audit.record(actor=actor, action="connection.discover", subject=connection)
    return row


def soon(connection: Connection) -> None:
    """Have it looked at with the next tick."""
    Discovery.objects.update_or_create(connection=connection, defaults={"due_at": timezone.now()})


def put_off(connection_id: int) -> None:
    """Before a message is sent, so that ticks do not pile them up."""
    again = timezone.now() + SANDBOX_EVERY
    Discovery.objects.update_or_create(connection_id=connection_id, defaults={"due_at": again})


def look(connection_id: int) -> None:
    """Look now, unless somebody does already."""
    connection = Connection.objects.get(pk=connection_id)
    row, _ = Discovery.objects.get_or_create(connection=connection)
    begun = timezone.now()
    free = Discovery.objects.filter(turns.free(LEASE), pk=row.pk)
    if not free.update(lease_until=begun + LEASE):
        return
    try:
        found, unread = _asked(connection)
        _save(connection, found, unread)
    except SkyclockError as error:
        _note_failure(row, error)
        raise
    finally:
        Discovery.objects.filter(pk=row.pk).update(lease_until=None)
    _note_success(row, connection, unread, begun)


def _asked(connection: Connection) -> tuple[list[Watchable], list[Unread]]:
    require_level(connection, Level.OBSERVE)
    session = clouds.open_session(access_for(connection, Purpose.DISCOVERY))
    clock.note(connection, session)  # by it, what is watched begins
    found: list[Watchable] = []
    unread: list[Unread] = []
    for each in registry.discoverer(Cloud(connection.cloud)).discover(session):
        if isinstance(each, Unread):
            unread.append(each)
        else:
            found.append(each)
    return found, unread


# ── Saving ──────────────────────────────────────────────────────────────────────────


@transaction.atomic
def _save(connection: Connection, found: Sequence[Watchable], unread: Sequence[Unread]) -> None:
    now, ours = timezone.now(), _ours(connection)
    present = {row.cloud_id: row for row in connection.discovered.select_for_update()}
    for each in found:
        row = present.pop(each.cloud_id, None)
        row = row or Discovered(connection=connection, cloud_id=each.cloud_id, first_seen=now)
        row.kind, row.name = each.kind, each.name[:200]
        row.seen, row.last_run = each.model_dump(mode="json"), each.last_run
        row.owner_id = ours.get(each.cloud_id.lower()) or ours.get(f"name:{each.name}")
        row.last_seen, row.gone_at = now, None
        row.save()
    not_whole = {kind for each in unread for kind in each.kinds}
    gone = [row.pk for row in present.values() if row.kind not in not_whole]
    Discovered.objects.filter(pk__in=gone, gone_at=None).update(gone_at=now)


def _note_success(
    row: Discovery, connection: Connection, unread: Sequence[Unread], begun: datetime
) -> None:
    """Who asked while it went on waits for the next look."""
    now = timezone.now()
    pause = SANDBOX_EVERY if connection.sandbox else EVERY
    rows = Discovery.objects.filter(pk=row.pk)
    rows.update(
        looked_at=now,
        error="",
        failures=0,
        unread=[each.model_dump(mode="json") for each in unread],
    )
    asked_since = Q(asked_at__gt=begun)
    rows.exclude(asked_since).update(due_at=now + pause if connection.level == OBSERVE else None)


def _note_failure(row: Discovery, error: SkyclockError) -> None:
    failures, now = row.failures + 1, timezone.now()
    pause = turns.pause(failures, first=SANDBOX_EVERY, longest=LONGEST_PAUSE)
    Discovery.objects.filter(pk=row.pk).update(
        error=str(error), failures=failures, failed_at=now, due_at=now + pause
    )


# ── What is ours ────────────────────────────────────────────────────────────────────


def _ours(connection: Connection) -> dict[str, int]:
    """Ids in the cloud, and names of triggers, that Pipelines managed here have in the account."""
    rows = Pipeline.objects.filter(
        connection__cloud=connection.cloud,
        connection__account=connection.account,
        managed=True,
        archived_at=None,
        may_exist_in_cloud=True,
    ).select_related("connection", "deployed_version", "current_version")
    found: dict[str, int] = {}
    for row in rows:
        claims = registry.get(row.blueprint).claims(spec_in_cloud(row))
        texts = (*_texts(row.outputs), *claims.targets)
        found |= {text.lower(): row.pk for text in texts}
        found |= {f"name:{name}": row.pk for name in claims.names}
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
