"""Functions of azure-native that programs may call."""

from __future__ import annotations

import jwt

from provisioning.sandbox.azure.arm.resources import TENANT, identifier
from provisioning.sandbox.provider.azure import arm
from provisioning.sandbox.provider.azure.resource import ArmResource
from provisioning.sandbox.provider.azure.resources import RESOURCES
from provisioning.sandbox.provider.refusals import Refusal
from provisioning.sandbox.provider.rest_cloud import RestCloud
from provisioning.sandbox.provider.values import Properties

# Their whole answers are secret.
SECRET = frozenset(
    {
        "azure-native:authorization:getClientToken",
        "azure-native:eventgrid:listTopicSharedAccessKeys",
        "azure-native:storage:listStorageAccountKeys",
    }
)


def _getter(type: str) -> str:
    """`azure-native:storage:getStorageAccount` of the type's own token."""
    package, module, name = type.split(":")
    return f"{package}:{module}:get{name}"


_GETS = {_getter(each.type): each for each in RESOURCES}


def call(token: str, cloud: RestCloud, arguments: Properties) -> Properties:
    if token in _GETS:
        return _get(_GETS[token], cloud, arguments)
    if token not in _FUNCTIONS:
        raise Refusal(f"the sandbox does not simulate {token}")
    return _FUNCTIONS[token](cloud, arguments)


def _get(resource: ArmResource, cloud: RestCloud, arguments: Properties) -> Properties:
    """Every type can be looked up by what its id is made of."""
    id = resource.id(cloud, arguments)
    found = resource.read(cloud, id, {})
    if found is None:
        raise Refusal(f"resource '{id}' was not found")
    kept = {name: value for name, value in found.items() if name not in resource.addresses}
    return {**kept, "id": id}


def _client_config(cloud: RestCloud, arguments: Properties) -> Properties:
    claims = _claims(cloud.token())
    return {
        "clientId": claims.get("appid") or identifier("client", cloud.account),
        "objectId": claims.get("oid") or identifier("user", cloud.account),
        "subscriptionId": cloud.account,
        "tenantId": TENANT,
    }


def _client_token(cloud: RestCloud, arguments: Properties) -> Properties:
    return {"token": cloud.token()}


def _claims(token: str) -> Properties:
    """Whose a token of Entra says it is; the ready-made one says nothing."""
    try:
        return dict(jwt.decode(token, options={"verify_signature": False}))
    except jwt.PyJWTError:
        return {}


def _storage_keys(cloud: RestCloud, arguments: Properties) -> Properties:
    id = _id(cloud, arguments, f"Microsoft.Storage/storageAccounts/{arguments['accountName']}")
    return arm.post(cloud, f"{id}/listKeys", version="2024-01-01")


def _topic_keys(cloud: RestCloud, arguments: Properties) -> Properties:
    id = _id(cloud, arguments, f"Microsoft.EventGrid/topics/{arguments['topicName']}")
    return arm.post(cloud, f"{id}/listKeys", version="2025-02-15")


def _id(cloud: RestCloud, arguments: Properties, below: str) -> str:
    group = arguments["resourceGroupName"]
    return f"/subscriptions/{cloud.account}/resourceGroups/{group}/providers/{below}"


_FUNCTIONS = {
    "azure-native:authorization:getClientConfig": _client_config,
    "azure-native:authorization:getClientToken": _client_token,
    "azure-native:eventgrid:listTopicSharedAccessKeys": _topic_keys,
    "azure-native:storage:listStorageAccountKeys": _storage_keys,
}
