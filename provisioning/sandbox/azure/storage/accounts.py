"""Storage accounts and their keys."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterator
from typing import Any

from provisioning.sandbox.azure.arm.calls import PREFIX, ArmCall, checked
from provisioning.sandbox.azure.arm.collection import Collection
from provisioning.sandbox.azure.arm.identities import fill_identity
from provisioning.sandbox.azure.arm.kind import Kind
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.errors import bad_request, conflict
from provisioning.sandbox.azure.times import written
from provisioning.sandbox.rest import RestResponse, Route

TYPE = "Microsoft.Storage/storageAccounts"
_NAME = re.compile(r"[a-z0-9]{3,24}")
_KINDS = ("Storage", "StorageV2", "BlobStorage", "FileStorage", "BlockBlobStorage")
_SKUS = (
    "Standard_LRS", "Standard_GRS", "Standard_RAGRS", "Standard_ZRS", "Standard_GZRS",
    "Standard_RAGZRS", "Premium_LRS", "Premium_ZRS", "StandardV2_LRS", "StandardV2_GRS",
    "StandardV2_ZRS", "StandardV2_GZRS", "PremiumV2_LRS", "PremiumV2_ZRS",
)  # fmt: skip
_DEFAULTS: dict[str, Any] = {
    "accessTier": "Hot",
    "allowBlobPublicAccess": False,
    "minimumTlsVersion": "TLS1_2",
    "supportsHttpsTrafficOnly": True,
    "encryption": {
        "keySource": "Microsoft.Storage",
        "services": {
            name: {"enabled": True, "keyType": "Account"} for name in ("blob", "file")
        },
    },
    "networkAcls": {
        "bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [],
        "virtualNetworkRules": [],
    },
}  # fmt: skip


class StorageAccounts(Kind):
    provider = "Microsoft.Storage"
    template = "storageAccounts/{}"
    label = "StorageAccounts"
    put_name = "Create"
    get_name = "GetProperties"
    list_name = "ListByResourceGroup"
    envelope = ("location", "tags", "sku", "kind", "identity", "extendedLocation")
    located = True
    changeable = True
    waits = "location"
    seconds = 1.0

    def accept(self, call: ArmCall, draft: Resource, before: Resource | None) -> None:
        self._require_name(call, draft, before)
        _require_form(draft, before)
        fill_identity(draft)
        sku = str(draft.envelope["sku"]["name"])
        draft.envelope["sku"] = {"name": sku, "tier": sku.split("_")[0].removesuffix("V2")}
        kept = before.properties if before else {}
        draft.properties = {**_DEFAULTS, **kept, **_wished(draft.properties)}
        if before is None:
            draft.secrets = {name: _new_key() for name in ("key1", "key2")}
            draft.properties["keyCreationTime"] = {
                name: written(draft.created) for name in draft.secrets
            }

    def shown(self, call: ArmCall, resource: Resource) -> dict[str, Any]:
        creating = resource.ready > self.manager.now()
        return {
            **resource.properties,
            "provisioningState": "Creating" if creating else "Succeeded",
            "creationTime": written(resource.created),
            "primaryLocation": resource.location,
            "statusOfPrimary": "available",
            "primaryEndpoints": _endpoints(call.request.root, resource),
            "privateEndpointConnections": [],
        }

    def _require_name(self, call: ArmCall, draft: Resource, before: Resource | None) -> None:
        name = draft.name
        if not _NAME.fullmatch(name):
            message = (
                f"{name} is not a valid storage account name. Storage account name must be "
                "between 3 and 24 characters in length and use numbers and lower-case letters only."
            )
            raise bad_request(message, code="AccountNameInvalid")
        other = self.named(name)
        if before is not None or other is None:
            return
        if other.subscription == call.subscription:
            message = (
                f"The account {name} is already in another resource group in this subscription."
            )
            raise conflict("StorageAccountInAnotherResourceGroup", message)
        message = f"The storage account named {name} is already taken."
        raise conflict("StorageAccountAlreadyTaken", message)

    def named(self, name: str) -> Resource | None:
        """Of any subscription: the names are unique on earth."""
        found = self.manager.resources.of_type(TYPE)
        return next((each for each in found if each.name == name), None)


class Accounts:
    """The collection and what else may be done to an account."""

    def __init__(self, kind: StorageAccounts) -> None:
        self._kind = kind
        self.collection = Collection(kind.manager, kind)

    def routes(self) -> Iterator[Route]:
        yield from self.collection.routes()
        yield self.collection.action("listKeys", self._list_keys)
        yield self.collection.action("regenerateKey", self._regenerate_key)
        yield Route(
            "POST",
            f"{PREFIX}/subscriptions/<subscription>/providers/Microsoft.Storage/checkNameAvailability",
            "StorageAccounts.CheckNameAvailability",
            checked(self._check_name),
        )

    def _list_keys(self, call: ArmCall, account: Resource) -> RestResponse:
        return RestResponse(200, _keys(account))

    def _regenerate_key(self, call: ArmCall, account: Resource) -> RestResponse:
        name = call.json().get("keyName")
        if name not in account.secrets:
            message = f"The key name '{name}' is invalid. It is key1 or key2."
            raise bad_request(message, code="InvalidValuesForRequestParameters")
        account.secrets[name] = _new_key()
        account.properties["keyCreationTime"][name] = written(self._kind.manager.now())
        self._kind.manager.resources.put(account)
        return RestResponse(200, _keys(account))

    def _check_name(self, call: ArmCall) -> RestResponse:
        name = str(call.json().get("name", ""))
        if not _NAME.fullmatch(name):
            message = f"{name} is not a valid storage account name."
            return RestResponse(
                200, {"nameAvailable": False, "reason": "AccountNameInvalid", "message": message}
            )
        if self._kind.named(name):
            message = f"The storage account named {name} is already taken."
            return RestResponse(
                200, {"nameAvailable": False, "reason": "AlreadyExists", "message": message}
            )
        return RestResponse(200, {"nameAvailable": True})


def _endpoints(root: str, account: Resource) -> dict[str, str]:
    """Both lead to the blobs, whose address linked services of either kind may be given."""
    address = blob_url(root, account.name)
    has_files = account.envelope["kind"] in ("StorageV2", "BlockBlobStorage")
    return {"blob": address, **({"dfs": address} if has_files else {})}


def blob_url(root: str, account: str) -> str:
    return f"{root}/blob/{account}/"


def _require_form(draft: Resource, before: Resource | None) -> None:
    sku, kind = (draft.envelope.get("sku") or {}).get("name"), draft.envelope.get("kind")
    if sku not in _SKUS:
        message = f"Values for request parameters are invalid: sku. The sku '{sku}' is unknown."
        raise bad_request(message, code="InvalidValuesForRequestParameters")
    if kind not in _KINDS:
        message = (
            f"Values for request parameters are invalid: kind. It is one of {', '.join(_KINDS)}."
        )
        raise bad_request(message, code="InvalidValuesForRequestParameters")
    if kind == "BlobStorage" and not draft.properties.get("accessTier"):
        message = "Account property accessTier is required for the request."
        raise bad_request(message, code="AccountPropertyIsRequired")
    if before and bool(before.properties.get("isHnsEnabled")) != bool(
        draft.properties.get("isHnsEnabled", before.properties.get("isHnsEnabled"))
    ):
        message = (
            "The property 'isHnsEnabled' was specified in the input, but it cannot be updated."
        )
        raise conflict("PropertyImmutable", message)


def _wished(properties: dict[str, Any]) -> dict[str, Any]:
    """Without what only the service says."""
    own = ("provisioningState", "creationTime", "primaryLocation", "statusOfPrimary",
           "primaryEndpoints", "privateEndpointConnections", "keyCreationTime")  # fmt: skip
    return {name: value for name, value in properties.items() if name not in own}


def _keys(account: Resource) -> dict[str, Any]:
    made = account.properties.get("keyCreationTime", {})
    return {
        "keys": [
            {"keyName": name, "value": value, "permissions": "FULL",
             "creationTime": made.get(name)}
            for name, value in account.secrets.items()
        ]
    }  # fmt: skip


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()
