"""What differs between cloud and definition, and when a pipeline ends by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from dashboard import access, launch, queries
from dashboard.api.auth import caller
from dashboard.api.deployment_shapes import DeploymentOut, StatusName
from dashboard.api.deployment_shapes import shown as deployment_shown
from dashboard.api.values import Body, Flag, Id, Moment
from dashboard.models import Drift, DriftWatch, Lifetime, Pipeline
from dashboard.services import drift_checks, lifetimes

router = Router()


class DriftRowOut(Schema):
    """`old` is what was deployed, `new` what the cloud has; secrets have neither. `refusal` says
    why it cannot be accepted. `how` is "" while it is open."""

    id: int
    sentence: str
    cosmetic: bool
    gone: bool
    resource: str
    path: str
    old: Any
    new: Any
    acceptable: bool
    refusal: str
    first_seen: datetime
    last_seen: datetime
    resolved_at: datetime | None
    how: Literal["", "restored", "accepted", "vanished", "destroyed"]


class DriftsOut(Schema):
    """`checked_at`: as of when. `skipped` says why the last check that was due was not made,
    `error` why the last one failed. `every_hours`: null as the instance has it, 0 never."""

    drifts: list[DriftRowOut]
    cosmetic: int
    every_hours: int | None
    hours: int
    checked_at: datetime | None
    next_check: datetime | None
    last_check: int | None
    last_status: StatusName | None
    error: str
    skipped: str


class DriftChange(Body):
    """How many hours lie between two checks: 0 for never, null as the instance has it."""

    every_hours: Annotated[int, Field(ge=0, le=168, strict=True)] | None


class RestoreIn(Body):
    """Without `apply` the answer is the preview whose plan puts the cloud back."""

    apply: Flag = False


class AcceptIn(Body):
    """Ids of drifts; left out or null: all that can be accepted."""

    drifts: list[Id] | None = None


class LifetimeIn(Body):
    """`confirm` is the pipeline's name, typed again; a later end than the present one needs
    none. `timezone` is the one that pages show the end in."""

    ends_at: Moment
    timezone: str = "UTC"
    confirm: str = ""


class LifetimeOut(Schema):
    """`deployment` is the destroy, once it was asked for; `error` why it could not be."""

    ends_at: datetime
    timezone: str
    set_by: str | None
    set_at: datetime
    deployment: int | None
    error: str


def shown(row: Drift) -> dict[str, Any]:
    same = ("sentence", "cosmetic", "gone", "path", "old", "new", "acceptable", "refusal")
    times = ("first_seen", "last_seen", "resolved_at", "how")
    return {
        "id": row.pk,
        "resource": row.urn,
        **{name: getattr(row, name) for name in (*same, *times)},
    }


def _detail(pipeline: Pipeline, *, resolved: bool) -> dict[str, Any]:
    watch = queries.drift_watch(pipeline) or DriftWatch(pipeline=pipeline)
    last = watch.last_check
    rows = queries.open_drifts(pipeline)
    ended = queries.ended_drifts(pipeline) if resolved else []
    return {
        "drifts": [shown(row) for row in (*rows, *ended)],
        "cosmetic": sum(row.cosmetic for row in rows),
        "every_hours": watch.every_hours,
        "hours": drift_checks.hours_of(watch),
        "checked_at": watch.checked_at,
        "next_check": watch.due_at,
        "last_check": last.pk if last else None,
        "last_status": last.status if last else None,
        "error": (last.error or {}).get("summary", "") if last else "",
        "skipped": watch.skipped,
    }


@router.get("/pipelines/{int:id}/drift", response=DriftsOut, tags=["drift"])
def get_drift(request: HttpRequest, id: int, resolved: bool = False) -> dict[str, Any]:
    """What the last check found, those that matter first; with `resolved` also what was."""
    return _detail(access.get_pipeline(caller(request), id), resolved=resolved)


@router.patch("/pipelines/{int:id}/drift", response=DriftsOut, tags=["drift"])
def change_drift_checks(request: HttpRequest, id: int, payload: DriftChange) -> dict[str, Any]:
    """When it is checked."""
    pipeline = access.get_pipeline(caller(request), id)
    actor, hours = caller(request), payload.every_hours
    drift_checks.set_every(actor=actor, pipeline=pipeline, hours=hours)
    return _detail(pipeline, resolved=False)


@router.post("/pipelines/{int:id}/drift/check", response={202: DeploymentOut}, tags=["drift"])
def check_drift(request: HttpRequest, id: int) -> Status[dict[str, Any]]:
    """Look now. Changes nothing, neither in the cloud nor in the engine's state."""
    pipeline = access.get_pipeline(caller(request), id)
    check = launch.request_check(actor=caller(request), pipeline=pipeline)
    return Status(202, deployment_shown(check))


@router.post("/pipelines/{int:id}/drift/restore", response={202: DeploymentOut}, tags=["drift"])
def restore_drift(
    request: HttpRequest, id: int, payload: RestoreIn | None = None
) -> Status[dict[str, Any]]:
    """Put the cloud back to the definition: a refresh, then the preview that is answered."""
    pipeline = access.get_pipeline(caller(request), id)
    apply = payload is not None and payload.apply
    row = launch.restore(actor=caller(request), pipeline=pipeline, apply=apply)
    return Status(202, deployment_shown(row))


@router.post("/pipelines/{int:id}/drift/accept", response={202: DeploymentOut}, tags=["drift"])
def accept_drift(
    request: HttpRequest, id: int, payload: AcceptIn | None = None
) -> Status[dict[str, Any]]:
    """Say in the definition what the cloud has, as a new version. The answer is the preview of
    what is left to deploy."""
    pipeline = access.get_pipeline(caller(request), id)
    ids = payload.drifts if payload else None
    row = launch.accept_drift(actor=caller(request), pipeline=pipeline, ids=ids)
    return Status(202, deployment_shown(row))


# ── Lifetime ────────────────────────────────────────────────────────────────────────


def _lifetime(row: Lifetime) -> dict[str, Any]:
    same = ("ends_at", "timezone", "set_at", "error")
    return {
        **{name: getattr(row, name) for name in same},
        "set_by": row.set_by.username if row.set_by else None,
        "deployment": row.deployment_id,
    }


@router.get("/pipelines/{int:id}/lifetime", response=LifetimeOut, tags=["pipelines"])
def get_lifetime(request: HttpRequest, id: int) -> dict[str, Any]:
    """When the pipeline is destroyed by itself; 404 where it is not."""
    row = queries.lifetime_of(access.get_pipeline(caller(request), id))
    if row is None:
        raise Http404
    return _lifetime(row)


@router.put("/pipelines/{int:id}/lifetime", response=LifetimeOut, tags=["pipelines"])
def set_lifetime(request: HttpRequest, id: int, payload: LifetimeIn) -> dict[str, Any]:
    """Have it destroyed then, with all that belongs to it in the cloud."""
    row = lifetimes.set_end(
        actor=caller(request),
        pipeline=access.get_pipeline(caller(request), id),
        ends_at=payload.ends_at,
        timezone=payload.timezone,
        confirm=payload.confirm,
    )
    return _lifetime(row)


@router.delete("/pipelines/{int:id}/lifetime", response={204: None}, tags=["pipelines"])
def remove_lifetime(request: HttpRequest, id: int) -> Status[None]:
    """It stays until somebody destroys it."""
    pipeline = access.get_pipeline(caller(request), id)
    lifetimes.remove(actor=caller(request), pipeline=pipeline)
    return Status(204, None)
