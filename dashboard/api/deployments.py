from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema

from dashboard import access, launch, queries
from dashboard.api.auth import caller
from dashboard.models import Deployment
from provisioning.contracts import Changes
from provisioning.errors import InvalidInput

router = Router(tags=["deployments"])


class DeploymentIn(Schema):
    """`plan`: id of a preview whose plan this `up` applies."""

    operation: Literal["preview", "up", "refresh", "destroy"]
    plan: int | None = None


class ChangesOut(Schema):
    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    same: int = 0


class ErrorOut(Schema):
    summary: str
    resource: str | None = None
    cloud_message: str | None = None
    hint: str | None = None


class ResourceOut(Schema):
    urn: str
    kind: str
    name: str
    op: str
    state: str
    seconds: float | None
    diff: list[str]


class DeploymentOut(Schema):
    id: int
    pipeline: int
    version: int
    operation: str
    status: str
    phase: str
    phases: list[dict[str, Any]]
    changes: ChangesOut
    error: ErrorOut | None
    engine: str
    plan: int | None
    requested_by: str | None
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    resources: list[ResourceOut] | None = None


class LineOut(Schema):
    n: int
    time: datetime
    level: str
    resource: str | None
    text: str


class LogOut(Schema):
    """`last`: number to ask after next. `final`: no more lines will come after it."""

    lines: list[LineOut]
    last: int
    final: bool


def shown(row: Deployment, *, with_resources: bool = False) -> dict[str, Any]:
    return {
        "id": row.pk,
        "pipeline": row.pipeline_id,
        "version": row.version.number,
        "operation": row.operation,
        "status": row.status,
        "phase": row.phase,
        "phases": row.phases,
        "changes": Changes().model_dump() | row.changes,
        "error": row.error,
        "engine": row.engine,
        "plan": row.plan_id,
        "requested_by": row.requested_by.username if row.requested_by else None,
        "requested_at": row.requested_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "resources": list(row.resources.all()) if with_resources else None,
    }


@router.post("/pipelines/{id}/deployments", response={202: DeploymentOut})
def request_deployment(
    request: HttpRequest, id: int, payload: DeploymentIn
) -> tuple[int, dict[str, Any]]:
    pipeline = access.get_pipeline(caller(request), id)
    plan = None
    if payload.plan is not None:
        plan = pipeline.deployments.filter(pk=payload.plan).first()
        if plan is None:
            raise InvalidInput.at("plan", f"This pipeline has no preview {payload.plan}.")
    row = launch.request_deployment(
        actor=caller(request), pipeline=pipeline, operation=payload.operation, plan=plan
    )
    return 202, shown(row)


@router.get("/deployments", response=list[DeploymentOut])
def list_deployments(
    request: HttpRequest, pipeline: int | None = None, limit: int = Query(50, ge=1, le=200)
) -> list[dict[str, Any]]:
    rows = access.visible_deployments(caller(request))
    if pipeline is not None:
        rows = rows.filter(pipeline_id=pipeline)
    return [shown(row) for row in rows[:limit]]


@router.get("/deployments/{id}", response=DeploymentOut)
def get_deployment(request: HttpRequest, id: int) -> dict[str, Any]:
    return shown(access.get_deployment(caller(request), id), with_resources=True)


@router.get("/deployments/{id}/log", response=LogOut)
def get_log(
    request: HttpRequest,
    id: int,
    after: int = Query(0, ge=0),
    limit: int = Query(1000, ge=1, le=5000),
) -> dict[str, Any]:
    # The row first: lines written after it was read can only make `final` come later.
    row = access.get_deployment(caller(request), id)
    lines = list(queries.deployment_lines(row, after=after, limit=limit))
    last = lines[-1].n if lines else after
    return {
        "lines": [_line(each) for each in lines],
        "last": last,
        "final": row.final and last >= row.last_line,
    }


def _line(row: Any) -> dict[str, Any]:
    return {
        "n": row.n,
        "time": row.time,
        "level": row.level,
        "resource": row.resource or None,
        "text": row.text,
    }


@router.post("/deployments/{id}/cancel", response={202: DeploymentOut})
def cancel_deployment(request: HttpRequest, id: int) -> tuple[int, dict[str, Any]]:
    row = access.get_deployment(caller(request), id)
    launch.request_cancel(actor=caller(request), deployment=row)
    return 202, shown(access.get_deployment(caller(request), id))
