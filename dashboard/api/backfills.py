"""Backfill: what was missed, started after the fact."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import Field

from dashboard import access, launch, queries
from dashboard.api.auth import caller
from dashboard.api.values import Body, Count, Flag, Moment, Note, Scalar
from dashboard.models import Backfill, BackfillItem, Occurrence, Pipeline
from dashboard.services import backfills
from provisioning.errors import InvalidInput, Problem

router = Router(tags=["pipelines"])
BACK = timedelta(days=7)


class MissingIn(Body):
    """What was missed of all that was due from `since`, by default a week back, until `until`, by
    default now; or only `dues`. With `unknown` also what could not be looked at: some of that may
    have run."""

    since: Moment | None = None
    until: Moment | None = None
    dues: Annotated[list[Moment], Field(max_length=500)] | None = None
    unknown: Flag = False


class BackfillIn(MissingIn):
    """`date_parameter` is the run parameter that is given the time each start was due at, written
    as an instant or as a date in the schedule's zone."""

    per_minute: Count = 6
    at_once: Count = 1
    date_parameter: Annotated[str, Field(max_length=256)] = ""
    date_form: Literal["instant", "date"] = "instant"
    parameters: dict[str, Scalar] = {}
    note: Note = ""


class MissingOut(Schema):
    trigger: str
    due: datetime
    status: Literal["missed", "unknown"]
    cause: str


class ItemOut(Schema):
    """`state` is waiting, cancelled or refused, else the state of the run."""

    trigger: str
    due: datetime
    state: str
    run: int | None
    error: str


class BackfillOut(Schema):
    id: int
    pipeline: int
    state: Literal["running", "ended", "stopped"]
    per_minute: int
    at_once: int
    date_parameter: str
    date_form: str
    note: str
    asked_by: str | None
    asked_at: datetime
    ended_at: datetime | None
    starts: list[ItemOut]


def shown(row: Backfill) -> dict[str, Any]:
    same = (
        "state", "per_minute", "at_once", "date_parameter", "date_form", "note", "asked_at",
        "ended_at",
    )  # fmt: skip
    return {
        "id": row.pk,
        "pipeline": row.pipeline_id,
        "asked_by": row.asked_by.username if row.asked_by else None,
        "starts": [_item(each) for each in queries.backfill_items(row)],
        **{name: getattr(row, name) for name in same},
    }


def _item(each: BackfillItem) -> dict[str, Any]:
    place = {"trigger": each.occurrence.trigger.key, "due": each.occurrence.due}
    return place | backfills.outcome(each)


def _missing(pipeline: Pipeline, payload: MissingIn) -> list[Occurrence]:
    now = pipeline.connection.now(timezone.now())
    until = payload.until or max([now, *(payload.dues or [])]) + timedelta(seconds=1)
    since = payload.since or min([until - BACK, *(payload.dues or [])])
    if until <= since:
        raise InvalidInput.at("until", "The end has to be after the start.")
    rows = backfills.missing(pipeline, since, until, unknown=payload.unknown)
    if payload.dues is None:
        return list(rows[: backfills.MOST])
    found = list(rows.filter(due__in=payload.dues))
    known = {row.due for row in found}
    if wrong := [place for place, due in enumerate(payload.dues) if due not in known]:
        message = "Nothing that was due then is missing."
        raise InvalidInput([Problem(f"dues.{place}", message, "unknown") for place in wrong])
    return found


@router.post("/pipelines/{int:id}/backfills/preview", response=list[MissingOut])
def preview_backfill(
    request: HttpRequest, id: int, payload: MissingIn | None = None
) -> list[dict[str, Any]]:
    """What a backfill would start: at most 500, the earliest first. Changes nothing."""
    pipeline = access.get_pipeline(caller(request), id)
    return [
        {
            "trigger": row.trigger.key,
            "due": row.due,
            "status": "missed" if row.status == "missed" else "unknown",
            "cause": row.cause,
        }
        for row in _missing(pipeline, payload or MissingIn())
    ]


@router.post("/pipelines/{int:id}/backfills", response={201: BackfillOut})
def create_backfill(request: HttpRequest, id: int, payload: BackfillIn) -> Status[dict[str, Any]]:
    """Start what was missed, each once, the earliest first, at a limited rate."""
    actor = caller(request)
    pipeline = access.get_pipeline(actor, id)
    row = launch.request_backfill(
        actor=actor,
        pipeline=pipeline,
        occurrences=_missing(pipeline, payload),
        per_minute=payload.per_minute,
        at_once=payload.at_once,
        date_parameter=payload.date_parameter,
        date_form=payload.date_form,
        parameters=payload.parameters,
        note=payload.note,
    )
    return Status(201, shown(access.get_backfill(actor, row.pk)))


@router.get("/backfills/{int:id}", response=BackfillOut)
def get_backfill(request: HttpRequest, id: int) -> dict[str, Any]:
    """One, with how far each of its starts is."""
    return shown(access.get_backfill(caller(request), id))


@router.post("/backfills/{int:id}/stop", response=BackfillOut)
def stop_backfill(request: HttpRequest, id: int) -> dict[str, Any]:
    """Start no more of it; what runs goes on."""
    actor = caller(request)
    backfills.stop(actor=actor, backfill=access.get_backfill(actor, id))
    return shown(access.get_backfill(actor, id))
