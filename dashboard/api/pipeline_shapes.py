"""Pipelines, as bodies give them and as answers show them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema

from dashboard.api.trigger_shapes import TriggerIn, TriggerOut, trigger_shown
from dashboard.api.values import Body, Name, NameOrId, Note
from dashboard.models import Pipeline


class PipelineIn(Body):
    """`connection` is an id, or the connection's name; `settings` are as the blueprint's
    schema has them."""

    name: Name
    connection: NameOrId
    blueprint: str
    settings: dict[str, Any]
    triggers: list[TriggerIn] = []
    note: Note = ""


class PipelineChange(Body):
    """What is left out, or null, stays. `settings` and `triggers` replace the whole; a trigger
    that names its `id` or `key` stays the same one."""

    name: Name | None = None
    settings: dict[str, Any] | None = None
    triggers: list[TriggerIn] | None = None
    note: Note = ""


class PipelineOut(Schema):
    """`version` was saved last, `deployed_version` is in the cloud. `triggers` are those saved
    last; `outputs` are of the last deployment that succeeded.

    One that is not `managed` is watched: it was not made here and is only read. It has no
    versions; `cloud_id` is what the cloud calls it, `changed_at` since when it is seen to be as it
    is, `gone_at` since when it is gone there."""

    id: int
    name: str
    slug: str
    connection: int
    sandbox: bool
    blueprint: str
    managed: bool
    cloud_id: str
    changed_at: datetime | None
    gone_at: datetime | None
    version: int | None
    deployed_version: int | None
    may_exist_in_cloud: bool
    triggers: list[TriggerOut]
    outputs: dict[str, Any]
    synced_at: datetime | None
    sync_error: str
    created_at: datetime


class PipelineDetail(PipelineOut):
    """With the `settings` that were saved last; a list leaves them out, they may be large."""

    settings: dict[str, Any]


def shown(pipeline: Pipeline) -> dict[str, Any]:
    version, deployed = pipeline.current_version, pipeline.deployed_version
    return {
        "id": pipeline.pk,
        "name": pipeline.name,
        "slug": pipeline.slug,
        "connection": pipeline.connection_id,
        "sandbox": pipeline.connection.sandbox,
        "blueprint": pipeline.blueprint,
        "managed": pipeline.managed,
        "cloud_id": pipeline.cloud_id,
        "changed_at": version.created_at if version and not pipeline.managed else None,
        "gone_at": pipeline.gone_at,
        "version": version.number if version and pipeline.managed else None,
        "deployed_version": deployed.number if deployed and pipeline.managed else None,
        "may_exist_in_cloud": pipeline.may_exist_in_cloud,
        "triggers": [
            trigger_shown(each) for each in pipeline.triggers.all() if each.removed_at is None
        ],
        "outputs": pipeline.outputs,
        "synced_at": pipeline.synced_at,
        "sync_error": pipeline.sync_error,
        "created_at": pipeline.created_at,
    }


def detail(pipeline: Pipeline) -> dict[str, Any]:
    version = pipeline.current_version
    return shown(pipeline) | {"settings": version.settings if version else {}}
