"""Whom queued Deployments wait for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.models import Deployment

Status = Deployment.Status


@dataclass(frozen=True)
class Place:
    """A queued Deployment's place in the line of its Pipeline: 1 is whose turn it is."""

    position: int
    waits_for: Deployment | None = None  # what is executed now, or what comes before it


def place_of(deployment: Deployment) -> Place | None:
    """None unless it is queued."""
    return places([deployment]).get(deployment.pk)


def places(deployments: Iterable[Deployment]) -> dict[int, Place]:
    """By id, of those that are queued; one query however many there are."""
    queued = [each for each in deployments if each.status == Status.QUEUED]
    if not queued:
        return {}
    lines: dict[int, list[Deployment]] = {}
    pipelines = {each.pipeline_id for each in queued}
    rows = Deployment.objects.filter(
        pipeline__in=pipelines, status__in=[Status.QUEUED, Status.RUNNING]
    )
    for row in rows.select_related("requested_by").order_by("pk"):
        lines.setdefault(row.pipeline_id, []).append(row)
    return {each.pk: _place(each, lines.get(each.pipeline_id, [])) for each in queued}


def _place(deployment: Deployment, line: list[Deployment]) -> Place:
    """What runs is first in line, whenever it was asked for: it may have waited for approval."""
    running = [row for row in line if row.status == Status.RUNNING and row.pk != deployment.pk]
    earlier = [row for row in line if row.status == Status.QUEUED and row.pk < deployment.pk]
    ahead = [*running, *earlier]
    return Place(position=len(ahead) + 1, waits_for=ahead[0] if ahead else None)
