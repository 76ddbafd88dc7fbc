"""Maintenance: asked for, looked at beforehand, ended."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import Field

from dashboard import access, launch, queries
from dashboard.api.auth import caller
from dashboard.api.values import Body, Id, Moment, PageSize, QueryId
from dashboard.models import Connection, Maintenance, MaintenanceTrigger, Pipeline, User
from dashboard.queries import WillNotRun
from provisioning.errors import InvalidInput, Problem

router = Router(tags=["maintenance"])
StateName = Literal["planned", "pausing", "active", "restoring", "ended", "cancelled"]


class MaintenanceIn(Body):
    """Of all of a connection, or of the pipelines that are named by their ids. Times are by the
    connection's clock: without `since` from now on, without `until` until somebody ends it."""

    connection: Id | None = None
    pipelines: Annotated[list[Id], Field(max_length=1000)] = []
    reason: Annotated[str, Field(max_length=200)] = ""
    since: Moment | None = None
    until: Moment | None = None


class HeldOut(Schema):
    """A trigger: whether people had paused it before, when it was paused and restored by the
    connection's clock, what became of it, and what the last attempt met."""

    trigger: int
    pipeline: int
    key: str
    was_paused: bool
    paused_at: datetime | None
    restored_at: datetime | None
    handed_over: bool
    outcome: str
    error: str


class MaintenanceOut(Schema):
    id: int
    connection: int | None
    pipelines: list[int]
    reason: str
    since: datetime
    until: datetime | None
    state: StateName
    note: str
    asked_by: str | None
    asked_at: datetime
    ended_at: datetime | None


class MaintenanceDetailOut(MaintenanceOut):
    triggers: list[HeldOut]


class WillNotRunOut(Schema):
    """`firings` are the first of `count`; `why` is said of what fires by no schedule, or not
    at all."""

    trigger: int
    pipeline: int
    key: str
    count: int
    firings: list[datetime]
    why: str


def shown(row: Maintenance) -> dict[str, Any]:
    same = ("reason", "since", "until", "state", "note", "asked_at", "ended_at")
    return {
        "id": row.pk,
        "connection": row.connection_id,
        "pipelines": sorted(each.pk for each in row.pipelines.all()),
        "asked_by": row.asked_by.username if row.asked_by else None,
        **{name: getattr(row, name) for name in same},
    }


def detailed(row: Maintenance) -> dict[str, Any]:
    return shown(row) | {"triggers": [_held(each) for each in queries.maintenance_triggers(row)]}


def _held(row: MaintenanceTrigger) -> dict[str, Any]:
    same = ("was_paused", "paused_at", "restored_at", "outcome", "error")
    return {
        "trigger": row.trigger_id,
        "pipeline": row.trigger.pipeline_id,
        "key": row.trigger.key,
        "handed_over": row.handed_over_at is not None,
        **{name: getattr(row, name) for name in same},
    }


def _lost(row: WillNotRun) -> dict[str, Any]:
    return {
        "trigger": row.trigger.pk,
        "pipeline": row.trigger.pipeline_id,
        "key": row.trigger.key,
        "count": row.count,
        "firings": row.firings,
        "why": row.why,
    }


def _scope(actor: User, payload: MaintenanceIn) -> tuple[Connection | None, list[Pipeline]]:
    known = {row.pk: row for row in access.visible_pipelines(actor)}
    found = [
        Problem(f"pipelines.{place}", f"There is no pipeline {id}.", "unknown")
        for place, id in enumerate(payload.pipelines)
        if id not in known
    ]
    connections = access.visible_connections(actor).filter(pk=payload.connection or 0)
    connection = connections.first()
    if payload.connection and connection is None:
        found.append(Problem("connection", "There is no such connection.", "unknown"))
    if found:
        raise InvalidInput(found)
    return connection, [known[id] for id in dict.fromkeys(payload.pipelines)]


@router.get("/maintenance", response=list[MaintenanceOut])
def list_maintenance(
    request: HttpRequest,
    open: bool | None = None,
    before: QueryId | None = None,
    limit: PageSize = 50,
) -> list[dict[str, Any]]:
    """Newest first; `open` are those planned or going on."""
    rows = queries.maintenances(caller(request), open=open, before=before, limit=limit)
    return [shown(row) for row in rows]


@router.post("/maintenance", response={201: MaintenanceOut})
def begin_maintenance(request: HttpRequest, payload: MaintenanceIn) -> Status[dict[str, Any]]:
    """Pause all of it for that time, and restore exactly what was on."""
    actor = caller(request)
    connection, pipelines = _scope(actor, payload)
    row = launch.request_maintenance(
        actor=actor,
        reason=payload.reason,
        connection=connection,
        pipelines=pipelines,
        since=payload.since,
        until=payload.until,
    )
    return Status(201, shown(access.get_maintenance(actor, row.pk)))


@router.post("/maintenance/preview", response=list[WillNotRunOut])
def preview_maintenance(request: HttpRequest, payload: MaintenanceIn) -> list[dict[str, Any]]:
    """What would not run; without `until`, in the first day. Changes nothing."""
    actor = caller(request)
    connection, pipelines = _scope(actor, payload)
    if connection is not None:
        visible = access.visible_pipelines(actor)
        pipelines = list(visible.filter(connection=connection, managed=True))
    if not pipelines:
        return []
    since = payload.since or pipelines[0].connection.now(timezone.now())
    rows = queries.will_not_run(actor, pipelines, since=since, until=payload.until)
    return [_lost(row) for row in rows]


@router.get("/maintenance/{int:id}", response=MaintenanceDetailOut)
def get_maintenance(request: HttpRequest, id: int) -> dict[str, Any]:
    """One, with each of its triggers."""
    return detailed(access.get_maintenance(caller(request), id))


@router.post("/maintenance/{int:id}/end", response=MaintenanceDetailOut)
def end_maintenance(request: HttpRequest, id: int) -> dict[str, Any]:
    """Restore what was on, now; one that has not begun is cancelled."""
    actor = caller(request)
    row = access.get_maintenance(actor, id)
    launch.end_maintenance(actor=actor, maintenance=row)
    return detailed(access.get_maintenance(actor, id))
