"""Azure's credentials by method. Entra gives them tokens when they are asked, for an hour.

The library insists on https, which the simulated Entra on loopback has not; so on the sandbox
its requests for Entra's address are carried there, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from azure.core.credentials import AccessToken, TokenCredential
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
)

from provisioning.clouds.errors import cloud_errors
from provisioning.contracts import Access, SandboxAddress
from provisioning.errors import NotPossible

SCOPE = "https://management.azure.com/.default"
STORAGE_SCOPE = "https://storage.azure.com/.default"
EVENT_GRID_SCOPE = "https://eventgrid.azure.net/.default"
AUTHORITY = "login.microsoftonline.com"
FOREVER = 4102444800  # the year 2100: the ready-made token of the sandbox does not end


class SandboxCredential:
    """The sandbox's ready-made token, which Entra never hears of."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken(self._token, FOREVER)


class SandboxEntra(RequestsTransport):  # type: ignore[misc]
    """Carries what is meant for Entra to the simulated one. Whatever else is asked fails: what
    the sandbox gave out is not shown to the real cloud."""

    def __init__(self, address: SandboxAddress) -> None:
        super().__init__(use_env_settings=False)  # no proxy that the environment names
        self._url = address.azure_url

    def send(self, request: Any, **options: Any) -> Any:
        url = urlsplit(request.url)
        if url.hostname == AUTHORITY:
            query = f"?{url.query}" if url.query else ""
            request.url = f"{self._url}/entra{url.path}{query}"
        if not request.url.startswith(f"{self._url}/"):
            raise ServiceRequestError(f"The sandbox has no {url.hostname}.")
        return super().send(request, **options)


def credential(access: Access) -> TokenCredential:
    """The library's object for the method; asks nothing yet, and renews its token itself."""
    if access.credential.method == "sandbox":
        return SandboxCredential(access.credential.reveal("token") or "")
    options: dict[str, Any] = {}
    if access.sandbox:
        options = {"transport": SandboxEntra(access.sandbox), "disable_instance_discovery": True}
    return _MAKE[access.credential.method](access, options)


def token(access: Access) -> AccessToken:
    """One for Resource Manager, now. Raises CloudError with Entra's own words."""
    with cloud_errors("get an access token"):
        return credential(access).get_token(SCOPE)


def ends(given: AccessToken) -> datetime:
    return datetime.fromtimestamp(given.expires_on, UTC)


def _by_secret(access: Access, options: dict[str, Any]) -> TokenCredential:
    secret = access.credential.reveal("client_secret") or ""
    return ClientSecretCredential(*_application(access), secret, **options)


def _by_certificate(access: Access, options: dict[str, Any]) -> TokenCredential:
    try:
        return CertificateCredential(
            *_application(access),
            certificate_data=(access.credential.reveal("certificate_data") or "").encode(),
            **options,
        )
    except ValueError as error:
        raise NotPossible(
            "This connection's certificate cannot be read; store a new one."
        ) from error


def _by_identity_token(access: Access, options: dict[str, Any]) -> TokenCredential:
    def assertion() -> str:
        if access.identity_token is None:
            raise NotPossible("This connection shows the cloud an identity token, and has none.")
        return access.identity_token.get_secret_value()

    return ClientAssertionCredential(*_application(access), assertion, **options)


_MAKE: dict[str, Callable[[Access, dict[str, Any]], TokenCredential]] = {
    "client_secret": _by_secret,
    "certificate": _by_certificate,
    "federation": _by_identity_token,
}


def _application(access: Access) -> tuple[str, str]:
    return (
        access.credential.reveal("tenant_id") or "",
        access.credential.reveal("client_id") or "",
    )
