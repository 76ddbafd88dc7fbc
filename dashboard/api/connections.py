from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import WithJsonSchema

from dashboard import access, launch
from dashboard.api.auth import caller
from dashboard.api.values import Body, Count, Flag, Moment, Name
from dashboard.models import Connection, User
from dashboard.services import connections, rotation, setting_up, switching
from provisioning.clouds import credential_schema, methods_of
from provisioning.contracts import Cloud
from provisioning.errors import InvalidInput

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
                *(
                    credential_schema(cloud, method)
                    for cloud in Cloud
                    for method in methods_of(cloud)
                ),
                {
                    "title": "Pasted",
                    "description": "What the cloud's tools print, split into the method's fields; "
                    "fields beside it stand.",
                    "type": "object",
                    "properties": {"paste": {"type": "string", "writeOnly": True}},
                    "required": ["paste"],
                },
            ],
        }
    ),
]


class ConnectionOut(Schema):
    """A credential is in no answer, not even its length. `test_result` is the worst check of the
    last test. `rotation` counts the credentials that it had, `entered_at` says since when the one
    in use is stored; the one before can be put back until `undo_until`."""

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
    disabled_at: datetime | None
    rotation: int
    entered_at: datetime | None
    undo_until: datetime | None
    expires_at: datetime | None
    last_used_at: datetime | None
    tested_at: datetime | None
    test_result: Literal["pass", "fail", "unknown", ""]

    @staticmethod
    def resolve_undo_until(row: Connection) -> datetime | None:
        return row.before_until if rotation.can_undo(row) else None


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
    expires_at: Moment | None = None


class ConnectionChange(Body):
    """What is left out, or null, stays. A new credential, by the same or by another method, must
    open the same account; it is tested first. Of one by the same method, fields that are left out
    or empty are kept as they are stored, and null empties one. With `rotation`, the number that
    you have seen, it is refused where somebody else was faster. `expires_at` is when the cloud
    ends the credential, if you know; a certificate says so itself."""

    name: Name | None = None
    level: LevelName | None = None
    enabled: Flag | None = None
    approval_required: Flag | None = None
    method: str | None = None
    credential: Credential | None = None
    rotation: Count | None = None
    expires_at: Moment | None = None


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
        expires_at=payload.expires_at,
    )


def _create_sandbox(actor: User, payload: ConnectionIn) -> Connection:
    if payload.expires_at:
        raise InvalidInput.at("expires_at", connections.NEVER_ENDS)
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
    """Rename, disable, replace level or approval, or rotate the credential. Admins only."""
    actor = access.require_admin(caller(request))
    row = access.get_connection(actor, id)
    seen = payload.rotation
    values = payload.model_dump(exclude={"rotation"})
    row = connections.update(actor=actor, connection=row, seen=seen, **values)
    if payload.credential is not None:
        launch.request_test(actor=actor, connection=row)
    return row


@router.post("/connections/{int:id}/undo", response=ConnectionOut)
def undo_rotation(request: HttpRequest, id: int) -> Connection:
    """Put the credential of before back, within a day of its rotation, and have it tested. Admins
    only."""
    actor = access.require_admin(caller(request))
    row = rotation.undo(actor=actor, connection=access.get_connection(actor, id))
    launch.request_test(actor=actor, connection=row)
    return row


@router.post("/connections/{int:id}/disable", response=ConnectionOut)
def disable_connection(request: HttpRequest, id: int) -> Connection:
    """Have nothing more deployed, started or pulled with it, from this moment; what is deployed
    just now goes on. Admins only."""
    return _switch(request, id, enabled=False)


@router.post("/connections/{int:id}/enable", response=ConnectionOut)
def enable_connection(request: HttpRequest, id: int) -> Connection:
    """Have it used again. Admins only."""
    return _switch(request, id, enabled=True)


def _switch(request: HttpRequest, id: int, *, enabled: bool) -> Connection:
    actor = access.require_admin(caller(request))
    row = access.get_connection(actor, id)
    return switching.switch(actor=actor, connection=row, enabled=enabled)


@router.delete("/connections/{int:id}", response={204: None})
def delete_connection(request: HttpRequest, id: int) -> Status[None]:
    """Forget the credential; refused while pipelines need it. Admins only."""
    actor = access.require_admin(caller(request))
    connections.delete(actor=actor, connection=access.get_connection(actor, id))
    return Status(204, None)
