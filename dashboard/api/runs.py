from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import AwareDatetime

from dashboard import access, queries
from dashboard.api.auth import caller
from dashboard.models import Run
from dashboard.services import runs

router = Router(tags=["runs"])
Status = Literal["queued", "running", "succeeded", "failed", "stopped"]


class RunOut(Schema):
    """`trigger`: what started it: a trigger's key, "manual", or null where the cloud
    does not say."""

    id: int
    pipeline: int
    cloud_id: str
    status: Status
    cloud_status: str
    started: datetime
    finished: datetime | None
    trigger: str | None
    trigger_kind: str | None
    reason: str


class StepOut(Schema):
    name: str
    kind: str
    status: Status
    cloud_status: str
    started: datetime | None
    finished: datetime | None
    reason: str
    attempt: int
    cloud_id: str


class RunDetail(RunOut):
    parameters: dict[str, Any]
    started_by: str
    steps: list[StepOut]


class RunPageOut(Schema):
    """`next` is the cursor of the following, older page, or null."""

    items: list[RunOut]
    next: str | None


class RunIn(Schema):
    parameters: dict[str, str | int | float | bool] = {}


class RerunIn(Schema):
    """`from_failure`: take up the same execution where it failed, where the cloud can."""

    from_failure: bool = False


def shown(row: Run) -> dict[str, Any]:
    trigger = row.trigger.key if row.trigger else row.trigger_kind or None
    return {
        "id": row.pk,
        "pipeline": row.pipeline_id,
        "cloud_id": row.cloud_id,
        "status": row.status,
        "cloud_status": row.cloud_status,
        "started": row.started,
        "finished": row.finished,
        "trigger": trigger,
        "trigger_kind": row.trigger_kind or None,
        "reason": row.reason,
    }


def detail(row: Run) -> dict[str, Any]:
    return shown(row) | {
        "parameters": row.parameters,
        "started_by": row.started_by,
        "steps": list(row.steps.all()),
    }


@router.post("/pipelines/{id}/runs", response={202: RunOut})
def start_run(request: HttpRequest, id: int, payload: RunIn) -> tuple[int, dict[str, Any]]:
    pipeline = access.get_pipeline(caller(request), id)
    parameters = {name: _text(value) for name, value in payload.parameters.items()}
    return 202, shown(runs.start(actor=caller(request), pipeline=pipeline, parameters=parameters))


def _text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@router.get("/runs", response=RunPageOut)
def list_runs(
    request: HttpRequest,
    pipeline: int | None = None,
    status: Status | None = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    cursor: str | None = None,
    limit: int = Query(50, ge=1, le=200),
) -> dict[str, Any]:
    chosen = access.get_pipeline(caller(request), pipeline) if pipeline is not None else None
    rows, next_cursor = queries.runs(
        caller(request),
        pipeline=chosen,
        status=status,
        since=since,
        until=until,
        cursor=cursor,
        limit=limit,
    )
    return {"items": [shown(row) for row in rows], "next": next_cursor}


@router.get("/runs/{id}", response=RunDetail)
def get_run(request: HttpRequest, id: int) -> dict[str, Any]:
    return detail(access.get_run(caller(request), id))


@router.post("/runs/{id}/stop", response={202: RunOut})
def stop_run(request: HttpRequest, id: int) -> tuple[int, dict[str, Any]]:
    runs.stop(actor=caller(request), run=access.get_run(caller(request), id))
    return 202, shown(access.get_run(caller(request), id))


@router.post("/runs/{id}/rerun", response={202: RunOut})
def rerun(
    request: HttpRequest, id: int, payload: RerunIn | None = None
) -> tuple[int, dict[str, Any]]:
    row = runs.rerun(
        actor=caller(request),
        run=access.get_run(caller(request), id),
        from_failure=bool(payload and payload.from_failure),
    )
    return 202, shown(row)
