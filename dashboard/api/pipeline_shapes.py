"""Pipelines and their triggers, as bodies give them and as answers show them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Schema

from dashboard.api.values import Body, Id, Moment, Name, NameOrId, Note
from dashboard.models import Pipeline, Trigger
from provisioning.contracts import TriggerKind, TriggerState
from provisioning.errors import Problem


class TriggerIn(Body):
    """A schedule: five-field cron in an IANA zone, from `start` until `end`. In a change, `id`
    or `key` names the trigger that it was before; a new one may be given a key of your own."""

    id: Id | None = None
    key: str | None = None
    kind: Literal["schedule"]
    cron: str
    timezone: str = "UTC"
    start: Moment | None = None
    end: Moment | None = None


class TriggerOut(Schema):
    """`state`, `native` and `next` are what the cloud said at `verified_at`; `message` says what
    is not as it should be. `paused` is what people want."""

    id: int
    key: str
    kind: TriggerKind
    cron: str
    timezone: str
    start: datetime | None
    end: datetime | None
    paused: bool
    state: TriggerState
    verified_at: datetime | None
    next: datetime | None
    native: list[str]
    message: str


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
    last; `outputs` are of the last deployment that succeeded."""

    id: int
    name: str
    slug: str
    connection: int
    sandbox: bool
    blueprint: str
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
        "version": version.number if version else None,
        "deployed_version": deployed.number if deployed else None,
        "may_exist_in_cloud": pipeline.may_exist_in_cloud,
        "triggers": [each for each in pipeline.triggers.all() if each.removed_at is None],
        "outputs": pipeline.outputs,
        "synced_at": pipeline.synced_at,
        "sync_error": pipeline.sync_error,
        "created_at": pipeline.created_at,
    }


def detail(pipeline: Pipeline) -> dict[str, Any]:
    version = pipeline.current_version
    return shown(pipeline) | {"settings": version.settings if version else {}}


def trigger_values(
    rows: list[TriggerIn], present: list[Trigger]
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Triggers as services take them, and the ids that are of no trigger of this Pipeline."""
    keys = {each.pk: each.key for each in present}
    values, found = [], []
    for position, row in enumerate(rows):
        value = row.model_dump(exclude={"id"}, exclude_none=True)
        if row.id is not None:
            message = _wrong_id(row, keys)
            found += [Problem(f"triggers.{position}.id", message, "unknown")] if message else []
            value["key"] = keys.get(row.id)
        values.append(value)
    return values, found


def _wrong_id(row: TriggerIn, keys: dict[int, str]) -> str:
    if row.id not in keys:
        return f"This pipeline has no trigger {row.id}."
    if row.key and row.key != keys[row.id]:
        return f"The key of trigger {row.id} is {keys[row.id]}; it stays what it is."
    return ""
