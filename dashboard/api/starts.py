"""What Skyclock's own triggers start, and the secrets of webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status

from dashboard import access, launch, queries
from dashboard.api.auth import caller
from dashboard.api.values import Body, Flag, PageSize, QueryId
from dashboard.models import Start
from dashboard.services import hooks, own_triggers

router = Router(tags=["pipelines"])
StateName = Literal["waiting", "started", "refused"]


class StartOut(Schema):
    """A run that Skyclock owes. `waiting` is tried again at `next_attempt`; `error` is what the
    last attempt met; `refused` stays so until somebody retries it. `run` is the one that it
    became."""

    id: int
    trigger: str
    kind: Literal["completion", "webhook", "backfill"]
    cause: str
    parameters: dict[str, str]
    state: StateName
    attempts: int
    next_attempt: datetime | None
    error: str
    run: int | None
    requested_at: datetime
    ended_at: datetime | None


class StartPageOut(Schema):
    """`next` is the cursor of the following, older page, or null."""

    items: list[StartOut]
    next: str | None


class RotateIn(Body):
    """`end_old`: the secret before is worth nothing from now on; else it is good for 24 hours."""

    end_old: Flag = False


class RotatedOut(Schema):
    """`secret` is in this answer and in no other one. `old_until`: when the one before ends."""

    address: str
    secret: str
    old_until: datetime | None


def shown(row: Start) -> dict[str, Any]:
    return {
        "id": row.pk,
        "trigger": row.trigger.key,
        "kind": "backfill" if row.occurrence_id else row.trigger.kind,
        "cause": row.cause,
        "parameters": row.parameters,
        "state": row.state,
        "attempts": row.attempts,
        "next_attempt": row.next_attempt_at,
        "error": row.error,
        "run": row.run_id,
        "requested_at": row.requested_at,
        "ended_at": row.ended_at,
    }


@router.get("/pipelines/{int:id}/starts", response=StartPageOut)
def list_starts(
    request: HttpRequest,
    id: int,
    state: StateName | None = None,
    cursor: QueryId | None = None,
    limit: PageSize = 50,
) -> dict[str, Any]:
    """What completions and webhooks made Skyclock start, newest first, and what came of it."""
    pipeline = access.get_pipeline(caller(request), id)
    rows, following = queries.pipeline_starts(
        caller(request), pipeline, state=state, before=cursor, limit=limit
    )
    return {"items": [shown(row) for row in rows], "next": following and str(following)}


@router.post("/starts/{int:id}/retry", response={202: StartOut})
def retry_start(request: HttpRequest, id: int) -> Status[dict[str, Any]]:
    """Owe a refused start again; what came of it is seen in the list."""
    start = access.get_start(caller(request), id)
    return Status(202, shown(launch.retry_start(actor=caller(request), start=start)))


@router.post("/pipelines/{int:id}/triggers/{int:trigger_id}/rotate", response=RotatedOut)
def rotate_secret(
    request: HttpRequest, id: int, trigger_id: int, payload: RotateIn | None = None
) -> dict[str, Any]:
    """Make a webhook's next secret; the first one makes its address, which stays."""
    pipeline = access.get_pipeline(caller(request), id)
    rotated = hooks.rotate(
        actor=caller(request),
        trigger=access.get_trigger(caller(request), pipeline, trigger_id),
        end_old=payload is not None and payload.end_old,
    )
    return {
        "address": own_triggers.address(rotated.hook),
        "secret": rotated.secret,
        "old_until": rotated.before_until,
    }
