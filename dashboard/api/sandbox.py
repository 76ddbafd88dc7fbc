from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field, Strict, ValidationInfo, field_validator

from dashboard import access
from dashboard.api.auth import caller
from dashboard.api.values import LARGEST_ID, Body, Duration, Id, Moment, Number
from dashboard.models import Pipeline
from dashboard.services import samples, sandbox
from provisioning.clouds.sandbox_clock import Reading
from provisioning.contracts import Cloud, FaultKind, JournalEntry, SandboxFault, check_fault_seconds
from provisioning.errors import InvalidInput, NotFound, NotPossible

router = Router(tags=["sandbox"])
EntryNumber = Annotated[int, Field(ge=0, le=LARGEST_ID)]


# ── Clock ───────────────────────────────────────────────────────────────────────────


class ClockIn(Body):
    """Either `advance`, an ISO 8601 duration such as "PT2H" or "P1D", or `speed`, how many
    seconds pass in the sandbox in one of real time, from 1 to 3600."""

    advance: Duration | None = None
    speed: Number | None = None


class ClockOut(Schema):
    now: datetime
    speed: float


@router.get("/sandbox/clock", response=ClockOut)
def get_clock(request: HttpRequest) -> Reading:
    """The time in the simulated clouds, asked there: it is never less than an answer before."""
    caller(request)
    if (reading := sandbox.look()) is None:
        raise NotPossible("No sandbox runs here.")
    return reading


@router.post("/sandbox/clock", response=ClockOut)
def change_clock(request: HttpRequest, payload: ClockIn) -> Reading:
    """Fast-forward: what would have fired does, in order; answers when done. Or change how fast
    the clock runs from now on."""
    actor, advance, speed = caller(request), payload.advance, payload.speed
    if advance is not None and speed is None:
        return sandbox.advance(actor=actor, delta=advance)
    if speed is not None and advance is None:
        return sandbox.run_at(actor=actor, speed=speed)
    raise InvalidInput.at("advance", "Give one of advance and speed.", "required")


# ── Samples ─────────────────────────────────────────────────────────────────────────


class ObjectIn(Body):
    """`content` is text, or, with `encoding` "base64", bytes."""

    pipeline: Id
    key: str
    content: str = ""
    encoding: Literal["text", "base64"] = "text"


class SampleEventIn(Body):
    pipeline: Id
    source: str
    type: str
    detail: dict[str, Any] = {}


class SampleOut(Schema):
    """`sent` is what the cloud calls the object or event."""

    pipeline: int
    sent: str


@router.post("/sandbox/objects", response={201: SampleOut})
def put_object(request: HttpRequest, payload: ObjectIn) -> Status[dict[str, Any]]:
    """Put an object into the pipeline's own bucket or container, on the sandbox."""
    pipeline = _pipeline(request, payload.pipeline)
    sent = samples.put_object(
        actor=caller(request), pipeline=pipeline, key=payload.key, content=_content(payload)
    )
    return Status(201, {"pipeline": pipeline.pk, "sent": sent})


@router.post("/sandbox/events", response={201: SampleOut})
def send_event(request: HttpRequest, payload: SampleEventIn) -> Status[dict[str, Any]]:
    """Put an event on the pipeline's bus or topic, on the sandbox."""
    pipeline = _pipeline(request, payload.pipeline)
    sent = samples.send_event(
        actor=caller(request),
        pipeline=pipeline,
        source=payload.source,
        type=payload.type,
        detail=payload.detail,
    )
    return Status(201, {"pipeline": pipeline.pk, "sent": sent})


def _pipeline(request: HttpRequest, id: int) -> Pipeline:
    found = access.visible_pipelines(caller(request)).filter(pk=id).first()
    if found is None:
        raise InvalidInput.at("pipeline", "There is no such pipeline.", "unknown")
    sandbox.require_sandbox(found)
    return found


def _content(payload: ObjectIn) -> bytes:
    if payload.encoding == "text":
        return payload.content.encode()
    try:
        return base64.b64decode(payload.content, validate=True)
    except ValueError as error:  # binascii's own is one
        raise InvalidInput.at("content", "This is not base64.") from error


# ── Faults and journal ──────────────────────────────────────────────────────────────


class FaultIn(Body):
    """Something that a simulated cloud is to do wrong. `match` is the name of a step, a trigger
    or an operation; * and ? fit any characters. Without a `count` it goes on until removed."""

    kind: FaultKind
    cloud: Cloud
    match: str = Field("*", min_length=1, max_length=256)
    count: Annotated[int, Strict(), Field(ge=1, le=10_000)] | None = None
    until: Moment | None = None
    seconds: Annotated[Number, Field(ge=-86_400, le=86_400)] = 0.0
    code: str = Field("", max_length=100)
    message: str = Field("", max_length=500)

    @field_validator("seconds")
    @classmethod
    def _only_clocks_go_behind(cls, seconds: float, given: ValidationInfo) -> float:
        return check_fault_seconds(seconds, given)


class FaultOut(Schema):
    id: str
    kind: FaultKind
    cloud: Cloud
    match: str
    count: int | None
    until: datetime | None
    seconds: float
    code: str
    message: str


class EntryOut(Schema):
    """`outcome` says what came of it, `reason` why where it was not delivered."""

    number: int
    time: datetime
    cloud: Cloud
    source: str
    target: str
    outcome: Literal["delivered", "ignored", "refused", "dropped"]
    reason: str


@router.get("/sandbox/faults", response=list[FaultOut])
def list_faults(request: HttpRequest) -> tuple[SandboxFault, ...]:
    """What is to go wrong, and is not used up yet."""
    caller(request)
    return sandbox.faults()


@router.post("/sandbox/faults", response={201: FaultOut})
def add_fault(request: HttpRequest, payload: FaultIn) -> Status[SandboxFault]:
    """Have a simulated cloud misbehave."""
    wanted = SandboxFault(**payload.model_dump())
    return Status(201, sandbox.add_fault(actor=caller(request), fault=wanted))


@router.delete("/sandbox/faults/{id}", response={204: None})
def remove_fault(request: HttpRequest, id: str) -> Status[None]:
    """Take a fault back, while it is not used up."""
    try:
        sandbox.remove_fault(actor=caller(request), id=id)
    except NotFound as gone:
        raise Http404 from gone
    return Status(204, None)


@router.get("/sandbox/journal", response=list[EntryOut])
def read_journal(request: HttpRequest, after: EntryNumber = 0) -> tuple[JournalEntry, ...]:
    """What fired and what came of it, or why nothing did: at most 200 entries with a higher
    number than `after`, oldest first; of more than that the newest."""
    caller(request)
    return sandbox.journal(after=after)
