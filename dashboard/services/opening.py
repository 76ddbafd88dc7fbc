"""Opening a Connection: its credential, and what it needs beside it to enter the cloud."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from pydantic import SecretStr

from dashboard import secrets
from dashboard.models import Connection
from provisioning.clouds.methods import NEEDS_IDENTITY_TOKEN
from provisioning.contracts import Access, Cloud, Credential, SandboxAddress
from provisioning.errors import NotPossible

ISSUER = "dashboard.services.issuer"


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
        identity_token=_identity_token(connection, credential.method),
        reference=f"skyclock-{connection.pk}" if connection.pk else "",
    )


def _identity_token(connection: Connection, method: str) -> SecretStr | None:
    """Signed when it is needed, because it ends within minutes."""
    if method not in NEEDS_IDENTITY_TOKEN:
        return None
    if find_spec(ISSUER) is None:
        raise NotPossible("Skyclock signs no identity tokens yet, so this method cannot be used.")
    return SecretStr(import_module(ISSUER).identity_token(connection))


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
