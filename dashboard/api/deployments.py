from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Status

from dashboard import access, launch, queries
from dashboard.api.auth import caller
from dashboard.api.deployment_shapes import (
    DeploymentDetail,
    DeploymentOut,
    DeploymentPageOut,
    LevelName,
    LogOut,
    RepairOut,
    StatusName,
    detail,
    line,
    shown,
)
from dashboard.api.values import (
    Body,
    Flag,
    Id,
    LineCount,
    LineNumber,
    PageSize,
    QueryId,
    SearchText,
    Urn,
    Words,
)
from dashboard.models import Deployment, Pipeline
from dashboard.queries import LineFilter
from dashboard.services import repairs
from provisioning.errors import InvalidInput

router = Router(tags=["deployments"])


class DeploymentIn(Body):
    """`plan`: id of a preview whose plan this `up` applies exactly, or not at all. `message`: why
    it is asked for, for those who read or approve it."""

    operation: Literal["preview", "up", "refresh", "destroy"]
    plan: Id | None = None
    message: Words = ""


class DecisionIn(Body):
    comment: Words = ""


@router.post("/pipelines/{int:id}/deployments", response={202: DeploymentOut})
def request_deployment(
    request: HttpRequest, id: int, payload: DeploymentIn
) -> Status[dict[str, Any]]:
    """Queue one operation. Deployments of one pipeline happen one after the other. Where the
    connection wants approval, an up or a destroy shows first what it would do, and waits."""
    pipeline = access.get_pipeline(caller(request), id)
    plan = _plan(pipeline, payload.plan) if payload.plan else None
    row = launch.request_deployment(
        actor=caller(request),
        pipeline=pipeline,
        operation=payload.operation,
        plan=plan,
        message=payload.message,
    )
    return Status(202, shown(row))


def _plan(pipeline: Pipeline, id: int) -> Deployment:
    found = pipeline.deployments.filter(pk=id, operation=Deployment.Operation.PREVIEW).first()
    if found is None:
        raise InvalidInput.at("plan", f"This pipeline has no preview {id}.", "unknown")
    return found


@router.get("/deployments", response=DeploymentPageOut)
def list_deployments(
    request: HttpRequest,
    pipeline: QueryId | None = None,
    status: StatusName | None = None,
    cursor: QueryId | None = None,
    limit: PageSize = 50,
) -> dict[str, Any]:
    """Newest first. `cursor` is the `next` of the page before."""
    rows, following = queries.deployments(
        caller(request), pipeline=pipeline, status=status, before=cursor, limit=limit
    )
    places = queries.places(rows)
    return {"items": [shown(row, places) for row in rows], "next": following and str(following)}


@router.get("/deployments/{int:id}", response=DeploymentDetail)
def get_deployment(request: HttpRequest, id: int) -> dict[str, Any]:
    """One deployment with the resources that it touches."""
    return detail(access.get_deployment(caller(request), id))


@router.get("/deployments/{int:id}/log", response=LogOut)
def get_log(
    request: HttpRequest,
    id: int,
    after: LineNumber = 0,
    limit: LineCount = 1000,
    level: LevelName | None = None,
    resource: Urn = "",
    q: SearchText = "",
) -> dict[str, Any]:
    """Lines numbered above `after`. Ask again with `last` until `final` is true. `level` leaves
    out the lines below it, `resource` those that are not about this URN, `q` those that do not
    contain this text, whether in capitals or not."""
    # The row first: lines written after it was read can only make `final` come later.
    row = access.get_deployment(caller(request), id)
    only = LineFilter(level=level or "", resource=resource, text=q)
    lines = queries.deployment_lines(row, after=after, limit=limit, only=only)
    last = lines[-1].n if lines else after
    if only and len(lines) < limit:
        last = max(last, row.last_line)  # up to there none else fits
    return {
        "lines": [line(each) for each in lines],
        "last": last,
        "final": row.final and last >= row.last_line,
    }


@router.post("/deployments/{int:id}/approve", response={202: DeploymentOut})
def approve_deployment(
    request: HttpRequest, id: int, payload: DecisionIn | None = None
) -> Status[dict[str, Any]]:
    """Have exactly the plan that it shows applied. By somebody else than who asked for it."""
    row = access.get_deployment(caller(request), id)
    comment = payload.comment if payload else ""
    done = launch.approve(actor=caller(request), deployment=row, comment=comment)
    return Status(202, shown(done))


@router.post("/deployments/{int:id}/discard", response=DeploymentOut)
def discard_deployment(
    request: HttpRequest, id: int, payload: DecisionIn | None = None
) -> dict[str, Any]:
    """End one that waits for approval. Nothing is changed."""
    row = access.get_deployment(caller(request), id)
    comment = payload.comment if payload else ""
    return shown(launch.discard(actor=caller(request), deployment=row, comment=comment))


class RetryIn(Body):
    """`from_here`: only what did not succeed and what comes after it; what succeeded is left
    alone. 409 says why where that cannot be done."""

    from_here: Flag = False


@router.post("/deployments/{int:id}/retry", response={202: DeploymentOut})
def retry_deployment(
    request: HttpRequest, id: int, payload: RetryIn | None = None
) -> Status[dict[str, Any]]:
    """The same operation on the same version again, after an end that is no success."""
    row = access.get_deployment(caller(request), id)
    here = payload is not None and payload.from_here
    asked = launch.retry(actor=caller(request), deployment=row, here=here)
    return Status(202, shown(asked))


class CancelIn(Body):
    """`at_once`: do not wait for what runs. Possible once a cancel was asked for; what was being
    created may be left behind, and the next operation asks the cloud for it."""

    at_once: Flag = False


@router.post("/deployments/{int:id}/cancel", response={202: DeploymentOut})
def cancel_deployment(
    request: HttpRequest, id: int, payload: CancelIn | None = None
) -> Status[dict[str, Any]]:
    """End one that waits; ask a running one to finish the steps that run, and to stop. Asked
    again it goes on stopping: only `at_once` kills."""
    row = access.get_deployment(caller(request), id)
    at_once = payload is not None and payload.at_once
    asked = launch.request_cancel(actor=caller(request), deployment=row, at_once=at_once)
    return Status(202, shown(asked))


@router.get("/deployments/{int:id}/repair", response=RepairOut)
def show_repair(request: HttpRequest, id: int) -> dict[str, Any]:
    """How the stack stands after a deployment that was cut off, and what a repair would do."""
    found = repairs.look(access.get_deployment(caller(request), id))
    if found is None:
        return {"sentences": [], "possible": False}
    return {"sentences": found.sentences, "possible": found.possible}


@router.post("/deployments/{int:id}/repair", response={202: DeploymentOut})
def repair_deployment(request: HttpRequest, id: int) -> Status[dict[str, Any]]:
    """Put right what a crash left, then do the same operation again, as a deployment of its own.
    Refused while a lock's owner may be alive."""
    row = access.get_deployment(caller(request), id)
    return Status(202, shown(launch.request_repair(actor=caller(request), deployment=row)))
