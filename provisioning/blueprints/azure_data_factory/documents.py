"""What a factory is to hold, as Resource Manager writes it, and the roles that this needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

from .authentication import DatabricksIdentity, DatabricksToken, KeyVaultSecret

Properties = dict[str, Any]
STORAGE = "storage"  # the linked service of the pipeline's own account
RoleName = Literal["Key Vault Secrets User", "Contributor"]


@dataclass(frozen=True)
class Role:
    """A role for the factory's identity, on something that is there already."""

    name: RoleName
    scope: str


@dataclass
class Documents:
    """By name, each as its `properties`. What two activities need alike is there once."""

    pipeline: Properties = field(default_factory=dict)
    inner: dict[str, Properties] = field(default_factory=dict)
    datasets: dict[str, Properties] = field(default_factory=dict)
    linked_services: dict[str, Properties] = field(default_factory=dict)
    roles: list[Role] = field(default_factory=list)

    @property
    def own_storage(self) -> bool:
        return STORAGE in self.linked_services

    # ── Linked services ─────────────────────────────────────────────────────────────

    def own_files(self) -> Properties:
        """Its address is known when the account is there: the program writes it."""
        properties: Properties = {"accountKind": "StorageV2"}
        return self._service(STORAGE, "AzureBlobStorage", properties)

    def other_files(self, account: str) -> Properties:
        properties = {
            "serviceEndpoint": f"https://{account}.blob.core.windows.net/",
            "accountKind": "StorageV2",
        }
        return self._service(f"storage_{account}", "AzureBlobStorage", properties)

    def http(self, base: str) -> Properties:
        properties = {
            "url": base,
            "authenticationType": "Anonymous",
            "enableServerCertificateValidation": True,
        }
        return self._service(_named("http", base), "HttpServer", properties)

    def databricks(
        self,
        url: str,
        authentication: DatabricksIdentity | DatabricksToken,
        cluster: Properties,
    ) -> Properties:
        properties: Properties = {"domain": url.rstrip("/"), **cluster}
        if isinstance(authentication, DatabricksIdentity):
            self._need(Role("Contributor", authentication.workspace))
            properties["authentication"] = "MSI"
            properties["workspaceResourceId"] = authentication.workspace
        else:
            properties["accessToken"] = self.secret(authentication.token)
        name = _named("databricks", repr(sorted(properties.items(), key=str)))
        return self._service(name, "AzureDatabricks", properties)

    def synapse(self, workspace: str) -> Properties:
        endpoint = f"https://{workspace}.dev.azuresynapse.net"
        properties = {"endpoint": endpoint, "authentication": "MSI"}
        return self._service(f"synapse_{workspace}", "AzureSynapseArtifacts", properties)

    def secret(self, secret: KeyVaultSecret) -> Properties:
        """A reference: the factory reads the secret when a run needs it."""
        self._need(Role("Key Vault Secrets User", secret.vault))
        url = secret.vault_url
        store = self._service(_named("vault", url), "AzureKeyVault", {"baseUrl": url})
        return {"type": "AzureKeyVaultSecret", "store": store, "secretName": secret.secret}

    def dataset(self, name: str, properties: Properties) -> str:
        self.datasets[name] = properties
        return name

    def _service(self, name: str, type: str, properties: Properties) -> Properties:
        self.linked_services[name] = {"type": type, "typeProperties": properties}
        return service(name)

    def _need(self, role: Role) -> None:
        if role not in self.roles:
            self.roles.append(role)


def service(name: str) -> Properties:
    return {"referenceName": name, "type": "LinkedServiceReference"}


def plain(name: str) -> str:
    """A name in the letters that all documents of a factory may have."""
    kept = "".join(each if each.isalnum() else "_" for each in name)
    return kept if kept == name else _named(kept, name)


def _named(what: str, told_by: str) -> str:
    return f"{what}_{sha256(told_by.encode()).hexdigest()[:8]}"


def references(value: Any, type: str) -> Iterable[str]:
    """The names of this type that a document refers to."""
    if isinstance(value, list):
        for each in value:
            yield from references(each, type)
    if isinstance(value, dict):
        if value.get("type") == type and isinstance(value.get("referenceName"), str):
            yield value["referenceName"]
        for each in value.values():
            yield from references(each, type)
