"""Connections: making, changing and removing them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from dashboard import audit, secrets
from dashboard.access import require_admin
from dashboard.models import Connection, Pipeline, User
from dashboard.services import approvals, problems, rotation, switching
from provisioning import clouds
from provisioning.contracts import Cloud, Credential
from provisioning.errors import CredentialUnreadable, InUse, InvalidInput

SANDBOX_NAMES = {
    Cloud.AWS: "Sandbox AWS",
    Cloud.AZURE: "Sandbox Azure",
    Cloud.GOOGLE: "Sandbox Google",
}
READY_MADE = "sandbox"  # their method, but on AWS, where they are entered by access keys
NEVER_ENDS = "What ships with the sandbox never ends."
# Account, subscription or project; and the region.
SANDBOX_ACCOUNTS = {
    Cloud.AWS: ("111122223333", "eu-west-1"),
    Cloud.AZURE: ("5a4db0c5-0000-4000-8000-000000000001", "westeurope"),
    Cloud.GOOGLE: ("skyclock-sandbox", "europe-west1"),
}


def create(
    *,
    actor: User,
    name: str,
    cloud: str,
    method: str,
    level: str,
    credential: Mapping[str, Any],
    approval_required: bool = False,
    sandbox: bool = False,
    uid: UUID | None = None,
    expires_at: datetime | None = None,
) -> Connection:
    """Save a Connection to a real account, after the cloud told whose credential it is; or to an
    account of the sandbox, entered with a credential that the sandbox gave out.

    A cloud that cannot be reached now is no reason to lose what was typed: the account stays
    empty then, and nothing can be deployed until a test has learned it. `uid`: what the cloud
    was set up for, where that was shown before.
    """
    require_admin(actor)
    row = Connection(
        uid=uid or uuid4(),
        name=name.strip(),
        cloud=cloud,
        method=method,
        level=level,
        sandbox=sandbox,
        approval_required=approval_required,
        created_by=actor,
    )
    _validate(row)
    _require_unused(row)
    opened, row.region = _parsed(row, credential)
    row.account = rotation.account_of(row, opened)
    row.expires_at, row.expiry_source = rotation.expiry(row, opened, typed=expires_at)
    return _save_new(row, opened, actor=actor)


def create_sandbox(
    *,
    actor: User,
    name: str,
    cloud: str,
    level: str = Connection.LevelName.DEPLOY,
    approval_required: bool = False,
) -> Connection:
    """Save a Connection to the simulated cloud that ships inside."""
    require_admin(actor)
    return _create_sandbox(
        actor=actor,
        name=name.strip(),
        cloud=cloud,
        level=level,
        approval_required=approval_required,
    )


def ensure_sandbox() -> list[Connection]:
    """One sandbox Connection for each simulated cloud, made where it is missing."""
    if not settings.SANDBOX_CONTROL_URL:
        return []
    present = set(Connection.objects.filter(sandbox=True).values_list("cloud", flat=True))
    return [
        _create_sandbox(actor=None, name=_free_name(name), cloud=cloud)
        for cloud, name in SANDBOX_NAMES.items()
        if cloud not in present
    ]


def _free_name(name: str) -> str:
    """Where people gave this name to another Connection, a start must not fail for it."""
    taken = set(Connection.objects.filter(removed_at=None).values_list("name", flat=True))
    numbered = (f"{name} {number}" for number in count(2))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def update(
    *,
    actor: User,
    connection: Connection,
    name: str | None = None,
    level: str | None = None,
    enabled: bool | None = None,
    approval_required: bool | None = None,
    credential: Mapping[str, Any] | None = None,
    method: str | None = None,
    expires_at: datetime | None = None,
    seen: int | None = None,
) -> Connection:
    """Change what is given. A new credential, or another method, must open the same account:
    it is tested, and takes the place of the old one, before anything else is changed. Fields of
    the same method that are left out or empty keep what is stored."""
    require_admin(actor)
    changes: dict[str, Any] = {
        "name": name.strip() if name else name,
        "level": level,
        "approval_required": approval_required,
    }
    if method and credential is None and method != connection.method:
        raise InvalidInput.at("credential", "Another method needs a credential of its own.")
    changed = {field: value for field, value in changes.items() if value is not None}
    for field, value in changed.items():
        setattr(connection, field, value)
    _validate(connection)
    if credential is not None:
        if is_ready_made(connection):
            raise InvalidInput.at("credential", "A sandbox connection has no credential to change.")
        same = (method or connection.method) == connection.method
        rotation.rotate(
            actor=actor,
            connection=connection,
            credential=credential,
            method=method or "",
            expires_at=expires_at,
            seen=seen,
            stored=rotation.stored_fields(connection) if same else None,
        )
    elif expires_at is not None:
        _set_expiry(connection, expires_at)
        changed["expires_at"] = expires_at
    for field, value in changed.items():
        setattr(connection, field, value)
    if changed:
        with problems.saving(connection, "name"):
            # Not the whole row: what others changed meanwhile stays changed.
            connection.save(update_fields=[*changed, "updated_at"])
            if approval_required is not None:
                approvals.switch(connection, required=approval_required)
            detail = {
                name: str(value) if name == "expires_at" else value
                for name, value in changed.items()
            }
            audit.record(actor=actor, action="connection.update", subject=connection, detail=detail)
    if enabled is not None:
        switching.switch(actor=actor, connection=connection, enabled=enabled)
    return connection


def _set_expiry(connection: Connection, expires_at: datetime) -> None:
    if is_ready_made(connection):
        raise InvalidInput.at("expires_at", NEVER_ENDS)
    if connection.expiry_source == rotation.CERTIFICATE:
        raise InvalidInput.at("expires_at", "The certificate says itself when it ends.")
    rows = Connection.objects.filter(pk=connection.pk)
    rows.update(expiry_source=rotation.TYPED, reminded_days=None)


@transaction.atomic
def delete(*, actor: User, connection: Connection) -> None:
    """Forget the credential. The row itself stays while history names it."""
    require_admin(actor)
    if users := list(users_of(connection)):
        names = ", ".join(pipeline.name for pipeline in users)
        raise InUse(
            f"Still used by {names}. Delete these pipelines first.",
            used_by=[(each.pk, each.name) for each in users],
        )
    audit.record(actor=actor, action="connection.delete", subject=connection)
    if not connection.pipelines.exists():
        connection.delete()
        return
    forgotten = {"sealed": "", "enabled": False, "removed_at": timezone.now(), **rotation.FORGOTTEN}
    for field, value in forgotten.items():
        setattr(connection, field, value)
    connection.save(update_fields=[*forgotten, "updated_at"])


def users_of(connection: Connection) -> QuerySet[Pipeline]:
    """The Pipelines that need this Connection."""
    return connection.pipelines.filter(archived_at=None).order_by("name")


def where_used(connection: Connection) -> list[str]:
    """Their names."""
    return [pipeline.name for pipeline in users_of(connection)]


def is_ready_made(connection: Connection) -> bool:
    """A sandbox Connection that was made without a credential. Opens what is stored; where no key
    does, one that has a method of its own counts as somebody's, so that it can be entered anew."""
    if not connection.sandbox or connection.method == READY_MADE:
        return connection.sandbox
    try:
        stored = secrets.unseal(connection.sealed)
    except CredentialUnreadable:
        return False
    return clouds.is_ready_made(Cloud(connection.cloud), connection.account, stored)


def _create_sandbox(
    *,
    actor: User | None,
    name: str,
    cloud: str,
    level: str = Connection.LevelName.DEPLOY,
    approval_required: bool = False,
) -> Connection:
    row = Connection(
        name=name,
        cloud=cloud,
        method=READY_MADE,
        level=level,
        sandbox=True,
        approval_required=approval_required,
        created_by=actor,
    )
    _validate(row)
    row.account, row.region = SANDBOX_ACCOUNTS[Cloud(cloud)]
    credential = clouds.sandbox_credential(Cloud(cloud), row.account)
    row.method = credential.method
    return _save_new(row, credential, actor=actor)


def _save_new(row: Connection, credential: Credential, *, actor: User | None) -> Connection:
    row.sealed, row.entered_at = secrets.seal(credential), timezone.now()
    with problems.saving(row, "name"):
        row.save()
        detail: dict[str, Any] = {
            "cloud": row.cloud,
            "level": row.level,
            "account": row.account,
        }
        detail |= {"approval_required": True} if row.approval_required else {}
        audit.record(actor=actor, action="connection.create", subject=row, detail=detail)
    return row


def _parsed(row: Connection, fields: Mapping[str, Any]) -> tuple[Credential, str]:
    return clouds.parse_credential(Cloud(row.cloud), row.method, fields, sandbox=row.sandbox)


def _require_unused(row: Connection) -> None:
    if Connection.objects.filter(uid=row.uid).exists():
        message = "A connection was saved already for what was set up. Begin again for another."
        raise InvalidInput.at("identity", message, "taken")


def _validate(row: Connection) -> None:
    problems.refuse(problems.of_row(row, "name", "cloud", "method", "level"))
