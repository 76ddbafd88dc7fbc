from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from dashboard import access, queries
from dashboard.api.auth import caller
from dashboard.api.values import Body, Flag, Moment, PageSize, QueryId, Scalar
from dashboard.models import Run
from dashboard.services import runs
from provisioning.contracts import RunStatus

router = Router(tags=["runs"])


class RunOut(Schema):
    """`trigger`: what started it: a trigger's key, "manual", or null where the cloud does not
    say; `cause`: the object, event, run or message that set it off. `cloud_status` is the
    cloud's own word."""

    id: int
    pipeline: int
    cloud_id: str
    status: RunStatus
    cloud_status: str
    started: datetime
    finished: datetime | None
    trigger: str | None
    trigger_kind: str | None
    cause: str
    reason: str


class StepOut(Schema):
    """`after` names the steps that it waited for: the edges of the graph."""

    name: str
    kind: str
    status: RunStatus
    cloud_status: str
    started: datetime | None
    finished: datetime | None
    reason: str
    attempt: int
    cloud_id: str
    after: list[str]


class RunDetail(RunOut):
    parameters: dict[str, Any]
    started_by: str
    steps: list[StepOut]


class RunPageOut(Schema):
    """`next` is the cursor of the following, older page, or null."""

    items: list[RunOut]
    next: str | None


class RunIn(Body):
    """What is not given has the value that the pipeline's definition says."""

    parameters: dict[str, Scalar] = {}


class RerunIn(Body):
    """`from_failure`: take up the same execution where it failed, where the cloud can."""

    from_failure: Flag = False


def shown(row: Run) -> dict[str, Any]:
    return {
        "id": row.pk,
        "pipeline": row.pipeline_id,
        "cloud_id": row.cloud_id,
        "status": row.status,
        "cloud_status": row.cloud_status,
        "started": row.started,
        "finished": row.finished,
        "trigger": row.trigger.key if row.trigger else row.trigger_kind or None,
        "trigger_kind": row.trigger_kind or None,
        "cause": row.cause,
        "reason": row.reason,
    }


def detail(row: Run) -> dict[str, Any]:
    return shown(row) | {
        "parameters": row.parameters,
        "started_by": row.started_by,
        "steps": queries.run_steps(row),
    }


@router.post("/pipelines/{int:id}/runs", response={202: RunOut})
def start_run(
    request: HttpRequest, id: int, payload: RunIn | None = None
) -> Status[dict[str, Any]]:
    """Start a run now, in the cloud, of what is deployed."""
    pipeline = access.get_pipeline(caller(request), id)
    given = payload.parameters if payload else {}
    return Status(
        202, shown(runs.start(actor=caller(request), pipeline=pipeline, parameters=given))
    )


@router.get("/runs", response=RunPageOut)
def list_runs(
    request: HttpRequest,
    pipeline: QueryId | None = None,
    status: RunStatus | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    cursor: str | None = None,
    limit: PageSize = 50,
) -> dict[str, Any]:
    """Newest first: those started at or after `since` and before `until`. `cursor` is the
    `next` of the page before; runs that begin meanwhile move nothing."""
    rows, following = queries.runs(
        caller(request),
        pipeline=pipeline,
        status=status,
        since=since,
        until=until,
        cursor=cursor,
        limit=limit,
    )
    return {"items": [shown(row) for row in rows], "next": following}


@router.get("/runs/{int:id}", response=RunDetail)
def get_run(request: HttpRequest, id: int) -> dict[str, Any]:
    """One run with its steps, as the cloud told them last."""
    return detail(access.get_run(caller(request), id))


@router.post("/runs/{int:id}/stop", response={202: RunOut})
def stop_run(request: HttpRequest, id: int) -> Status[dict[str, Any]]:
    """Ask the cloud to stop it; its status follows."""
    row = access.get_run(caller(request), id)
    return Status(202, shown(runs.stop(actor=caller(request), run=row)))


@router.post("/runs/{int:id}/rerun", response={202: RunOut})
def rerun(request: HttpRequest, id: int, payload: RerunIn | None = None) -> Status[dict[str, Any]]:
    """Run again with the same parameters; the run that results."""
    row = runs.rerun(
        actor=caller(request),
        run=access.get_run(caller(request), id),
        from_failure=payload is not None and payload.from_failure,
    )
    return Status(202, shown(row))
