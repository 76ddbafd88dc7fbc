"""Deployments with their resources."""

from __future__ import annotations

from django.db.models import F, OuterRef, Subquery

from dashboard.access import Visitor, visible_deployments
from dashboard.models import Deployment, DeploymentResource, Pipeline

MOST = 200


def deployments(
    user: Visitor,
    *,
    pipeline: Pipeline | int | None = None,
    status: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> tuple[list[Deployment], int | None]:
    """A page, newest first, and the id to give as `before` for the next one."""
    rows = visible_deployments(user)
    if pipeline is not None:
        rows = rows.filter(pipeline=pipeline)
    if status:
        rows = rows.filter(status=status)
    if before:
        rows = rows.filter(pk__lt=before)
    limit = max(1, min(limit, MOST))
    found = list(rows.order_by("-id")[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None


def pipeline_deployments(
    pipeline: Pipeline, *, before: int | None = None, limit: int = 50
) -> list[Deployment]:
    rows = Deployment.objects.filter(pipeline=pipeline).select_related("version", "requested_by")
    if before:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-id")[: min(limit, MOST)])


def deployment_resources(deployment: Deployment) -> list[DeploymentResource]:
    """Its own; those of the preview that it names, as long as it waits to be applied."""
    shown = deployment.pk
    if deployment.needs_approval and deployment.plan_id and not deployment.started_at:
        shown = deployment.plan_id
    return list(DeploymentResource.objects.filter(deployment=shown).order_by("position"))


def pipeline_resources(pipeline: Pipeline) -> list[DeploymentResource]:
    """What exists in the cloud, as far as Deployments have shown: each resource's last step."""
    if not pipeline.may_exist_in_cloud:
        return []
    seen = DeploymentResource.objects.filter(deployment__pipeline=pipeline, state="done").exclude(
        deployment__operation__in=[Deployment.Operation.PREVIEW, Deployment.Operation.CHECK]
    )
    newest = seen.filter(urn=OuterRef("urn")).order_by("-deployment_id").values("pk")[:1]
    last = seen.annotate(newest=Subquery(newest)).filter(pk=F("newest")).exclude(op="delete")
    return list(last.order_by("position").select_related("deployment"))
