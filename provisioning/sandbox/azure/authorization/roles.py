"""Built-in roles, by the ids that they have in every tenant.

https://learn.microsoft.com/en-us/azure/role-based-access-control/built-in-roles
"""

from __future__ import annotations

from dataclasses import dataclass

from provisioning.sandbox.azure.authorization.permissions import Permission

_USUAL = (
    "Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*",
    "Microsoft.ResourceHealth/availabilityStatuses/read", "Microsoft.Resources/deployments/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*",
)  # fmt: skip
_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
_BLOBS = f"{_CONTAINERS}/blobs"
_DELEGATION = "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"
_MACHINES = "Microsoft.MachineLearningServices/workspaces"
_SECRETS = "Microsoft.KeyVault/vaults/secrets"


@dataclass(frozen=True)
class Role:
    id: str
    name: str
    permissions: tuple[Permission, ...]
    kind: str = "BuiltInRole"
    description: str = ""
    scopes: tuple[str, ...] = ("/",)  # where it may be given


def _role(id: str, name: str, **permitted: tuple[str, ...]) -> Role:
    return Role(id, name, (Permission(**permitted),))


BUILT_IN = {
    each.id: each
    for each in (
        _role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", actions=("*",)),
        _role(
            "b24988ac-6180-42a0-ab88-20f7382dd24c",
            "Contributor",
            actions=("*",),
            notActions=(
                "Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/elevateAccess/Action",
                "Microsoft.Blueprint/blueprintAssignments/write",
                "Microsoft.Blueprint/blueprintAssignments/delete",
                "Microsoft.Compute/galleries/share/action", "Microsoft.Purview/consents/write",
                "Microsoft.Purview/consents/delete",
                "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
                "Microsoft.Subscription/cancel/action", "Microsoft.Subscription/enable/action",
            ),
        ),
        _role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", actions=("*/read",)),
        _role(
            "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
            "User Access Administrator",
            actions=("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
        ),
        _role(
            "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
            "Role Based Access Control Administrator",
            actions=(
                "Microsoft.Authorization/roleAssignments/write",
                "Microsoft.Authorization/roleAssignments/delete", "*/read", "Microsoft.Support/*",
            ),
        ),
        _role(
            "43d0d8ad-25c7-4714-9337-8ba259a9fe05",
            "Monitoring Reader",
            actions=("*/read", "Microsoft.OperationalInsights/workspaces/search/action",
                     "Microsoft.Support/*"),
        ),
        _role(
            "673868aa-7521-48a0-acc6-0f60742d39f5",
            "Data Factory Contributor",
            actions=(*_USUAL, "Microsoft.DataFactory/dataFactories/*",
                     "Microsoft.DataFactory/factories/*",
                     "Microsoft.EventGrid/eventSubscriptions/write"),
        ),
        _role(
            "17d1049b-9a84-46fb-8f53-869881c3d3ab",
            "Storage Account Contributor",
            actions=(*_USUAL, "Microsoft.Insights/diagnosticSettings/*",
                     "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action",
                     "Microsoft.Storage/storageAccounts/*"),
        ),
        _role(
            "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
            "Storage Blob Data Owner",
            actions=(f"{_CONTAINERS}/*", _DELEGATION),
            dataActions=(f"{_BLOBS}/*",),
        ),
        _role(
            "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
            "Storage Blob Data Contributor",
            actions=(f"{_CONTAINERS}/delete", f"{_CONTAINERS}/read", f"{_CONTAINERS}/write",
                     _DELEGATION),
            dataActions=(f"{_BLOBS}/delete", f"{_BLOBS}/read", f"{_BLOBS}/write",
                         f"{_BLOBS}/move/action", f"{_BLOBS}/add/action"),
        ),
        _role(
            "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
            "Storage Blob Data Reader",
            actions=(f"{_CONTAINERS}/read", _DELEGATION),
            dataActions=(f"{_BLOBS}/read",),
        ),
        _role(
            "1e241071-0855-49ea-94dc-649edcd759de",
            "EventGrid Contributor",
            actions=(*_USUAL, "Microsoft.EventGrid/*"),
        ),
        _role(
            "428e0ff0-5e57-4d9c-a221-2c70d0e0a443",
            "EventGrid EventSubscription Contributor",
            actions=(
                *_USUAL, "Microsoft.EventGrid/eventSubscriptions/*",
                "Microsoft.EventGrid/systemTopics/eventSubscriptions/*",
                "Microsoft.EventGrid/partnerTopics/eventSubscriptions/*",
                "Microsoft.EventGrid/topicTypes/eventSubscriptions/read",
                "Microsoft.EventGrid/locations/eventSubscriptions/read",
                "Microsoft.EventGrid/locations/topicTypes/eventSubscriptions/read",
            ),
        ),
        _role(
            "d5a91429-5739-47e2-a06b-3470a27159e7",
            "EventGrid Data Sender",
            actions=("Microsoft.Authorization/*/read", "Microsoft.Resources/deployments/*",
                     "Microsoft.Resources/subscriptions/resourceGroups/read",
                     "Microsoft.EventGrid/topics/read", "Microsoft.EventGrid/domains/read"),
            dataActions=("Microsoft.EventGrid/events/send/action",),
        ),
        _role(
            "f6c7c914-8db3-469d-8ca1-694a8f32e121",
            "AzureML Data Scientist",
            actions=(f"{_MACHINES}/*/read", f"{_MACHINES}/*/action", f"{_MACHINES}/*/delete",
                     f"{_MACHINES}/*/write"),
            notActions=(f"{_MACHINES}/delete", f"{_MACHINES}/write",
                        f"{_MACHINES}/computes/*/write", f"{_MACHINES}/computes/*/delete",
                        f"{_MACHINES}/computes/listKeys/action", f"{_MACHINES}/listKeys/action"),
        ),
        _role(
            "4633458b-17de-408a-b874-0445c86b69e6",
            "Key Vault Secrets User",
            dataActions=(f"{_SECRETS}/getSecret/action", f"{_SECRETS}/readMetadata/action"),
        ),
    )
}  # fmt: skip
