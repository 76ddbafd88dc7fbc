"""Opening a Connection: its credential, and what it needs beside it to enter the cloud."""

from __future__ import annotations

from django.conf import settings
from pydantic import SecretStr

from dashboard import audit, secrets
from dashboard.audit import Purpose
from dashboard.models import Connection, User
from dashboard.services import issuer
from provisioning.clouds.methods import NEEDS_IDENTITY_TOKEN
from provisioning.contracts import Access, Cloud, Credential, SandboxAddress
from provisioning.errors import NotPossible

# What a change to its credential may have changed since the row was read.
OF_THE_CREDENTIAL = ("sealed", "method", "region", "account", "enabled", "removed_at")
WHILE_DISABLED = (Purpose.TEST, Purpose.CHANGE)


def access_for(
    connection: Connection, purpose: Purpose = Purpose.OTHER, *, actor: User | None = None
) -> Access:
    """All that is needed to enter the cloud; opens the credential that is stored now, unless the
    Connection is disabled now. That it was opened, and what for, stands in the audit log."""
    connection.refresh_from_db(fields=OF_THE_CREDENTIAL)
    if purpose not in WHILE_DISABLED:
        require_enabled(connection)
    access = access_with(connection, secrets.unseal(connection.sealed))
    audit.note_use(connection, purpose, actor=actor)
    return access


def require_enabled(connection: Connection) -> None:
    if connection.removed_at or not connection.enabled:
        raise NotPossible(f"The connection {connection.name} is disabled. An admin can enable it.")


def access_with(connection: Connection, credential: Credential) -> Access:
    """The same with a credential that is not stored, or not yet."""
    return Access(
        cloud=Cloud(connection.cloud),
        region=connection.region,
        account=connection.account,
        credential=credential,
        sandbox=_sandbox_address() if connection.sandbox else None,
        identity_token=_identity_token(connection, credential),
        reference=f"skyclock-{connection.pk}" if connection.pk else "",
    )


def _identity_token(connection: Connection, credential: Credential) -> SecretStr | None:
    """Signed when it is needed, because it ends within the hour."""
    if credential.method not in NEEDS_IDENTITY_TOKEN:
        return None
    return SecretStr(issuer.identity_token(connection, credential=credential))


def _sandbox_address() -> SandboxAddress:
    if not settings.SANDBOX_CONTROL_URL:
        raise NotPossible("This is a sandbox connection, and no sandbox runs here.")
    return SandboxAddress(
        control_url=settings.SANDBOX_CONTROL_URL,
        aws_url=settings.SANDBOX_AWS_URL,
        azure_url=settings.SANDBOX_AZURE_URL,
        google_url=settings.SANDBOX_GOOGLE_URL,
        provider=settings.SANDBOX_PROVIDER,
    )
