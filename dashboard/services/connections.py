"""Connections: making, changing and removing them, and opening their credentials."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dashboard import audit, secrets
from dashboard.access import require_admin
from dashboard.models import Connection, User
from dashboard.services import approvals, problems
from dashboard.services.opening import access_for, access_with
from provisioning import clouds
from provisioning.contracts import Cloud, Credential
from provisioning.errors import CloudError, InvalidInput, NotPossible

SANDBOX_NAMES = {
    Cloud.AWS: "Sandbox AWS",
    Cloud.AZURE: "Sandbox Azure",
    Cloud.GOOGLE: "Sandbox Google",
}
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
) -> Connection:
    """Save a Connection to a real account, after the cloud told whose credential it is; or to an
    account of the sandbox, entered with a credential that the sandbox gave out.

    A cloud that cannot be reached now is no reason to lose what was typed: the account stays
    empty then, and nothing can be deployed until `check` has learned it. `uid`: what the cloud
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
    row.account = _account(row, opened)
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
) -> Connection:
    """Change what is given. A new credential must open the same account."""
    require_admin(actor)
    changes = {
        "name": name.strip() if name else name,
        "level": level,
        "enabled": enabled,
        "approval_required": approval_required,
    }
    changed = {field: value for field, value in changes.items() if value is not None}
    for field, value in changed.items():
        setattr(connection, field, value)
    _validate(connection)
    if credential is not None:
        _replace_credential(connection, credential)
    with problems.saving(connection, "name"):
        # Not the whole row: what others changed meanwhile stays changed.
        opened = () if credential is None else ("sealed", "region", "account")
        connection.save(update_fields=[*changed, *opened, "updated_at"])
        if approval_required is not None:
            approvals.switch(connection, required=approval_required)
        detail = changed | ({"credential": "replaced"} if credential is not None else {})
        audit.record(actor=actor, action="connection.update", subject=connection, detail=detail)
    return connection


@transaction.atomic
def delete(*, actor: User, connection: Connection) -> None:
    """Forget the credential. The row itself stays while history names it."""
    require_admin(actor)
    users = where_used(connection)
    if users:
        raise NotPossible(f"Still used by {', '.join(users)}. Delete these pipelines first.")
    audit.record(actor=actor, action="connection.delete", subject=connection)
    if not connection.pipelines.exists():
        connection.delete()
        return
    connection.sealed = ""
    connection.enabled = False
    connection.removed_at = timezone.now()
    connection.save()


def where_used(connection: Connection) -> list[str]:
    """Names of the Pipelines that need this Connection."""
    names = connection.pipelines.filter(archived_at=None).values_list("name", flat=True)
    return list(names)


def check(*, actor: User, connection: Connection) -> str:
    """Ask the cloud who we are, now; the account's id, or the cloud's own error."""
    require_admin(actor)
    account = clouds.check_identity(access_for(connection))
    if not connection.account:
        connection.account = account
        connection.save(update_fields=["account", "updated_at"])
    return account


def is_ready_made(connection: Connection) -> bool:
    """A sandbox Connection that was made without a credential. Opens what is stored."""
    stored = secrets.unseal(connection.sealed) if connection.sandbox else None
    cloud = Cloud(connection.cloud)
    return stored is not None and clouds.is_ready_made(cloud, connection.account, stored)


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
        method="sandbox",
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
    row.sealed = secrets.seal(credential)
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


def _replace_credential(connection: Connection, fields: Mapping[str, Any]) -> None:
    if is_ready_made(connection):
        raise InvalidInput.at("credential", "A sandbox connection has no credential to change.")
    opened, region = _parsed(connection, fields)
    in_use = connection.pipelines.exists()
    if in_use and region != connection.region:
        raise InvalidInput.at("credential.region", f"Pipelines live in {connection.region}.")
    before, connection.region = connection.account, region
    account = _account(connection, opened)
    if in_use and account != before:
        raise InvalidInput.at(
            "credential",
            f"This credential opens account {account}; the pipelines live in {before}.",
        )
    connection.account = account
    connection.sealed = secrets.seal(opened)


def _parsed(row: Connection, fields: Mapping[str, Any]) -> tuple[Credential, str]:
    return clouds.parse_credential(Cloud(row.cloud), row.method, fields, sandbox=row.sandbox)


def _account(connection: Connection, credential: Credential) -> str:
    try:
        return clouds.check_identity(access_with(connection, credential))
    except CloudError as error:
        if not error.permanent and not connection.account:
            return ""
        if not error.permanent:
            raise
        raise InvalidInput.at("credential", str(error), error.code or "refused") from error


def _require_unused(row: Connection) -> None:
    if Connection.objects.filter(uid=row.uid).exists():
        message = "A connection was saved already for what was set up. Begin again for another."
        raise InvalidInput.at("identity", message, "taken")


def _validate(row: Connection) -> None:
    problems.refuse(problems.of_row(row, "name", "cloud", "method", "level"))
