"""Pipelines with what a list shows of each: next firing, last runs, last deployment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Prefetch

from dashboard.access import DEFINITION, Visitor, visible_pipelines
from dashboard.models import Deployment, Pipeline, Trigger, Version
from dashboard.queries._triggers import SHOWN

WHICH = ("current", "deployed")


@dataclass(frozen=True)
class PipelineRow:
    pipeline: Pipeline
    triggers: tuple[Trigger, ...]

    @property
    def last_deployment(self) -> Deployment | None:
        return self.pipeline.last_deployment

    @property
    def first(self) -> Trigger | None:
        """The trigger that fires next, of those whose firing the cloud confirmed."""
        firing = [(t.next, t.key, t) for t in self.triggers if t.next and not t.paused]
        return min(firing)[2] if firing else None

    @property
    def next(self) -> datetime | None:
        return self.first.next if self.first else None


def pipeline_list(
    user: Visitor,
    *,
    search: str = "",
    connection: int | None = None,
    managed: bool | None = None,
) -> list[PipelineRow]:
    """Every Pipeline by name; two queries however many there are."""
    rows = visible_pipelines(user).select_related(
        "current_version", "deployed_version", "last_deployment"
    )
    if search:
        rows = rows.filter(name__icontains=search)
    if managed is not None:
        rows = rows.filter(managed=managed)
    if connection is not None:
        rows = rows.filter(connection_id=connection)
    rows = rows.defer(*(f"{which}_{part}" for which in WHICH for part in DEFINITION))
    live = Trigger.objects.filter(SHOWN).order_by("key")
    rows = rows.order_by("name").prefetch_related(Prefetch("triggers", queryset=live))
    return [PipelineRow(one, tuple(one.triggers.all())) for one in rows]


def sandbox_pipelines(user: Visitor) -> list[Pipeline]:
    """What is deployed on the simulated clouds, and can be tried out."""
    rows = visible_pipelines(user).filter(
        connection__sandbox=True, may_exist_in_cloud=True, managed=True
    )
    return list(rows.order_by("name"))


def pipeline_versions(
    pipeline: Pipeline, *, before: int | None = None, limit: int = 50
) -> list[Version]:
    """Newest first, those numbered below `before` when it is given."""
    rows = pipeline.versions.select_related("created_by").order_by("-number")
    return list((rows.filter(number__lt=before) if before else rows)[:limit])


def successes(pipeline: Pipeline, versions: Sequence[Version]) -> dict[int, list[Deployment]]:
    """When each of these Versions was deployed with success, newest first."""
    rows = pipeline.deployments.filter(
        version__in=[each.pk for each in versions], operation="up", status="succeeded"
    )
    found: dict[int, list[Deployment]] = {}
    for row in rows.only("version_id", "finished_at", "pipeline_id").order_by("-id"):
        found.setdefault(row.version_id, []).append(row)
    return found


def rollback_targets(pipeline: Pipeline, *, limit: int = 5) -> list[Version]:
    """Earlier Versions that were deployed with success, newest first."""
    done = Deployment.objects.filter(version=OuterRef("pk"), operation="up", status="succeeded")
    number = pipeline.current_version.number if pipeline.current_version else 0
    rows = pipeline.versions.filter(Exists(done)).filter(number__lt=number)
    return list(rows.defer("settings", "triggers").order_by("-number")[:limit])


def next_occurrences(user: Visitor, *, limit: int = 10) -> list[Trigger]:
    """What fires next, over all Pipelines, as the clouds confirmed it."""
    rows = Trigger.objects.filter(
        SHOWN,
        pipeline__in=visible_pipelines(user).values("pk"),
        paused=False,
        next__isnull=False,
    )
    rows = rows.select_related("pipeline__connection", "pipeline__deployed_version")
    rows = rows.defer("pipeline__deployed_version__settings")
    return list(rows.order_by("next")[:limit])
