"""Opening a Connection: its credential, and what it needs beside it to enter the cloud."""

from __future__ import annotations

from django.conf import settings
from pydantic import SecretStr

from dashboard import secrets
from dashboard.models import Connection
from dashboard.services import issuer
from provisioning.clouds.methods import NEEDS_IDENTITY_TOKEN
from provisioning.contracts import Access, Cloud, Credential, SandboxAddress
from provisioning.errors import NotPossible


def access_for(connection: Connection) -> Access:
    """All that is needed to enter the cloud; opens the credential."""
    return access_with(connection, secrets.unseal(connection.sealed))


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
