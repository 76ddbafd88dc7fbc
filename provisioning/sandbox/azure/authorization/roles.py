"""Built-in roles, by the ids that they have in every tenant."""

from __future__ import annotations

ROLES = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
    "673868aa-7521-48a0-acc6-0f60742d39f5": "Data Factory Contributor",
    "17d1049b-9a84-46fb-8f53-869881c3d3ab": "Storage Account Contributor",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "1e241071-0855-49ea-94dc-649edcd759de": "EventGrid Contributor",
    "428e0ff0-5e57-4d9c-a221-2c70d0e0a443": "EventGrid EventSubscription Contributor",
    "d5a91429-5739-47e2-a06b-3470a27159e7": "EventGrid Data Sender",
    "f6c7c914-8db3-469d-8ca1-694a8f32e121": "AzureML Data Scientist",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
}
READS_BLOBS = frozenset(
    {"Storage Blob Data Owner", "Storage Blob Data Contributor", "Storage Blob Data Reader"}
)
WRITES_BLOBS = frozenset({"Storage Blob Data Owner", "Storage Blob Data Contributor"})


def role_name(definition: str) -> str:
    """Of a role definition's id; "" of one that is not built in."""
    return ROLES.get(definition.rstrip("/").rpartition("/")[2].lower(), "")
