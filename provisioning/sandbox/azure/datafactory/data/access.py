"""Which account a linked service opens, and whether it may."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.authorization.access import Access
from provisioning.sandbox.azure.entra.callers import Caller
from provisioning.sandbox.azure.storage.blobs import Blobs
from provisioning.sandbox.azure.storage.doorkeeping import BLOBS

BLOB_SERVICES = ("AzureBlobStorage", "AzureBlobFS", "AzureStorage")


class NoAccess(Exception):
    """The account does not let the factory in; the text says why, as the service does."""


@dataclass(frozen=True)
class Opening:
    """How a linked service means to enter: with a key, or as the factory itself."""

    account: str
    key: str = ""


def opening_of(given: dict[str, Any]) -> Opening | None:
    """None of one that names no account of ours."""
    text = given.get("connectionString")
    if isinstance(text, str):
        parts = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
        named = {name.lower(): value for name, value in parts.items()}
        account = named.get("accountname") or _account_at(named.get("blobendpoint", ""))
        return Opening(account, named.get("accountkey", "")) if account else None
    address = given.get("serviceEndpoint") or given.get("url")
    account = _account_at(address) if isinstance(address, str) else ""
    key = given.get("accountKey")
    return Opening(account, key if isinstance(key, str) else "") if account else None


def _account_at(address: str) -> str:
    """`https://<account>.blob.core.windows.net`, or the sandbox's own `…/blob/<account>`."""
    parts = urlsplit(address)
    own = re.match(r"/blob/([a-z0-9]+)", parts.path)
    if own:
        return own[1]
    host = (parts.hostname or "").split(".")
    return host[0] if len(host) > 2 and host[1] in ("blob", "dfs") else ""


class Doorkeeper:
    def __init__(self, manager: Manager, blobs: Blobs, access: Access) -> None:
        self._manager = manager
        self._blobs = blobs
        self._access = access

    def account(self, opening: Opening) -> Resource | None:
        return self._blobs.account(opening.account)

    def require(self, factory: str, opening: Opening, account: Resource, *, writing: bool) -> None:
        """Raises NoAccess."""
        if opening.key:
            if opening.key not in account.secrets.values():
                raise NoAccess(
                    "The remote server returned an error: (403) Forbidden. "
                    "AuthenticationFailed: the account key does not fit."
                )
            return
        wanted = f"{BLOBS}/{'write' if writing else 'read'}"
        resource = self._manager.resources.get(factory)
        identity = (resource.envelope.get("identity") or {}) if resource else {}
        principal = str(identity.get("principalId", ""))
        itself = Caller(object_id=principal, client=principal)
        if principal and self._access.permits(itself, wanted, account.id, data=True):
            return
        role = "Storage Blob Data Contributor" if writing else "Storage Blob Data Reader"
        raise NoAccess(
            "This request is not authorized to perform this operation using this permission. "
            f"AuthorizationPermissionMismatch: the factory's identity needs the role {role} on "
            f"{account.name}."
        )
