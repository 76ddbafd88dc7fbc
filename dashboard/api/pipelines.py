from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from dashboard import access, queries
from dashboard.api.auth import caller
from dashboard.api.pipeline_shapes import (
    PipelineChange,
    PipelineDetail,
    PipelineIn,
    PipelineOut,
    detail,
    shown,
)
from dashboard.api.trigger_shapes import TriggerOut, trigger_shown, trigger_values
from dashboard.models import Trigger
from dashboard.services import history, pipelines, triggers

router = Router(tags=["pipelines"])


@router.get("/pipelines", response=list[PipelineOut])
def list_pipelines(request: HttpRequest) -> list[dict[str, Any]]:
    """All of them by name, without their settings."""
    return [shown(row.pipeline) for row in queries.pipeline_list(caller(request))]


@router.post("/pipelines", response={201: PipelineDetail})
def create_pipeline(request: HttpRequest, payload: PipelineIn) -> Status[dict[str, Any]]:
    """Save a pipeline with its first version. Nothing in the cloud changes until a deployment."""
    values, wrong = trigger_values(payload.triggers, [])
    row = pipelines.create(
        actor=caller(request),
        name=payload.name,
        connection=access.named_connection(caller(request), payload.connection),
        blueprint=payload.blueprint,
        settings=payload.settings,
        triggers=values,
        note=payload.note,
        also=wrong,
    )
    return Status(201, detail(row))


@router.get("/pipelines/{int:id}", response=PipelineDetail)
def get_pipeline(request: HttpRequest, id: int) -> dict[str, Any]:
    """One pipeline, its triggers with the last proof from the cloud."""
    return detail(access.get_pipeline(caller(request), id))


@router.patch("/pipelines/{int:id}", response=PipelineDetail)
def change_pipeline(request: HttpRequest, id: int, payload: PipelineChange) -> dict[str, Any]:
    """Save a new version; the cloud follows with the next deployment."""
    row = access.get_pipeline(caller(request), id)
    present = queries.pipeline_triggers(row)
    values, wrong = trigger_values(payload.triggers or [], present)
    pipelines.update(
        actor=caller(request),
        pipeline=row,
        name=payload.name,
        settings=payload.settings,
        triggers=values if payload.triggers is not None else None,
        note=payload.note,
        also=wrong,
    )
    return detail(access.get_pipeline(caller(request), id))


@router.delete("/pipelines/{int:id}", response={204: None})
def delete_pipeline(request: HttpRequest, id: int) -> Status[None]:
    """Put it away; its history stays. What is deployed has to be destroyed first."""
    pipelines.delete(actor=caller(request), pipeline=access.get_pipeline(caller(request), id))
    return Status(204, None)


@router.post("/pipelines/{int:id}/triggers/{int:trigger_id}/pause", response=TriggerOut)
def pause_trigger(request: HttpRequest, id: int, trigger_id: int) -> dict[str, Any]:
    """Stop firing, in the cloud, now; the answer is what was read back."""
    trigger = _trigger(request, id, trigger_id)
    return trigger_shown(triggers.pause(actor=caller(request), trigger=trigger))


@router.post("/pipelines/{int:id}/triggers/{int:trigger_id}/resume", response=TriggerOut)
def resume_trigger(request: HttpRequest, id: int, trigger_id: int) -> dict[str, Any]:
    """Fire again, from the next time on; what was missed is not made up for."""
    trigger = _trigger(request, id, trigger_id)
    return trigger_shown(triggers.resume(actor=caller(request), trigger=trigger))


def _trigger(request: HttpRequest, id: int, trigger_id: int) -> Trigger:
    pipeline = access.get_pipeline(caller(request), id)
    return access.get_trigger(caller(request), pipeline, trigger_id)


@router.post("/pipelines/{int:id}/sync", response=PipelineDetail)
def sync_pipeline(request: HttpRequest, id: int) -> dict[str, Any]:
    """Pull the history now, and read the triggers back; returns when done."""
    history.sync(access.get_pipeline(caller(request), id), verify=True, whole=True)
    return detail(access.get_pipeline(caller(request), id))
