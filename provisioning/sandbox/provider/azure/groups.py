from __future__ import annotations

from provisioning.sandbox.provider.azure.resource import (
    TAGS,
    TOLD,
    ArmResource,
    location,
    own_name,
    suffixed,
)
from provisioning.sandbox.provider.properties import text


class ResourceGroup(ArmResource):
    type = "azure-native:resources:ResourceGroup"
    label = "ResourceGroup"
    version = "2024-03-01"
    naming = suffixed("resourceGroupName", longest=90)
    path = ""
    top = ("location", "managedBy", "tags")
    inputs = {
        "location": location(),
        "managedBy": text(replaces=True),
        "resourceGroupName": own_name(low=1, high=90),
        "tags": TAGS,
    }
    outputs = (*TOLD, "properties")

    def _template(self) -> str:
        return "resourceGroups/{resourceGroupName}"
