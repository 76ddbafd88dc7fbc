"""Triggers of every kind, as bodies give them and as answers show them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from dashboard.api.values import Body, Count, Flag, Id, Moment, Scalar
from dashboard.models import Trigger
from provisioning.contracts import TriggerKind, TriggerState
from provisioning.errors import Problem

Frequency = Literal["minute", "hour", "month"]
Ending = Literal["succeeded", "failed"]

# ── In ──────────────────────────────────────────────────────────────────────────────


class _Named(Body):
    """In a change, `id` or `key` names the trigger that it was before; a new one may be given
    a key of your own."""

    id: Id | None = None
    key: str | None = None


class ScheduleIn(_Named):
    """Five-field cron in an IANA zone, from `start` until `end`. A start without a run is missed
    after `grace_minutes`, 15 where it is not given. A schedule that a cloud runs otherwise than
    cron when the zone's clock changes is taken with `accept_clock_changes` only: your yes to
    that difference."""

    kind: Literal["schedule"]
    cron: str
    timezone: str = "UTC"
    start: Moment | None = None
    end: Moment | None = None
    grace_minutes: Count | None = None
    accept_clock_changes: Flag = False


class TumblingWindowIn(_Named):
    """Windows of `interval` minutes, hours or months that follow each other from `start` on,
    each run once, also those that lie in the past. Data Factory's kind."""

    kind: Literal["tumbling_window"]
    frequency: Frequency
    interval: Count
    start: Moment
    end: Moment | None = None
    delay_seconds: Count = 0
    max_concurrency: Count = 1
    retry_count: Count = 0
    retry_interval_seconds: Count = 30
    grace_minutes: Count | None = None


class ObjectCreatedIn(_Named):
    """An object lands in the pipeline's own bucket or container; its key begins and ends so."""

    kind: Literal["object_created"]
    prefix: str = ""
    suffix: str = ""


class EventIn(_Named):
    """An event on the pipeline's bus or topic: from `source`, of any of `types`, with a detail
    that matches `detail`, a pattern as the cloud itself writes it."""

    kind: Literal["event"]
    source: str
    types: list[str]
    detail: dict[str, Any] | None = None


class CompletionIn(_Named):
    """A run of another pipeline, on whatever cloud, ends so. `pipeline` is its id; `parameters`
    are of the run that is started."""

    kind: Literal["completion"]
    pipeline: Id
    on: Ending = "succeeded"
    parameters: dict[str, Scalar] = {}


class WebhookIn(_Named):
    """Somebody calls the pipeline's signed address."""

    kind: Literal["webhook"]


TriggerIn = Annotated[
    ScheduleIn | TumblingWindowIn | ObjectCreatedIn | EventIn | CompletionIn | WebhookIn,
    Field(discriminator="kind"),
]


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


def _wrong_id(row: _Named, keys: dict[int, str]) -> str:
    if row.id not in keys:
        return f"This pipeline has no trigger {row.id}."
    if row.key and row.key != keys[row.id]:
        return f"The key of trigger {row.id} is {keys[row.id]}; it stays what it is."
    return ""


# ── Out ─────────────────────────────────────────────────────────────────────────────


class _Proved(Schema):
    """`state`, `native` and `next` are what was read back at `verified_at`; `message` says what
    is not as it should be. `paused` is what people want."""

    id: int
    key: str
    paused: bool
    state: TriggerState
    verified_at: datetime | None
    next: datetime | None
    native: list[str]
    message: str


class ScheduleOut(_Proved):
    """`accepted` says what the cloud does otherwise than cron when the zone's clock changes, where
    somebody accepted that."""

    kind: Literal["schedule"]
    cron: str
    timezone: str
    start: datetime | None
    end: datetime | None
    grace_minutes: int | None = None
    accept_clock_changes: bool = False
    accepted: str = ""


class TumblingWindowOut(_Proved):
    kind: Literal["tumbling_window"]
    frequency: Frequency
    interval: int
    start: datetime
    end: datetime | None
    delay_seconds: int
    max_concurrency: int
    retry_count: int
    retry_interval_seconds: int
    grace_minutes: int | None = None


class ObjectCreatedOut(_Proved):
    kind: Literal["object_created"]
    prefix: str
    suffix: str


class EventOut(_Proved):
    kind: Literal["event"]
    source: str
    types: list[str]
    detail: dict[str, Any] | None


class CompletionOut(_Proved):
    """Skyclock's own: `state` is what Skyclock itself will do."""

    kind: Literal["completion"]
    pipeline: int
    on: Ending
    parameters: dict[str, str] = {}


class WebhookOut(_Proved):
    """Skyclock's own: `state` is what Skyclock itself will do. `address` is the path to call; it
    is made with the first secret."""

    kind: Literal["webhook"]
    address: str | None


class NativeOut(_Proved):
    """Of a watched pipeline, in the cloud's own words. With a `dialect` its firings are known from
    its `expression`; without, they are not, or it waits for something that happens."""

    kind: Literal["native"]
    text: str
    dialect: str = ""
    expression: str = ""
    timezone: str
    start: datetime | None
    end: datetime | None
    grace_minutes: int | None = None


TriggerOut = Annotated[
    ScheduleOut
    | TumblingWindowOut
    | ObjectCreatedOut
    | EventOut
    | CompletionOut
    | WebhookOut
    | NativeOut,
    Field(discriminator="kind"),
]
COLUMNS = {
    TriggerKind.SCHEDULE: ("cron", "timezone", "start", "end"),
    TriggerKind.TUMBLING_WINDOW: ("start", "end"),
    TriggerKind.NATIVE: ("timezone", "start", "end"),
}


def trigger_shown(row: Trigger) -> dict[str, Any]:
    columns = COLUMNS.get(TriggerKind(row.kind), ())
    address = {"address": next(iter(row.native), None)} if row.kind == TriggerKind.WEBHOOK else {}
    return {
        "id": row.pk,
        "key": row.key,
        "kind": row.kind,
        **row.config,
        **address,
        **{name: getattr(row, name) for name in columns},
        "paused": row.paused,
        "state": row.state,
        "verified_at": row.verified_at,
        "next": row.next,
        "native": row.native,
        "message": row.message,
    }
