"""What an account has that can be watched, and watching it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from dashboard import access, launch, queries
from dashboard.api.auth import caller
from dashboard.api.pipeline_shapes import PipelineOut, shown
from dashboard.api.values import Body, NameOrId
from dashboard.models import Connection
from dashboard.queries import DiscoveredRow
from dashboard.services import watching
from provisioning.errors import InvalidInput

router = Router(tags=["watching"])


class DiscoveredTrigger(Schema):
    """What starts it, as the cloud writes it. `note` says what is special about it."""

    name: str
    native: str
    running: bool
    next: datetime | None
    note: str


class DiscoveredOut(Schema):
    """`kind` is the field's term. `pipeline` is the one here: with `managed`, the one that made
    it; else the one that watches it; null where it is not watched. `gone`: the last look did not
    find it any more."""

    cloud_id: str
    name: str
    kind: str
    region: str
    detail: str
    console: str
    triggers: list[DiscoveredTrigger]
    last_run: datetime | None
    pipeline: int | None
    managed: bool
    first_seen: datetime
    last_seen: datetime
    gone: bool


class UnreadOut(Schema):
    """What the account may not be asked for: it may be there or not, nobody knows. `missing` are
    the permissions that it takes."""

    what: str
    missing: list[str]
    message: str


class DiscoveryOut(Schema):
    """`looked_at`: when a look came to an end last; null: none has yet. `looking`: one was asked
    for and has not ended. `error`: why the last one came to nothing."""

    looked_at: datetime | None
    looking: bool
    error: str
    unread: list[UnreadOut]
    found: list[DiscoveredOut]


class WatchIn(Body):
    """`connection` is an id, or the connection's name; `items` are `cloud_id`s of what was found
    there."""

    connection: NameOrId
    items: list[str]


@router.get("/connections/{int:id}/discovered", response=DiscoveryOut)
def list_discovered(request: HttpRequest, id: int) -> dict[str, Any]:
    """What the last look at the account found. No cloud is asked."""
    return _shown(access.get_connection(caller(request), id), request)


@router.post("/connections/{int:id}/discover", response={202: DiscoveryOut})
def discover(request: HttpRequest, id: int) -> Status[dict[str, Any]]:
    """Have the account looked at anew, by a worker. Changes nothing in the cloud."""
    row = access.get_connection(caller(request), id)
    launch.request_discovery(actor=caller(request), connection=row)
    return Status(202, _shown(row, request))


@router.post("/pipelines/watch", response={201: list[PipelineOut]})
def watch(request: HttpRequest, payload: WatchIn) -> Status[list[dict[str, Any]]]:
    """Watch these like own pipelines; one that is watched already stays so. Changes nothing in
    the cloud."""
    connection = access.named_connection(caller(request), payload.connection)
    if connection is None:
        raise InvalidInput.at("connection", "There is no such connection.", "unknown")
    rows = watching.watch(actor=caller(request), connection=connection, items=payload.items)
    return Status(201, [shown(row) for row in rows])


@router.delete("/pipelines/{int:id}/watch", response={204: None})
def stop_watching(request: HttpRequest, id: int) -> Status[None]:
    """Look at it no more. It stays in the cloud as it is."""
    watching.stop(actor=caller(request), pipeline=access.get_pipeline(caller(request), id))
    return Status(204, None)


def _shown(connection: Connection, request: HttpRequest) -> dict[str, Any]:
    found = queries.discovered(caller(request), connection)
    return {
        "looked_at": found.looked_at,
        "looking": found.looking,
        "error": found.error,
        "unread": found.unread,
        "found": [_row(each) for each in found.rows],
    }


def _row(each: DiscoveredRow) -> dict[str, Any]:
    row = each.row
    return {
        "cloud_id": row.cloud_id,
        "name": row.name,
        "kind": each.label,
        "region": row.region,
        "detail": row.detail,
        "console": row.console,
        "triggers": row.triggers,
        "last_run": row.last_run,
        "pipeline": each.pipeline.pk if each.pipeline else None,
        "managed": bool(each.pipeline and each.pipeline.managed),
        "first_seen": row.first_seen,
        "last_seen": row.last_seen,
        "gone": row.gone_at is not None,
    }
