"""Ghosts: schedules and triggers that no Pipeline owns, and Triggers that are gone or stopped."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema

from dashboard import access, launch, queries
from dashboard.api.auth import caller
from dashboard.api.values import Body, Flag, Note, PageSize, QueryId
from dashboard.models import Ghost
from dashboard.services import ghosts
from provisioning.errors import InvalidInput, NotPossible

router = Router(tags=["ghosts"])
KindName = Literal["unowned", "foreign", "stopped", "missing"]
Action = Literal["resume", "redeploy", "pause", "remove"]


class GhostOut(Schema):
    """`unowned`: it has a name of ours, and no pipeline owns it. `foreign`: it starts a pipeline,
    and Skyclock did not make it. `stopped`, `missing`: a pipeline's trigger. Times are real."""

    id: int
    kind: KindName
    connection: int
    pipeline: int | None
    trigger: int | None
    name: str
    what: str
    cloud_id: str
    native: str
    running: bool
    message: str
    first_seen: datetime
    last_seen: datetime
    resolved_at: datetime | None
    ignored_at: datetime | None
    note: str


class FixIn(Body):
    """`resume` and `redeploy` are for triggers of a pipeline. `pause` and `remove` change what is
    in the account, which admins may; `confirm` is the name of what is removed, typed again."""

    action: Action
    confirm: str = ""


class IgnoreIn(Body):
    """It is ignored until it changes, or with `ignored: false` shown again."""

    ignored: Flag = True
    note: Note = ""


def shown(row: Ghost) -> dict[str, Any]:
    same = ("kind", "name", "what", "cloud_id", "native", "running", "message", "note")
    times = ("first_seen", "last_seen", "resolved_at", "ignored_at")
    return {
        "id": row.pk,
        "connection": row.connection_id,
        "pipeline": row.pipeline_id,
        "trigger": row.trigger_id,
        **{name: getattr(row, name) for name in (*same, *times)},
    }


@router.get("/ghosts", response=list[GhostOut])
def list_ghosts(
    request: HttpRequest,
    connection: QueryId | None = None,
    ignored: bool | None = None,
    resolved: bool = False,
    limit: PageSize = 200,
) -> list[dict[str, Any]]:
    """What the last look at each account found, newest first; with `resolved` also what was."""
    of = access.get_connection(caller(request), connection) if connection else None
    rows = queries.ghosts(caller(request), connection=of, ignored=ignored, resolved=resolved)
    return [shown(row) for row in rows[:limit]]


@router.post("/ghosts/{int:id}/fix", response=GhostOut)
def fix_ghost(request: HttpRequest, id: int, payload: FixIn) -> dict[str, Any]:
    """Put it right, in the cloud. `redeploy` queues a refresh and a deployment."""
    actor = caller(request)
    ghost = access.get_ghost(actor, id)
    match payload.action:
        case "resume":
            ghosts.resume(actor=actor, ghost=ghost)
        case "pause":
            ghosts.pause(actor=actor, ghost=ghost)
        case "remove":
            ghosts.remove(actor=actor, ghost=ghost, confirm=payload.confirm)
        case "redeploy":
            if ghost.pipeline is None or ghost.in_cloud:
                raise NotPossible("This is no trigger of a pipeline.")
            launch.bring_back(actor=actor, pipeline=ghost.pipeline)
    return shown(access.get_ghost(actor, id))


@router.post("/ghosts/{int:id}/ignore", response=GhostOut)
def ignore_ghost(request: HttpRequest, id: int, payload: IgnoreIn | None = None) -> dict[str, Any]:
    """Look away from it, and say why."""
    actor, wish = caller(request), payload or IgnoreIn()
    ghost = access.get_ghost(actor, id)
    if wish.ignored:
        return shown(ghosts.ignore(actor=actor, ghost=ghost, note=wish.note))
    if wish.note:
        raise InvalidInput.at("note", "What is shown again needs no note.")
    return shown(ghosts.heed(actor=actor, ghost=ghost))
