"""What only the cloud knows, asked there at this moment: logs, instances, event logs, and what
an account has."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from dashboard import access, queries
from dashboard.api.auth import caller
from dashboard.api.values import Body, Flag, Moment
from dashboard.services import event_logs, instances, step_logs
from provisioning.contracts import (
    EventPage,
    Instance,
    LogPage,
    ReplayRecord,
    RunStatus,
    WorkflowState,
)

router = Router()
CloudCursor = Annotated[str, Field(min_length=1, max_length=4096)]


# ── Logs ────────────────────────────────────────────────────────────────────────────


class LogLineOut(Schema):
    time: datetime
    text: str


class RunLogOut(Schema):
    """Oldest line first. `cursor` is to be given for what comes after, null where this is all
    for now; `note` says where there is no log, and why."""

    lines: list[LogLineOut]
    cursor: str | None
    note: str


@router.get("/runs/{int:id}/log", response=RunLogOut, tags=["runs"])
def get_run_log(request: HttpRequest, id: int, cursor: CloudCursor | None = None) -> LogPage:
    """The log of the run itself, from the cloud."""
    return step_logs.read(access.get_run(caller(request), id), cursor=cursor)


@router.get("/runs/{int:id}/steps/{name}/log", response=RunLogOut, tags=["runs"])
def get_step_log(
    request: HttpRequest, id: int, name: str, cursor: CloudCursor | None = None
) -> LogPage:
    """The log of one step, from the cloud."""
    run = access.get_run(caller(request), id)
    if name not in {step.name for step in queries.run_steps(run)}:
        raise Http404
    return step_logs.read(run, name, cursor=cursor)


# ── Instances ───────────────────────────────────────────────────────────────────────


class InstanceOut(Schema):
    """`url` is where it is opened, while it runs."""

    name: str
    kind: str
    status: Literal["running", "stopped", "changing", "failed"]
    cloud_status: str
    url: str | None


@router.get("/pipelines/{int:id}/instances", response=list[InstanceOut], tags=["pipelines"])
def list_instances(request: HttpRequest, id: int) -> tuple[Instance, ...]:
    """Machines of the pipeline that people start and stop."""
    return instances.of(access.get_pipeline(caller(request), id))


@router.post(
    "/pipelines/{int:id}/instances/{name}/start", response={202: InstanceOut}, tags=["pipelines"]
)
def start_instance(request: HttpRequest, id: int, name: str) -> Status[Instance]:
    """Start it; it takes a while until it runs."""
    return Status(202, _switched(request, id, name, running=True))


@router.post(
    "/pipelines/{int:id}/instances/{name}/stop", response={202: InstanceOut}, tags=["pipelines"]
)
def stop_instance(request: HttpRequest, id: int, name: str) -> Status[Instance]:
    """Stop it; what is on its disk stays."""
    return Status(202, _switched(request, id, name, running=False))


def _switched(request: HttpRequest, id: int, name: str, *, running: bool) -> Instance:
    pipeline = access.get_pipeline(caller(request), id)
    return instances.switch(actor=caller(request), pipeline=pipeline, name=name, running=running)


# ── Event logs ──────────────────────────────────────────────────────────────────────


class LoggedEventOut(Schema):
    """`replay` names the replay that delivered it again; "" for the first time."""

    id: str
    time: datetime
    source: str
    type: str
    detail: dict[str, Any]
    replay: str


class EventPageOut(Schema):
    """Oldest first. `cursor` is to be given for what comes after, null where this is all."""

    events: list[LoggedEventOut]
    cursor: str | None


class StateOut(Schema):
    """What the events up to one of them come to: the step, the data that it works on, the model
    version that is the last good one, and more for people."""

    step: str
    data: str
    model: str
    since: datetime | None
    facts: dict[str, str]


class ReplayOut(Schema):
    name: str
    status: RunStatus
    cloud_status: str
    since: datetime
    until: datetime
    started: datetime | None
    finished: datetime | None
    again: bool
    reason: str


class ReplayIn(Body):
    """The window to deliver once more. What was done for an event is done again only with
    `again`."""

    since: Moment
    until: Moment
    again: Flag = False


class ReplayStarted(Schema):
    name: str


@router.get("/pipelines/{int:id}/events", response=EventPageOut, tags=["events"])
def list_events(
    request: HttpRequest,
    id: int,
    since: Moment | None = None,
    until: Moment | None = None,
    cursor: CloudCursor | None = None,
) -> EventPage:
    """The event log in order: from `since` on, before `until`."""
    pipeline = access.get_pipeline(caller(request), id)
    return event_logs.events(pipeline, since=since, until=until, cursor=cursor)


@router.get("/pipelines/{int:id}/state", response=StateOut, tags=["events"])
def get_state(
    request: HttpRequest, id: int, at: Annotated[str | None, Query(max_length=256)] = None
) -> WorkflowState:
    """The state, rebuilt from the events: from all, or from those up to the event `at`."""
    pipeline = access.get_pipeline(caller(request), id)
    return event_logs.state_at(pipeline, at) if at else event_logs.state_now(pipeline)


@router.get("/pipelines/{int:id}/replays", response=list[ReplayOut], tags=["events"])
def list_replays(request: HttpRequest, id: int) -> tuple[ReplayRecord, ...]:
    """Newest first."""
    return event_logs.replays(access.get_pipeline(caller(request), id))


@router.post("/pipelines/{int:id}/replays", response={202: ReplayStarted}, tags=["events"])
def start_replay(request: HttpRequest, id: int, payload: ReplayIn) -> Status[dict[str, str]]:
    """Have the cloud deliver the events of a window once more."""
    name = event_logs.replay(
        actor=caller(request),
        pipeline=access.get_pipeline(caller(request), id),
        since=payload.since,
        until=payload.until,
        again=payload.again,
    )
    return Status(202, {"name": name})
