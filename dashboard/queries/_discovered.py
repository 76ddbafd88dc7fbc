"""What accounts have that can be watched, as the last look found it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from dashboard.access import Visitor, require_member, visible_connections, visible_pipelines
from dashboard.models import Connection, Discovered, Discovery, Pipeline
from provisioning.blueprints import registry

PATIENCE = timedelta(minutes=10)  # after which nobody is thought to be looking any more


@dataclass(frozen=True)
class DiscoveredRow:
    """`pipeline` is the one that made it, or that watches it."""

    row: Discovered
    label: str
    pipeline: Pipeline | None

    @property
    def next(self) -> datetime | None:
        """When it fires first, as far as that was told."""
        told = (one.get("next") for one in self.row.triggers if one.get("running"))
        return min((datetime.fromisoformat(at) for at in told if at), default=None)

    @property
    def can_be_watched(self) -> bool:
        return self.pipeline is None and self.row.gone_at is None


@dataclass(frozen=True)
class Kind:
    """What of one kind an account has."""

    label: str
    rows: list[DiscoveredRow]

    @property
    def present(self) -> int:
        return sum(each.row.gone_at is None for each in self.rows)


@dataclass(frozen=True)
class Found:
    """Of one Connection. `unread`: what, missing, message."""

    connection: Connection
    looked_at: datetime | None
    looking: bool
    error: str
    unread: Sequence[dict[str, Any]]
    rows: Sequence[DiscoveredRow]

    @property
    def kinds(self) -> list[Kind]:
        """In the order of the rows, which is by kind."""
        grouped = groupby(self.rows, key=lambda each: each.label)
        return [Kind(label, list(some)) for label, some in grouped]

    @property
    def choosable(self) -> int:
        return sum(each.can_be_watched for each in self.rows)


@dataclass(frozen=True)
class Account:
    """For the first page: a Connection, and what of it could be watched and is not."""

    connection: Connection
    looked_at: datetime | None
    new: int
    watched: int
    unread: int


def discovered(user: Visitor, connection: Connection) -> Found:
    """All that was found, what is gone since included; three queries however much it is."""
    require_member(user)
    row = Discovery.objects.filter(connection=connection).first()
    found = list(connection.discovered.select_related("owner"))
    pipelines = visible_pipelines(user).filter(connection=connection, managed=False)
    watched = {each.cloud_id: each for each in pipelines}
    return Found(
        connection=connection,
        looked_at=row.looked_at if row else None,
        looking=_is_looking(connection, row),
        error=row.error if row else "",
        unread=[
            {"what": one["what"], "missing": one["missing"], "message": one["message"]}
            for one in (row.unread if row else ())
        ],
        rows=[_shown(each, watched) for each in found],
    )


def accounts(user: Visitor) -> list[Account]:
    """Those that are only observed, and those in which something is watched."""
    connections = visible_connections(user).filter(enabled=True, discovery__isnull=False)
    pipelines = visible_pipelines(user).filter(managed=False, connection=OuterRef("connection"))
    is_watched = Exists(pipelines.filter(cloud_id=OuterRef("cloud_id")))
    present = Discovered.objects.filter(connection__in=connections, gone_at=None, owner=None)
    counted = present.values("connection").annotate(
        new=Count("pk", filter=~is_watched), watched=Count("pk", filter=is_watched)
    )
    counts = {each["connection"]: each for each in counted.order_by()}
    rows = connections.select_related("discovery").defer("sealed")
    found = [_account(row, counts.get(row.pk, {})) for row in rows]
    observed = Connection.LevelName.OBSERVE
    return [each for each in found if each.watched or each.connection.level == observed]


def _account(row: Connection, counts: dict[str, int]) -> Account:
    return Account(
        connection=row,
        looked_at=row.discovery.looked_at,
        new=counts.get("new", 0),
        watched=counts.get("watched", 0),
        unread=len(row.discovery.unread),
    )


def _shown(row: Discovered, watched: dict[str, Pipeline]) -> DiscoveredRow:
    return DiscoveredRow(
        row=row,
        label=registry.get(row.kind).label,
        pipeline=row.owner or watched.get(row.cloud_id),
    )


def _is_looking(connection: Connection, row: Discovery | None) -> bool:
    """One is under way, or was asked for a moment ago and has not ended. Nobody looks at what is
    disabled, nor before the cloud has said which account it is."""
    now = timezone.now()
    if row and row.lease_until and row.lease_until > now:
        return True
    if not (connection.enabled and connection.account):
        return False
    if row is None:
        return True
    ended = max(filter(None, (row.looked_at, row.failed_at)), default=None)
    if row.asked_at is None:
        return ended is None
    waits = ended is None or ended < row.asked_at
    return waits and now - row.asked_at < PATIENCE
