"""What Azure's tools print: a service principal in JSON, lines for a shell; and certificates."""

from __future__ import annotations

from typing import Any

from provisioning.clouds.pasted import Refused, as_json, renamed, sections

# Both spellings of az ad sp create-for-rbac, and --sdk-auth.
JSON_NAMES = {
    "appId": "client_id",
    "clientId": "client_id",
    "password": "client_secret",
    "clientSecret": "client_secret",
    "tenant": "tenant_id",
    "tenantId": "tenant_id",
    "subscriptionId": "subscription_id",
}
_VARIABLES = {
    "client_id": "client_id",
    "client_secret": "client_secret",
    "tenant_id": "tenant_id",
    "subscription_id": "subscription_id",
}
NAMES = {
    f"{prefix}_{name}": field
    for prefix in ("arm", "azure")
    for name, field in _VARIABLES.items()
}  # fmt: skip
# Where --sdk-auth says that tokens are asked for and shown. Others than these are other clouds,
# or nobody's.
ADDRESSES = {
    "activeDirectoryEndpointUrl": "https://login.microsoftonline.com",
    "resourceManagerEndpointUrl": "https://management.azure.com",
    "activeDirectoryGraphResourceId": "https://graph.windows.net",
    "sqlManagementEndpointUrl": "https://management.core.windows.net:8443",
    "galleryEndpointUrl": "https://gallery.azure.com",
    "managementEndpointUrl": "https://management.core.windows.net",
}
AUTHORITY_HOSTS = ("https://login.microsoftonline.com", "login.microsoftonline.com")
FILES = (
    "arm_oidc_token_file_path", "azure_federated_token_file",
    "arm_client_certificate_path", "azure_client_certificate_path",
)  # fmt: skip


def read(text: str, method: str, sandbox: bool) -> dict[str, str]:
    if "-----BEGIN" in text and not text.startswith("{"):
        return {"certificate_data": text}
    found = as_json(text)
    if found is not None:
        return _of_json(found)
    merged: dict[str, str] = {}
    for values in sections(text).values():
        _require_lines(values)
        merged |= renamed(values, NAMES)
    return merged


def _of_json(found: dict[str, Any]) -> dict[str, str]:
    for name, address in ADDRESSES.items():
        given = str(found.get(name) or address).rstrip("/")
        if given != address:
            raise Refused(f"This is refused: its {name} is not the public Azure cloud's.")
    fields = renamed(found, JSON_NAMES)
    # az account show: the subscription is "id" there, among a person's sign-in.
    if "environmentName" in found and isinstance(found.get("id"), str):
        fields["subscription_id"] = found["id"]
    return fields


def _require_lines(values: dict[str, str]) -> None:
    for name in FILES:
        if values.get(name):
            raise Refused(
                f"This is refused: {name.upper()} would read a file of this machine. Paste what "
                "is in it instead."
            )
    host = values.get("azure_authority_host", "").rstrip("/")
    if host and host not in AUTHORITY_HOSTS:
        raise Refused("This is refused: AZURE_AUTHORITY_HOST is not the public Azure cloud's.")
