"""Blob containers and the blob service of an account, as Resource Manager sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from provisioning.sandbox.azure.arm.calls import ArmCall
from provisioning.sandbox.azure.arm.collection import Collection
from provisioning.sandbox.azure.arm.kind import Kind
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.errors import bad_request, conflict
from provisioning.sandbox.azure.storage.accounts import TYPE as ACCOUNT
from provisioning.sandbox.azure.times import written
from provisioning.sandbox.rest import RestResponse, Route

TYPE = "Microsoft.Storage/storageAccounts/blobServices/containers"
NAME = re.compile(r"(?=.{3,63}$)[a-z0-9](-?[a-z0-9])*|\$(web|root|logs)")
_OWN = (
    "leaseStatus", "leaseState", "lastModifiedTime", "hasImmutabilityPolicy", "hasLegalHold",
    "deleted", "remainingRetentionDays", "version", "deletedTime", "leaseDuration",
    "immutabilityPolicy", "legalHold",
)  # fmt: skip


class BlobContainers(Kind):
    provider = "Microsoft.Storage"
    template = "storageAccounts/{}/blobServices/default/containers/{}"
    label = "BlobContainers"
    put_name = "Create"
    etag = "etag"
    changeable = True
    created = 201

    @property
    def type(self) -> str:
        return TYPE

    def accept(self, call: ArmCall, draft: Resource, before: Resource | None) -> None:
        if not NAME.fullmatch(draft.name):
            message = "The specified resource name contains invalid characters."
            raise bad_request(message, code="ContainerNameInvalid")
        wished = {name: value for name, value in draft.properties.items() if name not in _OWN}
        draft.properties = {"publicAccess": "None", **wished}
        account = self.manager.resources.get(draft.id.split("/blobServices")[0])
        public = draft.properties["publicAccess"] != "None"
        if public and account and not account.properties.get("allowBlobPublicAccess"):
            message = "Public access is not permitted on this storage account."
            raise conflict("PublicAccessNotPermitted", message)

    def shown(self, call: ArmCall, resource: Resource) -> dict[str, Any]:
        return {
            "defaultEncryptionScope": "$account-encryption-key",
            "denyEncryptionScopeOverride": False,
            "immutableStorageWithVersioning": {"enabled": False},
            **resource.properties,
            "deleted": False,
            "hasImmutabilityPolicy": False,
            "hasLegalHold": False,
            "lastModifiedTime": written(resource.modified),
            "leaseState": "Available",
            "leaseStatus": "Unlocked",
            "remainingRetentionDays": 0,
        }


class Containers:
    def __init__(self, kind: BlobContainers, accounts: Collection) -> None:
        self._manager = kind.manager
        self._collection = Collection(kind.manager, kind)
        self._accounts = accounts

    def routes(self) -> Iterator[Route]:
        yield from self._collection.routes()
        for method, name, operation in (
            ("GET", "GetServiceProperties", self._service),
            ("PUT", "SetServiceProperties", self._set_service),
        ):
            yield self._accounts.at(
                method, "blobServices/default", f"BlobServices.{name}", operation
            )

    def _service(self, call: ArmCall, account: Resource) -> RestResponse:
        kept = self._manager.resources.get(f"{account.id}/blobServices/default")
        return RestResponse(200, _service(account, kept.properties if kept else {}))

    def _set_service(self, call: ArmCall, account: Resource) -> RestResponse:
        properties, now = call.json().get("properties") or {}, self._manager.now()
        self._manager.resources.put(
            Resource(
                id=f"{account.id}/blobServices/default",
                type=f"{ACCOUNT}/blobServices",
                name="default",
                properties=properties,
                etag="",
                created=now,
                modified=now,
            )
        )
        return RestResponse(200, _service(account, properties))


def _service(account: Resource, properties: dict[str, Any]) -> dict[str, Any]:
    usual = {"cors": {"corsRules": []}, "deleteRetentionPolicy": {"enabled": False}}
    return {
        "id": f"{account.id}/blobServices/default",
        "name": "default",
        "type": f"{ACCOUNT}/blobServices",
        "sku": account.envelope["sku"],
        "properties": {**usual, **properties},
    }
