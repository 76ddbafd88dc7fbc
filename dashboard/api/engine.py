"""The engine: which version operations use, which are offered, and asking for another one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from dashboard import access, launch, queries
from dashboard.api.auth import caller
from dashboard.api.values import Body, Name
from dashboard.models import WorkerHost
from dashboard.services import upgrades, workers
from provisioning.engine import versions

router = Router(tags=["engine"])


class OfferOut(Schema):
    version: str
    where: list[str]
    newer: bool
    warnings: list[str]


class WorkerOut(Schema):
    """A host on which a worker lives, by its own last word."""

    host: str
    alive: bool
    seen_at: datetime
    engine: str
    waiting: str
    plugins: list[str]


class EngineOut(Schema):
    """`version` is what operations use from now on; `trying` what an admin asked for instead.
    `said` tells how that goes or went. `look_failed` is why the vendor could not be asked."""

    version: str
    before: str
    minimum: str
    tested: str
    trying: str
    said: str
    failed: bool
    newest: str
    looked_at: datetime | None
    look_failed: str
    offers: list[OfferOut]
    workers: list[WorkerOut]


class UseIn(Body):
    version: Name


@router.get("/engine", response=EngineOut)
def get_engine(request: HttpRequest) -> dict[str, Any]:
    """The version in use, those that are offered, and the workers. Admins only."""
    actor = access.require_admin(caller(request))
    choice = upgrades.row()
    same = ("version", "before", "trying", "said", "failed", "newest", "looked_at", "look_failed")
    return {
        **{name: getattr(choice, name) for name in same},
        "minimum": versions.written(versions.MINIMUM),
        "tested": upgrades.tested(),
        "offers": upgrades.offers(choice),
        "workers": [_worker(host) for host in queries.worker_hosts(actor)],
    }


@router.post("/engine/use", response={202: EngineOut})
def use_engine(request: HttpRequest, payload: UseIn) -> Status[dict[str, Any]]:
    """Have an offered version prepared beside the present one, tried on an empty stack, and used
    by all operations that begin from then on. Admins only."""
    launch.use_engine(actor=access.require_admin(caller(request)), version=payload.version)
    return Status(202, get_engine(request))


@router.post("/engine/look", response={202: EngineOut})
def look_for_engine(request: HttpRequest) -> Status[dict[str, Any]]:
    """Have the vendor asked for a newer one. Admins only."""
    launch.look_for_engine(actor=access.require_admin(caller(request)))
    return Status(202, get_engine(request))


def _worker(host: WorkerHost) -> dict[str, Any]:
    same = ("host", "seen_at", "engine", "waiting", "plugins")
    return {"alive": workers.is_alive(host), **{name: getattr(host, name) for name in same}}
