"""The managed identities of resources."""

from __future__ import annotations

from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.arm.resources import TENANT, identifier


def fill_identity(draft: Resource) -> None:
    """Give it the principal that a resource has which wishes for one of its own."""
    identity = draft.envelope.get("identity")
    if not isinstance(identity, dict) or "SystemAssigned" not in str(identity.get("type", "")):
        return
    draft.envelope["identity"] = {
        **identity,
        "principalId": principal_of(draft),
        "tenantId": TENANT,
    }


def principal_of(resource: Resource) -> str:
    """Another one for each life of a resource."""
    return identifier("identity", resource.id, repr(resource.created))
