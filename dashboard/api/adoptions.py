"""Adopting what exists in the cloud already."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from dashboard import access, launch
from dashboard.api.auth import caller
from dashboard.api.deployment_shapes import DeploymentOut, shown
from dashboard.api.values import Body

router = Router(tags=["deployments"])
Named = Annotated[str, Field(min_length=1, max_length=500)]


class AdoptedIn(Body):
    """`name` as a preview shows it, or `urn`; `id` as the cloud knows it."""

    urn: Named | None = None
    name: Named | None = None
    id: Named


class AdoptIn(Body):
    """Without resources, the preview looks for what exists under the program's names."""

    resources: Annotated[list[AdoptedIn], Field(max_length=200)]


@router.post("/pipelines/{int:id}/adopt", response={202: DeploymentOut})
def adopt_resources(request: HttpRequest, id: int, payload: AdoptIn) -> Status[dict[str, Any]]:
    """Queue a preview of taking over resources that exist. An up that names it as its plan
    adopts them; it is refused while the preview shows a change for any."""
    row = launch.request_adoption(
        actor=caller(request),
        pipeline=access.get_pipeline(caller(request), id),
        resources=[each.model_dump(exclude_none=True) for each in payload.resources],
    )
    return Status(202, shown(row))
