"""Role assignments: at any scope, for any principal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from provisioning.sandbox.azure.arm.calls import PREFIX, ArmCall, checked
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.arm.resources import identifier
from provisioning.sandbox.azure.authorization.definitions import (
    ASSIGNMENTS,
    RoleDefinitions,
    is_assignable,
)
from provisioning.sandbox.azure.authorization.permissions import covers
from provisioning.sandbox.azure.authorization.roles import Role
from provisioning.sandbox.azure.entra.directory import Directory
from provisioning.sandbox.azure.errors import bad_request, conflict, not_found
from provisioning.sandbox.azure.times import written
from provisioning.sandbox.rest import RestResponse, Route

TYPE = ASSIGNMENTS
_BELOW = f"/providers/{TYPE}"
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PRINCIPALS = ("User", "Group", "ServicePrincipal", "ForeignGroup", "Device")


class RoleAssignments:
    def __init__(
        self, manager: Manager, definitions: RoleDefinitions, directory: Directory
    ) -> None:
        self._manager = manager
        self._resources = manager.resources
        self._definitions = definitions
        self._directory = directory

    def routes(self) -> Iterator[Route]:
        base = f"{PREFIX}/<path:scope>{_BELOW}"
        for method, rule, name, operation in (
            ("PUT", f"{base}/<name>", "Create", self._put),
            ("GET", f"{base}/<name>", "Get", self._get),
            ("DELETE", f"{base}/<name>", "Delete", self._delete),
            ("GET", base, "ListForScope", self._list),
        ):
            yield Route(method, rule, f"RoleAssignments.{name}", checked(operation))

    def _put(self, call: ArmCall) -> RestResponse:
        properties = call.json().get("properties") or {}
        scope, name = _scope(call), call.request.arguments["name"]
        if not _GUID.fullmatch(name):
            message = (
                f"The role assignment ID '{name}' is not valid. The role assignment ID must be "
                "a GUID."
            )
            raise bad_request(message, code="InvalidRoleAssignmentId")
        _require_form(properties)
        self._require_scope(scope)
        self._require_role(properties, scope)
        self._require_principal(properties)
        before = self._resources.get(_id(call))
        self._require_new(properties, scope, before)
        now = self._manager.now()
        made = Resource(
            id=_id(call),
            type=TYPE,
            name=name,
            properties={**properties, "scope": scope, "createdBy": call.caller.object_id},
            etag="",
            created=before.created if before else now,
            modified=now,
        )
        self._resources.put(made)
        return RestResponse(200 if before else 201, _shown(made))

    def _get(self, call: ArmCall) -> RestResponse:
        found = self._resources.get(_id(call))
        if found is None:
            name = call.request.arguments["name"]
            message = f"The role assignment '{name}' is not found."
            raise not_found("RoleAssignmentNotFound", message)
        return RestResponse(200, _shown(found))

    def _delete(self, call: ArmCall) -> RestResponse:
        found = self._resources.get(_id(call))
        if found is None:
            return RestResponse(204)
        self._manager.remove(found)
        return RestResponse(200, _shown(found))

    def _list(self, call: ArmCall) -> RestResponse:
        scope = _scope(call)
        found = [
            _shown(each)
            for each in self._resources.of_type(TYPE)
            if covers(each.properties["scope"], scope) or covers(scope, each.properties["scope"])
        ]
        return RestResponse(200, {"value": found})

    def _require_scope(self, scope: str) -> None:
        whole_subscription = re.fullmatch(r"/subscriptions/[^/]+", scope)
        if not whole_subscription and self._resources.get(scope) is None:
            message = f"The scope '{scope}' was not found."
            raise not_found("ResourceNotFound", message)

    def _require_role(self, properties: dict[str, Any], scope: str) -> None:
        role: Role | None = self._definitions.find(properties["roleDefinitionId"])
        if role is None:
            name = str(properties["roleDefinitionId"]).rpartition("/")[2]
            message = f"The specified role definition with ID '{name}' does not exist."
            raise not_found("RoleDefinitionDoesNotExist", message)
        if not is_assignable(role, scope):
            message = (
                f"The role assignment scope '{scope}' is not among the assignable scopes of the "
                f"role definition '{role.name}'."
            )
            raise bad_request(message, code="RoleAssignmentScopeNotAssignableToRoleDefinition")

    def _require_principal(self, properties: dict[str, Any]) -> None:
        """A principal that Azure does not know yet is taken on the word of its type."""
        principal, kind = str(properties["principalId"]).lower(), properties.get("principalType")
        if kind in _PRINCIPALS or principal in self._principals():
            return
        message = (
            f"Principal {principal} does not exist in the directory. Check that you have the "
            "correct principal ID. If you are creating this principal and then immediately "
            "assigning a role, this error might be related to a replication delay. In this case, "
            "set the role assignment principalType property to a value, such as "
            "ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype"
        )
        raise bad_request(message, code="PrincipalNotFound")

    def _principals(self) -> set[str]:
        found = {identifier("user", each.subscription) for each in self._resources}
        identities = [each.envelope.get("identity") or {} for each in self._resources]
        managed = {str(each.get("principalId", "")).lower() for each in identities}
        return found | managed | {each.id for each in self._directory.principals}

    def _require_new(self, properties: dict[str, Any], scope: str, before: Resource | None) -> None:
        if before is not None and not _same(before, properties, scope):
            message = (
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
            )
            raise bad_request(message, code="RoleAssignmentUpdateNotPermitted")
        for each in self._resources.of_type(TYPE):
            if _same(each, properties, scope) and (before is None or each.key != before.key):
                raise conflict("RoleAssignmentExists", "The role assignment already exists.")


def _require_form(properties: dict[str, Any]) -> None:
    for name in ("principalId", "roleDefinitionId"):
        value = str(properties.get(name, ""))
        if not _GUID.fullmatch(value.rpartition("/")[2]):
            message = f"The request was incorrectly formatted: '{name}' is '{value}'."
            raise bad_request(message, code="BadRequestFormat")


def _same(assignment: Resource, properties: dict[str, Any], scope: str) -> bool:
    found = assignment.properties
    role = str(found["roleDefinitionId"]).rpartition("/")[2].lower()
    return (
        str(found["scope"]).lower() == scope.lower()
        and str(found["principalId"]).lower() == str(properties["principalId"]).lower()
        and role == str(properties["roleDefinitionId"]).rpartition("/")[2].lower()
    )


def _scope(call: ArmCall) -> str:
    return f"/{call.request.arguments['scope']}".rstrip("/")


def _id(call: ArmCall) -> str:
    return f"{_scope(call)}{_BELOW}/{call.request.arguments['name']}"


def _shown(assignment: Resource) -> dict[str, Any]:
    created = written(assignment.created)
    by = assignment.properties["createdBy"]
    return {
        "id": assignment.id,
        "name": assignment.name,
        "type": TYPE,
        "properties": {
            "principalType": "ServicePrincipal",
            **assignment.properties,
            "createdOn": created,
            "updatedOn": written(assignment.modified),
            "createdBy": by,
            "updatedBy": by,
        },
    }
