from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import ConfigDict

from dashboard import access
from dashboard.api.auth import caller
from dashboard.models import Connection, Pipeline, Trigger
from dashboard.services import history, pipelines, triggers
from provisioning.errors import InvalidInput

router = Router(tags=["pipelines"])


class TriggerIn(Schema):
    """A schedule: five-field cron in an IANA zone. `id` or `key` names an existing trigger."""

    model_config = ConfigDict(extra="forbid")

    id: int | None = None
    key: str | None = None
    kind: Literal["schedule"]
    cron: str
    timezone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None


class TriggerOut(Schema):
    """`state` and `next` are what the cloud said at `verified_at`."""

    id: int
    key: str
    kind: str
    cron: str
    timezone: str
    start: datetime | None
    end: datetime | None
    paused: bool
    state: str
    verified_at: datetime | None
    next: datetime | None
    native: list[str]
    message: str


class PipelineIn(Schema):
    """`connection` is an id, or the Connection's name."""

    name: str
    connection: int | str
    blueprint: str
    settings: dict[str, Any]
    triggers: list[TriggerIn] = []
    note: str = ""


class PipelineChange(Schema):
    """What is left out stays; `triggers` replaces the whole list."""

    name: str | None = None
    settings: dict[str, Any] | None = None
    triggers: list[TriggerIn] | None = None
    note: str = ""


class PipelineOut(Schema):
    id: int
    name: str
    slug: str
    connection: int
    sandbox: bool
    blueprint: str
    version: int | None
    deployed_version: int | None
    may_exist_in_cloud: bool
    settings: dict[str, Any]
    triggers: list[TriggerOut]
    outputs: dict[str, Any]
    synced_at: datetime | None
    sync_error: str
    created_at: datetime


def shown(pipeline: Pipeline) -> dict[str, Any]:
    version, deployed = pipeline.current_version, pipeline.deployed_version
    return {
        "id": pipeline.pk,
        "name": pipeline.name,
        "slug": pipeline.slug,
        "connection": pipeline.connection_id,
        "sandbox": pipeline.connection.sandbox,
        "blueprint": pipeline.blueprint,
        "version": version.number if version else None,
        "deployed_version": deployed.number if deployed else None,
        "may_exist_in_cloud": pipeline.may_exist_in_cloud,
        "settings": version.settings if version else {},
        "triggers": [each for each in pipeline.triggers.all() if each.removed_at is None],
        "outputs": pipeline.outputs,
        "synced_at": pipeline.synced_at,
        "sync_error": pipeline.sync_error,
        "created_at": pipeline.created_at,
    }


def _connection(request: HttpRequest, named: int | str) -> Connection:
    rows = access.visible_connections(caller(request))
    by_id = isinstance(named, int) or named.isdigit()
    row = rows.filter(pk=int(named)) if by_id else rows.filter(name=named)
    if (found := row.first()) is None:
        raise InvalidInput.at("connection", f"There is no connection '{named}'.", "unknown")
    return found


def _trigger_values(rows: list[TriggerIn], pipeline: Pipeline | None) -> list[dict[str, Any]]:
    keys = {t.pk: t.key for t in pipeline.triggers.filter(removed_at=None)} if pipeline else {}
    values = []
    for position, row in enumerate(rows):
        value = row.model_dump(exclude_none=True)
        if (id := value.pop("id", None)) is not None:
            if id not in keys:
                raise InvalidInput.at(f"triggers.{position}.id", f"There is no trigger {id} here.")
            value["key"] = keys[id]
        values.append(value)
    return values


@router.get("/pipelines", response=list[PipelineOut])
def list_pipelines(request: HttpRequest) -> list[dict[str, Any]]:
    rows = access.visible_pipelines(caller(request))
    rows = rows.select_related("current_version", "deployed_version").prefetch_related("triggers")
    return [shown(row) for row in rows]


@router.post("/pipelines", response={201: PipelineOut})
def create_pipeline(request: HttpRequest, payload: PipelineIn) -> tuple[int, dict[str, Any]]:
    row = pipelines.create(
        actor=caller(request),
        name=payload.name,
        connection=_connection(request, payload.connection),
        blueprint=payload.blueprint,
        settings=payload.settings,
        triggers=_trigger_values(payload.triggers, None),
        note=payload.note,
    )
    return 201, shown(row)


@router.get("/pipelines/{id}", response=PipelineOut)
def get_pipeline(request: HttpRequest, id: int) -> dict[str, Any]:
    return shown(access.get_pipeline(caller(request), id))


@router.patch("/pipelines/{id}", response=PipelineOut)
def change_pipeline(request: HttpRequest, id: int, payload: PipelineChange) -> dict[str, Any]:
    row = access.get_pipeline(caller(request), id)
    triggers = payload.triggers
    pipelines.update(
        actor=caller(request),
        pipeline=row,
        name=payload.name,
        settings=payload.settings,
        triggers=None if triggers is None else _trigger_values(triggers, row),
        note=payload.note,
    )
    return shown(access.get_pipeline(caller(request), id))


@router.delete("/pipelines/{id}", response={204: None})
def delete_pipeline(request: HttpRequest, id: int) -> HttpResponse:
    pipelines.delete(actor=caller(request), pipeline=access.get_pipeline(caller(request), id))
    return HttpResponse(status=204)


@router.post("/pipelines/{id}/triggers/{trigger_id}/pause", response=TriggerOut)
def pause_trigger(request: HttpRequest, id: int, trigger_id: int) -> Trigger:
    trigger = _trigger(request, id, trigger_id)
    triggers.pause(actor=caller(request), trigger=trigger)
    return _trigger(request, id, trigger_id)


@router.post("/pipelines/{id}/triggers/{trigger_id}/resume", response=TriggerOut)
def resume_trigger(request: HttpRequest, id: int, trigger_id: int) -> Trigger:
    trigger = _trigger(request, id, trigger_id)
    triggers.resume(actor=caller(request), trigger=trigger)
    return _trigger(request, id, trigger_id)


def _trigger(request: HttpRequest, id: int, trigger_id: int) -> Trigger:
    pipeline = access.get_pipeline(caller(request), id)
    return access.get_trigger(caller(request), pipeline, trigger_id)


@router.post("/pipelines/{id}/sync", response=PipelineOut)
def sync_pipeline(request: HttpRequest, id: int) -> dict[str, Any]:
    """Pull the history now; returns when done."""
    history.sync(access.get_pipeline(caller(request), id))
    return shown(access.get_pipeline(caller(request), id))
