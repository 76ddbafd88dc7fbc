"""Pipelines that wait for each other, as the tests of Skyclock's own triggers need them."""

from __future__ import annotations

from typing import Any

from dashboard.models import Pipeline, Trigger
from dashboard.services import own_triggers


def after(upstream: Pipeline, on: str = "succeeded", **more: Any) -> dict[str, Any]:
    return {"kind": "completion", "pipeline": upstream.pk, "on": on, **more}


def as_deployed(pipeline: Pipeline) -> Pipeline:
    """Its rows as a deployment that succeeded leaves them."""
    Pipeline.objects.filter(pk=pipeline.pk).update(
        deployed_version=pipeline.current_version, may_exist_in_cloud=True
    )
    own_triggers.refresh(pipeline)
    own_triggers.refresh_listeners(pipeline)
    pipeline.refresh_from_db()
    return pipeline


def since(moment: Any) -> None:
    """Every own trigger fires from that moment on."""
    Trigger.objects.filter(kind__in=own_triggers.OWN, active_since__isnull=False).update(
        active_since=moment
    )
