"""Role definitions: the built-in ones, and those that a subscription has made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from provisioning.sandbox.azure.arm.calls import PREFIX, ArmCall, checked
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.authorization.permissions import Permission, covers
from provisioning.sandbox.azure.authorization.roles import BUILT_IN, Role
from provisioning.sandbox.azure.errors import bad_request, conflict, not_found
from provisioning.sandbox.rest import RestError, RestResponse, Route

TYPE = "Microsoft.Authorization/roleDefinitions"
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
_BELOW = f"/providers/{TYPE}"
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_FILTER = re.compile(r"\s*(roleName|type)\s+eq\s+'([^']*)'\s*", re.IGNORECASE)
_WITHIN = re.compile(r"/subscriptions/[^/]+(/resourceGroups/[^/]+)?", re.IGNORECASE)


class RoleDefinitions:
    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self._resources = manager.resources

    def routes(self) -> Iterator[Route]:
        base = f"{PREFIX}/<path:scope>{_BELOW}"
        for method, rule, name, operation in (
            ("PUT", f"{base}/<name>", "CreateOrUpdate", self._put),
            ("GET", f"{base}/<name>", "Get", self._get),
            ("GET", f"{PREFIX}{_BELOW}/<name>", "GetById", self._get),
            ("DELETE", f"{base}/<name>", "Delete", self._delete),
            ("GET", base, "List", self._list),
        ):
            yield Route(method, rule, f"RoleDefinitions.{name}", checked(operation))

    def find(self, definition: str) -> Role | None:
        """By its id, of which the last part says all."""
        name = definition.rstrip("/").rpartition("/")[2].lower()
        if name in BUILT_IN:
            return BUILT_IN[name]
        made = next((each for each in self._made() if each.name.lower() == name), None)
        return _role(made) if made else None

    def _made(self) -> list[Resource]:
        return self._resources.of_type(TYPE)

    def _put(self, call: ArmCall) -> RestResponse:
        name = call.request.arguments["name"]
        if not _GUID.fullmatch(name):
            message = f"The role definition ID '{name}' is not valid. It must be a GUID."
            raise bad_request(message, code="InvalidRoleDefinitionId")
        if name.lower() in BUILT_IN:
            message = "A built-in role cannot be changed."
            raise RestError(403, "RoleDefinitionUpdateNotPermitted", message)
        properties = _wished(call)
        self._require_name(properties["roleName"], name)
        before, now = self._resources.get(_id(call)), self._manager.now()
        made = Resource(
            id=_id(call),
            type=TYPE,
            name=name,
            properties=properties,
            etag="",
            created=before.created if before else now,
            modified=now,
        )
        self._resources.put(made)
        return RestResponse(201, self._shown(_role(made)))

    def _get(self, call: ArmCall) -> RestResponse:
        name = call.request.arguments["name"]
        found = self.find(name)
        if found is None:
            message = f"The specified role definition with ID '{name}' does not exist."
            raise not_found("RoleDefinitionDoesNotExist", message)
        return RestResponse(200, self._shown(found))

    def _delete(self, call: ArmCall) -> RestResponse:
        found = self._resources.get(_id(call))
        if found is None:
            return RestResponse(204)
        for each in self._resources.of_type(ASSIGNMENTS):
            if self.find(each.properties["roleDefinitionId"]) == _role(found):
                message = (
                    "There are existing role assignments referencing role (code: "
                    "RoleDefinitionHasAssignments)."
                )
                raise bad_request(message, code="RoleDefinitionHasAssignments")
        self._manager.remove(found)
        return RestResponse(200, self._shown(_role(found)))

    def _list(self, call: ArmCall) -> RestResponse:
        """All that may be given at the scope."""
        scope, wanted = f"/{call.request.arguments['scope']}", _filter(call)
        made = [_role(each) for each in self._made()]
        found = [
            self._shown(each)
            for each in [*BUILT_IN.values(), *made]
            if is_assignable(each, scope) and _passes(each, wanted)
        ]
        return RestResponse(200, {"value": found})

    def _require_name(self, role_name: str, name: str) -> None:
        """Unique in the tenant."""
        others = [*BUILT_IN.values(), *(_role(each) for each in self._made())]
        for each in others:
            if each.name.lower() == role_name.lower() and each.id != name.lower():
                message = (
                    "A custom role with the same name already exists in this directory. Use a "
                    "different name."
                )
                raise conflict("RoleDefinitionWithSameNameExists", message)

    def _shown(self, role: Role) -> dict[str, Any]:
        custom = role.kind == "CustomRole"
        start = "/".join(role.scopes[0].split("/")[:3]) if custom else ""
        return {
            "id": f"{start}{_BELOW}/{role.id}",
            "name": role.id,
            "type": TYPE,
            "properties": {
                "roleName": role.name,
                "type": role.kind,
                "description": role.description,
                "assignableScopes": list(role.scopes),
                "permissions": [each.shown() for each in role.permissions],
            },
        }


def is_assignable(role: Role, scope: str) -> bool:
    return any(each == "/" or covers(each, scope) for each in role.scopes)


def _wished(call: ArmCall) -> dict[str, Any]:
    """What is kept of a definition. Raises RestError for one that is none."""
    found = call.json().get("properties")
    found = found if isinstance(found, dict) else {}
    name, scopes = found.get("roleName"), found.get("assignableScopes")
    if not isinstance(name, str) or not name:
        raise bad_request("The role definition has no roleName.", code="BadRequestFormat")
    if not isinstance(scopes, list) or not scopes or not all(isinstance(e, str) for e in scopes):
        message = "The role definition has no assignableScopes."
        raise bad_request(message, code="BadRequestFormat")
    for scope in scopes:
        if not _WITHIN.fullmatch(scope):
            message = f"'{scope}' is not a subscription or resource group."
            raise bad_request(message, code="LinkedInvalidPropertyId")
    try:
        permissions = [Permission.model_validate(each) for each in found.get("permissions") or []]
    except ValidationError as error:
        raise bad_request(
            "The permissions of the role definition are not lists of actions.",
            code="BadRequestFormat",
        ) from error
    for action in [each for one in permissions for part in one.shown().values() for each in part]:
        if action != "*" and "/" not in action:
            message = f"'{action}' does not match any of the actions supported by the providers."
            raise bad_request(message, code="InvalidActionOrNotAction")
    return {
        "roleName": name,
        "description": str(found.get("description") or ""),
        "assignableScopes": scopes,
        "permissions": [each.shown() for each in permissions],
    }


def _id(call: ArmCall) -> str:
    """Of the subscription, whichever scope in it was asked."""
    start = "/".join(call.request.arguments["scope"].split("/")[:2])
    return f"/{start}{_BELOW}/{call.request.arguments['name']}"


def _role(made: Resource) -> Role:
    found = made.properties
    return Role(
        made.name.lower(),
        found["roleName"],
        tuple(Permission.model_validate(each) for each in found["permissions"]),
        "CustomRole",
        found["description"],
        tuple(found["assignableScopes"]),
    )


def _filter(call: ArmCall) -> tuple[str, str]:
    wanted = call.request.query.get("$filter", "")
    match = _FILTER.fullmatch(wanted)
    if match:
        return match[1].lower(), match[2].lower()
    if wanted and wanted.strip().lower() != "atscopeandbelow()":
        message = f"Invalid $filter '{wanted}' specified in the query string."
        raise bad_request(message, code="InvalidFilterInQueryString")
    return "", ""


def _passes(role: Role, wanted: tuple[str, str]) -> bool:
    name, value = wanted
    return not name or {"rolename": role.name, "type": role.kind}[name].lower() == value
