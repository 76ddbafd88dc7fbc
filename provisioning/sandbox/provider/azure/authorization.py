from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.provider.azure.resource import (
    TOLD,
    ArmResource,
    guid,
    own_name,
    same_id,
)
from provisioning.sandbox.provider.properties import text
from provisioning.sandbox.provider.rest_cloud import RestCloud
from provisioning.sandbox.provider.values import Properties

_BELOW = "/providers/Microsoft.Authorization/roleAssignments/"


class RoleAssignment(ArmResource):
    """A role at a scope: of the subscription, of a group or of one resource."""

    type = "azure-native:authorization:RoleAssignment"
    label = "RoleAssignment"
    version = "2022-04-01"
    naming = guid("roleAssignmentName")
    inputs = {
        "condition": text(),
        "conditionVersion": text(),
        "delegatedManagedIdentityResourceId": text(replaces=True),
        "description": text(),
        "principalId": text(required=True, replaces=True, same=same_id),
        "principalType": text(computed=True, replaces=True),
        "roleAssignmentName": own_name(),
        "roleDefinitionId": text(required=True, replaces=True, same=same_id),
        "scope": text(required=True, replaces=True, same=same_id),
    }
    outputs = (*TOLD, "createdBy", "createdOn", "systemData", "updatedBy", "updatedOn")

    @property
    def addresses(self) -> tuple[str, ...]:
        return ("roleAssignmentName",)

    def id(self, cloud: RestCloud, inputs: Properties) -> str:
        scope = "/" + str(inputs["scope"]).strip("/")
        return f"{scope}{_BELOW}{inputs['roleAssignmentName']}"

    def body(self, inputs: Properties) -> dict[str, Any]:
        whole = super().body(inputs)
        whole["properties"].pop("scope", None)
        return whole

    def shown(self, found: Mapping[str, Any]) -> Properties:
        scope = re.split(re.escape(_BELOW), found["id"], flags=re.IGNORECASE)[0]
        return {"scope": scope, "roleAssignmentName": found["name"], **super().shown(found)}

    def _addressed(self, id: str) -> Properties:
        return {}
