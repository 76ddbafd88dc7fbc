"""Azure: the session, what Pulumi needs to enter it, and whose subscription it is."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from azure.core.credentials import AzureKeyCredential, TokenCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy

from provisioning import masking
from provisioning.clouds import azure_credentials, private_folder, sandbox_clock
from provisioning.clouds.azure_credentials import EVENT_GRID_SCOPE, SCOPE, STORAGE_SCOPE
from provisioning.clouds.errors import cloud_errors
from provisioning.contracts import Access, Cloud, SandboxAddress
from provisioning.errors import NotFound, PermissionDenied

CONNECT_SECONDS = 5
READ_SECONDS = 30
RETRIES = 3
POLL_SECONDS = 3  # where Azure does not say when to look again; the SDK would wait for 30
SUBSCRIPTIONS_API = "2022-12-01"

# Imported when first asked for: together they take seconds. Those of Resource Manager are all
# made alike.
MANAGEMENT: dict[str, tuple[str, str]] = {
    "resources": ("azure.mgmt.resource.resources", "ResourceManagementClient"),
    "datafactory": ("azure.mgmt.datafactory", "DataFactoryManagementClient"),
    "storage": ("azure.mgmt.storage", "StorageManagementClient"),
    "eventgrid": ("azure.mgmt.eventgrid", "EventGridManagementClient"),
}
BLOBS = ("azure.storage.blob", "BlobServiceClient")
TOPIC = ("azure.eventgrid", "EventGridPublisherClient")


class AzureSession:
    """One subscription and region, entered. Threads may share it.

    `client` takes "resources", "datafactory", "storage" and "eventgrid", for Resource Manager;
    and for the data inside, "blobs/<storage account>" and "topic/<its endpoint>".
    """

    cloud = Cloud.AZURE

    def __init__(self, access: Access) -> None:
        self.region = access.region
        self.account = _subscription(access)
        self.sandbox = access.sandbox is not None
        self._address = access.sandbox
        self._credential = azure_credentials.credential(access)
        self._ready_made = access.credential.method == "sandbox"
        self._clients: dict[str, Any] = {}
        self._lock = Lock()

    def client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._made(service)
            return self._clients[service]

    def now(self) -> datetime:
        return sandbox_clock.read(self._address.control_url) if self._address else datetime.now(UTC)

    def identity(self) -> str:
        """The application's object in the tenant, by Entra's token."""
        if self._ready_made:
            return f"sandbox of subscription {self.account}"
        with cloud_errors("see whose credential this is"):
            token = self._credential.get_token(SCOPE)
        claims = _claims(token.token)
        return f"application {claims.get('appid')} (object {claims.get('oid')})"

    def subscription(self) -> dict[str, Any]:
        """As Resource Manager has it: subscriptionId, displayName, tenantId, state."""
        try:
            with cloud_errors("see which subscription this is"):
                found = self.client("resources").resources.get_by_id(
                    f"/subscriptions/{self.account}", api_version=SUBSCRIPTIONS_API
                )
        except NotFound as error:
            message = f"The application sees no subscription {self.account}: give it a role there."
            raise PermissionDenied(message, code=error.code, operation=error.operation) from error
        return dict(found)

    def _made(self, service: str) -> Any:
        kind, _, name = service.partition("/")
        if kind == "blobs":
            return self._blobs(name)
        if kind == "topic":
            return self._topic(name)
        return _class(MANAGEMENT[service])(self._credential, self.account, **self._options())

    def _options(self) -> dict[str, Any]:
        common = {
            "user_agent": "skyclock",
            "retry_total": RETRIES,
            "retry_connect": 1,
            "polling_interval": POLL_SECONDS,
            "connection_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
        }
        if self._address is None:
            return common
        return common | _on_loopback(self._address, self._credential)

    def _blobs(self, account: str) -> Any:
        timeouts = {
            "connection_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            # After 1, 3 and 5 seconds; the library would wait for over a minute between its tries.
            "retry_total": RETRIES,
            "initial_backoff": 1,
            "increment_base": 2,
        }
        if self._address is None:
            url = f"https://{account}.blob.core.windows.net"
            return _class(BLOBS)(url, credential=self._credential, **timeouts)
        return _class(BLOBS)(
            f"{self._address.azure_url}/blob/{account}",
            raw_request_hook=SandboxAuthorization(self._credential, STORAGE_SCOPE).on_request,
            use_env_settings=False,
            **timeouts,
        )

    def _topic(self, endpoint: str) -> Any:
        if self._address is None:
            return _class(TOPIC)(endpoint, self._credential)
        # A key goes over plain http as well, which the SDK forbids for tokens.
        token = self._credential.get_token(EVENT_GRID_SCOPE).token
        return _class(TOPIC)(endpoint, AzureKeyCredential(token))


class SandboxAuthorization(SansIOHTTPPolicy[Any, Any]):
    """The SDK puts no token on plain http. This puts the sandbox's there, and no other: it is
    made for sandbox addresses only, with a credential that the sandbox gave out."""

    def __init__(self, credential: TokenCredential, scope: str = SCOPE) -> None:
        self._credential = credential
        self._scope = scope

    def on_request(self, request: PipelineRequest[Any]) -> None:
        token = self._credential.get_token(self._scope).token
        request.http_request.headers["Authorization"] = f"Bearer {token}"


def load(services: Iterable[str]) -> None:
    for service in services:
        _class(MANAGEMENT[service])


def open_session(access: Access) -> AzureSession:
    return AzureSession(access)


def check_identity(access: Access) -> str:
    return str(AzureSession(access).subscription()["subscriptionId"])


def enter(access: Access) -> Access:
    """Pulumi's provider takes no access token, so there is nothing to exchange ahead: it asks
    Entra itself, by what `environment` gives it."""
    return access


def shown(access: Access) -> tuple[dict[str, str], datetime | None]:
    """The token by which calls are made, and until when."""
    given = azure_credentials.token(access)
    masking.remember([given.token])
    return {"token": given.token}, azure_credentials.ends(given)


def environment(access: Access, folder: Path | None = None) -> dict[str, str]:
    variables = {
        "ARM_TENANT_ID": access.credential.reveal("tenant_id"),
        "ARM_CLIENT_ID": access.credential.reveal("client_id"),
        "ARM_CLIENT_SECRET": access.credential.reveal("client_secret"),
        "ARM_SUBSCRIPTION_ID": _subscription(access),
        # What this machine is in Azure (its identity, a signed-in az) must not mix in.
        "ARM_USE_MSI": "false",
        "ARM_USE_OIDC": "false",
    } | _shown(access, folder)
    return {name: value for name, value in variables.items() if value}


def _shown(access: Access, folder: Path | None) -> dict[str, str | None]:
    """What proves who asks, beside a client secret."""
    if access.credential.method == "certificate":
        if folder is None:
            raise ValueError("A certificate is handed over in a file, which needs a folder.")
        pem = access.credential.reveal("certificate_data") or ""
        path = private_folder.write(folder, "certificate.pem", pem)
        return {"ARM_CLIENT_CERTIFICATE_PATH": str(path)}
    if access.credential.method == "federation" and access.identity_token:
        token = access.identity_token.get_secret_value()
        return {"ARM_USE_OIDC": "true", "ARM_OIDC_TOKEN": token}
    return {}


def pulumi_config(access: Access) -> dict[str, str]:
    return {
        "azure-native:subscriptionId": _subscription(access),
        "azure-native:location": access.region,
    }


def _class(place: tuple[str, str]) -> Any:
    module, name = place
    return getattr(import_module(module), name)


def _subscription(access: Access) -> str:
    """Before the cloud has been asked, a Connection knows what was typed only."""
    return access.account or access.credential.reveal("subscription_id") or ""


def _on_loopback(address: SandboxAddress, credential: TokenCredential) -> dict[str, Any]:
    return {
        "base_url": f"{address.azure_url}/arm",
        "authentication_policy": SandboxAuthorization(credential),
        "polling_interval": 0.5,
        "use_env_settings": False,  # no proxy that the environment names
    }


def _claims(token: str) -> dict[str, Any]:
    """What Entra wrote into the token. Nobody is let in by it, so nobody checks the signature."""
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims
