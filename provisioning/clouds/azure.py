"""Azure: the session, what Pulumi needs to enter it, and whose subscription it is."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from importlib import import_module
from threading import Lock
from typing import Any

from azure.core.credentials import AccessToken, AzureKeyCredential, TokenCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.identity import ClientSecretCredential

from provisioning.clouds import sandbox_clock
from provisioning.clouds.errors import cloud_errors
from provisioning.contracts import Access, Cloud, SandboxAddress
from provisioning.errors import NotFound, PermissionDenied

CONNECT_SECONDS = 5
READ_SECONDS = 30
RETRIES = 3
POLL_SECONDS = 3  # where Azure does not say when to look again; the SDK would wait for 30
SCOPE = "https://management.azure.com/.default"
SUBSCRIPTIONS_API = "2022-12-01"
FOREVER = 4102444800  # the year 2100: the sandbox's tokens do not end

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
        self._credential = _credential(access)
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
        if self._address:
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
        timeouts = {"connection_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
        if self._address is None:
            url = f"https://{account}.blob.core.windows.net"
            return _class(BLOBS)(url, credential=self._credential, **timeouts)
        return _class(BLOBS)(
            f"{self._address.azure_url}/blob/{account}",
            raw_request_hook=SandboxAuthorization(self._credential).on_request,
            use_env_settings=False,
            retry_total=1,
            **timeouts,
        )

    def _topic(self, endpoint: str) -> Any:
        if self._address is None:
            return _class(TOPIC)(endpoint, self._credential)
        # A key goes over plain http as well, which the SDK forbids for tokens.
        return _class(TOPIC)(endpoint, AzureKeyCredential(_token(self._credential)))


class SandboxCredential:
    """The sandbox's token, which Entra never hears of."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken(self._token, FOREVER)


class SandboxAuthorization(SansIOHTTPPolicy[Any, Any]):
    """The SDK puts no token on plain http. This puts the sandbox's there, and no other: it is
    made for sandbox addresses only, with a credential that is none of Azure's."""

    def __init__(self, credential: TokenCredential) -> None:
        self._token = _token(credential)

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {self._token}"


def load() -> None:
    """The SDK that every Blueprint's operations ask about triggers."""
    _class(MANAGEMENT["datafactory"])


def open_session(access: Access) -> AzureSession:
    return AzureSession(access)


def check_identity(access: Access) -> str:
    return str(AzureSession(access).subscription()["subscriptionId"])


def environment(access: Access) -> dict[str, str]:
    variables = {
        "ARM_TENANT_ID": access.credential.reveal("tenant_id"),
        "ARM_CLIENT_ID": access.credential.reveal("client_id"),
        "ARM_CLIENT_SECRET": access.credential.reveal("client_secret"),
        "ARM_SUBSCRIPTION_ID": _subscription(access),
        # What this machine is in Azure (its identity, a signed-in az) must not mix in.
        "ARM_USE_MSI": "false",
        "ARM_USE_OIDC": "false",
    }
    return {name: value for name, value in variables.items() if value}


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


def _credential(access: Access) -> TokenCredential:
    if access.sandbox:
        return SandboxCredential(access.credential.reveal("token") or "")
    return ClientSecretCredential(
        access.credential.reveal("tenant_id") or "",
        access.credential.reveal("client_id") or "",
        access.credential.reveal("client_secret") or "",
    )


def _on_loopback(address: SandboxAddress, credential: TokenCredential) -> dict[str, Any]:
    return {
        "base_url": f"{address.azure_url}/arm",
        "authentication_policy": SandboxAuthorization(credential),
        "polling_interval": 0.5,
        "use_env_settings": False,  # no proxy that the environment names
    }


def _token(credential: TokenCredential) -> str:
    return credential.get_token(SCOPE).token


def _claims(token: str) -> dict[str, Any]:
    """What Entra wrote into the token. Nobody is let in by it, so nobody checks the signature."""
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims
