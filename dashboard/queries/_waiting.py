"""Whom a queued Deployment waits for."""

from __future__ import annotations

from dashboard.models import Deployment


def ahead_of(deployment: Deployment) -> Deployment | None:
    """The Deployment of the same Pipeline whose end has to come first; None if it is its turn."""
    if deployment.status != Deployment.Status.QUEUED:
        return None
    waiting = [Deployment.Status.QUEUED, Deployment.Status.RUNNING]
    rows = Deployment.objects.filter(pipeline=deployment.pipeline_id, status__in=waiting)
    earlier = rows.filter(pk__lt=deployment.pk).select_related("requested_by")
    return earlier.order_by("-pk").first()
