from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from dashboard import access
from dashboard.api.auth import caller
from dashboard.models import Connection
from dashboard.services import connections
from provisioning.errors import InvalidInput

router = Router(tags=["connections"])


class ConnectionOut(Schema):
    """A credential is in no answer, not even its length."""

    id: int
    name: str
    cloud: str
    method: str
    level: str
    region: str
    account: str
    sandbox: bool
    enabled: bool


class ConnectionIn(Schema):
    """Either a credential with its method, or `sandbox: true`."""

    name: str
    cloud: Literal["aws", "azure", "google"]
    method: str = ""
    level: Literal["observe", "run", "deploy"] = "deploy"
    credential: dict[str, Any] | None = None
    sandbox: bool = False


class ConnectionChange(Schema):
    name: str | None = None
    level: Literal["observe", "run", "deploy"] | None = None
    enabled: bool | None = None
    credential: dict[str, Any] | None = None


@router.get("/connections", response=list[ConnectionOut])
def list_connections(request: HttpRequest) -> Any:
    return access.visible_connections(caller(request))


@router.post("/connections", response={201: ConnectionOut})
def create_connection(request: HttpRequest, payload: ConnectionIn) -> tuple[int, Connection]:
    actor = access.require_admin(caller(request))
    if payload.sandbox:
        if payload.credential:
            raise InvalidInput.at("credential", "A sandbox connection takes no credential.")
        row = connections.create_sandbox(actor=actor, name=payload.name, cloud=payload.cloud)
    else:
        row = connections.create(
            actor=actor,
            name=payload.name,
            cloud=payload.cloud,
            method=payload.method,
            level=payload.level,
            credential=payload.credential or {},
        )
    return 201, row


@router.get("/connections/{id}", response=ConnectionOut)
def get_connection(request: HttpRequest, id: int) -> Connection:
    return access.get_connection(caller(request), id)


@router.patch("/connections/{id}", response=ConnectionOut)
def change_connection(request: HttpRequest, id: int, payload: ConnectionChange) -> Connection:
    actor = access.require_admin(caller(request))
    row = access.get_connection(actor, id)
    changes = payload.model_dump(exclude_unset=True)
    return connections.update(actor=actor, connection=row, **changes)


@router.delete("/connections/{id}", response={204: None})
def delete_connection(request: HttpRequest, id: int) -> HttpResponse:
    actor = access.require_admin(caller(request))
    connections.delete(actor=actor, connection=access.get_connection(actor, id))
    return HttpResponse(status=204)
