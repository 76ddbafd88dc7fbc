"""Google's credentials by method, and the access token that each of them gives.

Where tokens are asked for is always said here: a stored file has no say in it.
"""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import google.auth.transport.requests
import requests
from google.auth import exceptions, identity_pool, impersonated_credentials
from google.auth.credentials import Credentials
from google.oauth2 import credentials as tokens
from google.oauth2 import service_account
from pydantic import SecretStr

from provisioning import masking
from provisioning.clouds.errors import cloud_errors
from provisioning.contracts import Access, Credential
from provisioning.errors import NotPossible

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
UNIVERSE = "googleapis.com"
SECONDS = 3600
EXCHANGED = frozenset({"federation", "impersonation", "service_account"})
_JWT = "urn:ietf:params:oauth:token-type:jwt"


class IdentityToken(identity_pool.SubjectTokenSupplier):
    """Skyclock's own token, where the library would read a file or run a program."""

    def __init__(self, access: Access) -> None:
        self._token = access.identity_token

    def get_subject_token(self, context: Any, request: Any) -> str:
        if self._token is None:
            raise NotPossible("This connection shows the cloud an identity token, and has none.")
        return self._token.get_secret_value()


def exchange(access: Access) -> Access:
    """With an access token instead of what is stored."""
    if access.credential.method not in EXCHANGED:
        return access
    found = credentials(access)
    with cloud_errors("get an access token"):
        found.refresh(google.auth.transport.requests.Request(_session(access)))
    token = str(found.token)
    masking.remember([token])
    return access.model_copy(
        update={
            "credential": Credential(method="access_token", fields={"token": SecretStr(token)}),
            "identity_token": None,
            "expires_at": found.expiry.replace(tzinfo=UTC) if found.expiry else None,
        }
    )


def credentials(access: Access) -> Credentials:
    """The library's object for the method; asks nothing yet, and renews itself."""
    method = access.credential.method
    if method == "federation":
        return _federated(access)
    if method not in EXCHANGED:  # a real token never goes to loopback, nor the sandbox's to Google
        return tokens.Credentials(token=access.credential.reveal("token"))
    base = _signing(access)
    return _impersonating(access, base) if method == "impersonation" else base


def _signing(access: Access) -> Credentials:
    key: dict[str, Any] = json.loads(access.credential.reveal("service_account_key") or "{}")
    try:
        found: Credentials = service_account.Credentials.from_service_account_info(
            key | {"token_uri": _token_address(access)}, scopes=[SCOPE]
        )
        return found
    except (ValueError, exceptions.MalformedError) as error:
        raise NotPossible("This connection's key cannot be read; store a new one.") from error


def _impersonating(access: Access, base: Credentials) -> Credentials:
    target = access.credential.reveal("target_principal") or ""
    found: Credentials = impersonated_credentials.Credentials(
        source_credentials=base,
        target_principal=target,
        target_scopes=[SCOPE],
        lifetime=SECONDS,
        iam_endpoint_override=_impersonation_address(access, target),
    )
    return found


def _federated(access: Access) -> Credentials:
    email = access.credential.reveal("service_account_email")
    found: Credentials = identity_pool.Credentials(
        audience=access.credential.reveal("audience"),
        subject_token_type=_JWT,
        token_url=_sts_address(access),
        subject_token_supplier=IdentityToken(access),
        service_account_impersonation_url=_impersonation_address(access, email) if email else None,
        scopes=[SCOPE],
    )
    return found


def _token_address(access: Access) -> str:
    if access.sandbox:
        return f"{access.sandbox.google_url}/oauth2/token"
    return f"https://oauth2.{UNIVERSE}/token"


def _sts_address(access: Access) -> str:
    if access.sandbox:
        return f"{access.sandbox.google_url}/sts/v1/token"
    return f"https://sts.{UNIVERSE}/v1/token"


def _impersonation_address(access: Access, email: str) -> str:
    host = (
        f"{access.sandbox.google_url}/iamcredentials"
        if access.sandbox
        else f"https://iamcredentials.{UNIVERSE}"
    )
    return f"{host}/v1/projects/-/serviceAccounts/{email}:generateAccessToken"


def _session(access: Access) -> requests.Session:
    session = requests.Session()
    session.trust_env = access.sandbox is None  # loopback: no proxy that the environment names
    return session
