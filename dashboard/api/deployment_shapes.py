"""Deployments and their logs as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from django.utils import timezone
from ninja import Schema

from dashboard import queries
from dashboard.models import Deployment, DeploymentLine
from dashboard.queries import Place
from dashboard.services import adoptions, waiting
from provisioning.contracts import Changes, ErrorKind, Operation, PhaseName, PropertyOp, ResourceOp

StatusName = Literal[
    "queued", "running", "awaiting_approval", "succeeded", "failed", "cancelled", "interrupted"
]

LevelName = Literal["debug", "info", "warning", "error"]


class ChangesOut(Schema):
    """How many resources. All are 0 until the operation has ended."""

    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    adopt: int = 0
    same: int = 0


class PolicyOut(Schema):
    """What to grant, as the cloud takes it: a statement, or a command. `also` is needed of the
    same service besides."""

    title: str
    text: str
    also: list[str] = []


class ErrorOut(Schema):
    """`summary` in our words, `cloud_message` in the cloud's, `hint` what to do. `kind` is the
    cause; `policy` is there where a permission is missing. The code
    `plan_stale`: only a new preview helps."""

    summary: str
    resource: str | None = None
    cloud_message: str | None = None
    hint: str | None = None
    code: str = ""
    kind: ErrorKind | None = None
    policy: PolicyOut | None = None


class ApprovalOut(Schema):
    """`decision` is null until somebody has decided."""

    decision: Literal["approved", "discarded"] | None
    by: str | None
    at: datetime | None
    comment: str


class DriftOut(Schema):
    """What the cloud has otherwise than was deployed. A cosmetic one changes nothing that
    happens."""

    sentence: str
    cosmetic: bool


class PhaseOut(Schema):
    phase: PhaseName
    state: Literal["started", "finished", "failed", "skipped", "cancelled", "interrupted"]
    started: datetime
    finished: datetime | None


class DeploymentOut(Schema):
    """One operation on one version. `phase` says in words what it does or waits for; `drifts`
    are what a refresh found; `message` is why it was asked for. A queued one has its `position`
    in the line of its pipeline, from 1, and in `waits_for` the deployment that comes first.
    `approval` is null where none is needed; `changes` are what the plan has while it waits for
    one. `untouched` resources, of a retry from here, were done before."""

    id: int
    pipeline: int
    version: int
    operation: Operation
    status: StatusName
    phase: str
    position: int | None
    waits_for: int | None
    phases: list[PhaseOut]
    changes: ChangesOut
    error: ErrorOut | None
    drifts: list[DriftOut]
    engine: str
    plan: int | None
    message: str
    approval: ApprovalOut | None
    retry_of: int | None
    untouched: int
    requested_by: str | None
    requested_at: datetime
    cancel_requested_at: datetime | None
    kill_requested_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


class PropertyOut(Schema):
    """A property before and after, as texts; null: it is not there. `replace`: it cannot be
    changed in place. `more`: so many are not told. Secrets are masked, long values shortened."""

    path: str
    op: PropertyOp
    old: str | None
    new: str | None


class ReplacementOut(Schema):
    """`because`: the properties that cannot be changed in place."""

    because: list[str]
    order: Literal["create_first", "delete_first"]


class ResourceOut(Schema):
    """The last known state of one resource's step. `diff` names the properties that change,
    `properties` has them with their values."""

    urn: str
    kind: str
    name: str
    op: ResourceOp
    state: Literal["planned", "running", "done", "failed"]
    seconds: float | None
    parent: str
    cloud_id: str
    diff: list[str]
    properties: list[PropertyOut]
    replacement: ReplacementOut | None


class AdoptedOut(Schema):
    """A resource of an Adoption. `refused` says why it cannot be taken over as it is, "" where
    it can; `differences` names the properties that the cloud has otherwise."""

    kind: str
    name: str
    id: str
    differences: list[str]
    refused: str


class DeploymentDetail(DeploymentOut):
    resources: list[ResourceOut]
    adopted: list[AdoptedOut]


class DeploymentPageOut(Schema):
    """`next` is the cursor of the following, older page, or null."""

    items: list[DeploymentOut]
    next: str | None


class RepairOut(Schema):
    """`sentences` say what was left half done, and what is done about it. `possible`: nothing is
    in the way of the repair."""

    sentences: list[str]
    possible: bool


class LineOut(Schema):
    """`resource` is the URN of the resource that the line is about."""

    n: int
    time: datetime
    level: LevelName
    resource: str | None
    text: str


class LogOut(Schema):
    """`last`: number to ask after next. `final`: no more lines will come after it."""

    lines: list[LineOut]
    last: int
    final: bool


def shown(row: Deployment, places: Mapping[int, Place] | None = None) -> dict[str, Any]:
    """`places` are those of all rows of a list, so that not each is asked for."""
    place = queries.place_of(row) if places is None else places.get(row.pk)
    return {
        "id": row.pk,
        "pipeline": row.pipeline_id,
        "version": row.version.number,
        "operation": row.operation,
        "status": row.status,
        "phase": waiting.phase_words(row, place, timezone.now()),
        "position": place.position if place else None,
        "waits_for": place.waits_for.pk if place and place.waits_for else None,
        "phases": row.phases,
        "changes": Changes().model_dump() | row.changes,
        "error": row.error,
        "drifts": row.drifts,
        "engine": row.engine,
        "plan": row.plan_id,
        "message": row.message,
        "approval": _approval(row) if row.needs_approval else None,
        "retry_of": row.retry_of_id,
        "untouched": len(row.untouched),
        "requested_by": row.requested_by.username if row.requested_by else None,
        "requested_at": row.requested_at,
        "cancel_requested_at": row.cancel_requested_at,
        "kill_requested_at": row.kill_requested_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def _approval(row: Deployment) -> dict[str, Any]:
    return {
        "decision": row.decision or None,
        "by": row.decided_by.username if row.decided_by else None,
        "at": row.decided_at,
        "comment": row.comment,
    }


def detail(row: Deployment) -> dict[str, Any]:
    return shown(row) | {
        "resources": queries.deployment_resources(row),
        "adopted": adoptions.adopted(row),
    }


def line(row: DeploymentLine) -> dict[str, Any]:
    return {
        "n": row.n,
        "time": row.time,
        "level": row.level,
        "resource": row.resource or None,
        "text": row.text,
    }
