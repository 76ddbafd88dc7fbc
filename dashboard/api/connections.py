from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import WithJsonSchema

from dashboard import access, launch
from dashboard.api.auth import caller
from dashboard.api.values import Body, Flag, Name
from dashboard.models import Connection, User
from dashboard.services import connections, setting_up
from provisioning.clouds import credential_schema, methods_of
from provisioning.contracts import Cloud

router = Router(tags=["connections"])
CloudName = Literal["aws", "azure", "google"]
LevelName = Literal["observe", "run", "deploy"]

Credential = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "description": "The fields of the method. Written only: no answer holds any of it.",
            "writeOnly": True,
            "anyOf": [
                credential_schema(cloud, method) for cloud in Cloud for method in methods_of(cloud)
            ],
        }
    ),
]


class ConnectionOut(Schema):
    """A credential is in no answer, not even its length. `test_result` is the worst check of the
    last test."""

    id: int
    name: str
    cloud: CloudName
    method: str
    level: LevelName
    region: str
    account: str
    sandbox: bool
    enabled: bool
    approval_required: bool
    tested_at: datetime | None
    test_result: Literal["pass", "fail", "unknown", ""]


class ConnectionIn(Body):
    """A credential with its method, or `sandbox: true`, or both: then a credential that the
    sandbox's own identity service gave out enters the sandbox. `approval_required`: an `up` or a
    destroy shows first what it would do, and waits for the approval of somebody else. `identity`:
    of `GET /connections/setup`, so that what was shown there is what is saved."""

    name: Name
    cloud: CloudName
    method: str = ""
    level: LevelName = "deploy"
    credential: Credential | None = None
    sandbox: Flag = False
    approval_required: Flag = False
    identity: str = ""


class ConnectionChange(Body):
    """What is left out, or null, stays. A new credential must open the same account."""

    name: Name | None = None
    level: LevelName | None = None
    enabled: Flag | None = None
    approval_required: Flag | None = None
    credential: Credential | None = None


@router.get("/connections", response=list[ConnectionOut])
def list_connections(request: HttpRequest) -> QuerySet[Connection]:
    """All of them, by name."""
    return access.visible_connections(caller(request))


@router.post("/connections", response={201: ConnectionOut})
def create_connection(request: HttpRequest, payload: ConnectionIn) -> Status[Connection]:
    """Save a connection, after the cloud has said whose credential it is, and have it tested.
    Admins only."""
    actor = access.require_admin(caller(request))
    ready_made = payload.sandbox and not (payload.method or payload.credential)
    row = _create_sandbox(actor, payload) if ready_made else _create(actor, payload)
    launch.request_test(actor=actor, connection=row)
    return Status(201, row)


def _create(actor: User, payload: ConnectionIn) -> Connection:
    return connections.create(
        actor=actor,
        name=payload.name,
        cloud=payload.cloud,
        method=payload.method,
        level=payload.level,
        credential=payload.credential or {},
        approval_required=payload.approval_required,
        sandbox=payload.sandbox,
        uid=setting_up.identity_of(payload.identity).uid if payload.identity else None,
    )


def _create_sandbox(actor: User, payload: ConnectionIn) -> Connection:
    return connections.create_sandbox(
        actor=actor,
        name=payload.name,
        cloud=payload.cloud,
        level=payload.level,
        approval_required=payload.approval_required,
    )


@router.get("/connections/{int:id}", response=ConnectionOut)
def get_connection(request: HttpRequest, id: int) -> Connection:
    """One connection, without its credential."""
    return access.get_connection(caller(request), id)


@router.patch("/connections/{int:id}", response=ConnectionOut)
def change_connection(request: HttpRequest, id: int, payload: ConnectionChange) -> Connection:
    """Rename, disable, or replace level, approval or credential. Admins only."""
    actor = access.require_admin(caller(request))
    row = access.get_connection(actor, id)
    return connections.update(actor=actor, connection=row, **payload.model_dump())


@router.delete("/connections/{int:id}", response={204: None})
def delete_connection(request: HttpRequest, id: int) -> Status[None]:
    """Forget the credential; refused while pipelines need it. Admins only."""
    actor = access.require_admin(caller(request))
    connections.delete(actor=actor, connection=access.get_connection(actor, id))
    return Status(204, None)
