"""Versions of a Pipeline: who saved them and why, what differs, and rolling back to one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status

from dashboard import access, launch, queries
from dashboard.api.auth import caller
from dashboard.api.deployment_shapes import DeploymentOut
from dashboard.api.deployment_shapes import shown as deployment_shown
from dashboard.api.values import Body, PageSize, QueryId
from dashboard.models import Deployment, Pipeline, Version
from dashboard.services.managing import require_managed
from dashboard.services.version_changes import changes

router = Router(tags=["pipelines"])


class VersionOut(Schema):
    """`note` is why it was saved; `deployed_at` are the times at which it was deployed with
    success, newest first."""

    number: int
    note: str
    created_by: str | None
    created_at: datetime
    current: bool
    deployed: bool
    deployed_at: list[datetime]


class VersionDetail(VersionOut):
    settings: dict[str, Any]
    triggers: list[dict[str, Any]]


class VersionPageOut(Schema):
    """`next` is the cursor of the following, older page, or null."""

    items: list[VersionOut]
    next: str | None


class VersionChangeOut(Schema):
    """One thing that differs. `where` are titles as in the form, from the outermost on."""

    kind: Literal["added", "removed", "changed"]
    where: list[str]
    before: str | None
    after: str | None


class VersionChangesOut(Schema):
    since: int
    version: int
    changes: list[VersionChangeOut]


class RollBackIn(Body):
    """What follows on the new version: its `preview`, or its deployment (`up`)."""

    operation: Literal["preview", "up"] = "preview"


@router.get("/pipelines/{int:id}/versions", response=VersionPageOut)
def list_versions(
    request: HttpRequest, id: int, cursor: QueryId | None = None, limit: PageSize = 50
) -> dict[str, Any]:
    """Newest first. `cursor` is the `next` of the page before."""
    row = access.get_pipeline(caller(request), id)
    require_managed(row)
    found = queries.pipeline_versions(row, before=cursor, limit=limit)
    successes = queries.successes(row, found)
    older = found[-1].number if found and found[-1].number > 1 else None
    items = [_shown(row, each, successes.get(each.pk, [])) for each in found]
    return {"items": items, "next": older and str(older)}


@router.get("/pipelines/{int:id}/versions/{int:number}", response=VersionDetail)
def get_version(request: HttpRequest, id: int, number: int) -> dict[str, Any]:
    """One version with all that it defines."""
    row = access.get_pipeline(caller(request), id)
    require_managed(row)
    found = access.get_version(caller(request), row, number)
    successes = queries.successes(row, [found]).get(found.pk, [])
    definition = {"settings": found.settings, "triggers": found.triggers}
    return _shown(row, found, successes) | definition


@router.get("/pipelines/{int:id}/versions/{int:number}/changes", response=VersionChangesOut)
def get_changes(
    request: HttpRequest, id: int, number: int, since: QueryId | None = None
) -> dict[str, Any]:
    """What this version says otherwise than another one, the one before it if none is named."""
    row = access.get_pipeline(caller(request), id)
    require_managed(row)
    new = access.get_version(caller(request), row, number)
    old = access.get_version(caller(request), row, since or max(1, number - 1))
    return {"since": old.number, "version": new.number, "changes": list(changes(row, old, new))}


@router.post("/pipelines/{int:id}/versions/{int:number}/roll_back", response={202: DeploymentOut})
def roll_back(
    request: HttpRequest, id: int, number: int, payload: RollBackIn | None = None
) -> Status[dict[str, Any]]:
    """Save a new version that equals this one, and ask for its preview or its deployment. The
    history stays as it is. Pauses, the name, data and runs are no part of a version."""
    row = access.get_pipeline(caller(request), id)
    require_managed(row)
    to = access.get_version(caller(request), row, number)
    operation = payload.operation if payload else "preview"
    asked = launch.roll_back(actor=caller(request), pipeline=row, version=to, operation=operation)
    return Status(202, deployment_shown(asked))


def _shown(pipeline: Pipeline, version: Version, successes: list[Deployment]) -> dict[str, Any]:
    return {
        "number": version.number,
        "note": version.note,
        "created_by": version.created_by.username if version.created_by else None,
        "created_at": version.created_at,
        "current": version.pk == pipeline.current_version_id,
        "deployed": version.pk == pipeline.deployed_version_id,
        "deployed_at": [each.finished_at for each in successes],
    }
