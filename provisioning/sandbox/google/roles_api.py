"""IAM: roles, those that Google predefines and those that projects make.
https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles"""

from __future__ import annotations

import re
from typing import Any

from provisioning.sandbox.google import permissions, roles
from provisioning.sandbox.google.calls import Call, Guarded, Operations, part
from provisioning.sandbox.google.custom_roles import BACK_SECONDS, CustomRole
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.lists import page
from provisioning.sandbox.google.masks import masked
from provisioning.sandbox.world import World

_ID = re.compile(r"[a-zA-Z0-9_.]{3,64}")
_LONGEST_TITLE, _LONGEST_DESCRIPTION, _MOST_PERMISSIONS = 100, 300, 3000
_FIELDS = {
    "title": "title",
    "description": "description",
    "stage": "stage",
    "includedPermissions": "permissions",
}
_MOST_ROLES = 300


class RolesApi:
    def __init__(self, world: World, identity: Identity) -> None:
        self._clock = world.clock
        self._projects = identity.projects
        self._roles = identity.roles

    def operations(self) -> Operations:
        return {
            "projects.roles.create": self._create,
            "projects.roles.get": self._get,
            "projects.roles.list": self._list,
            "projects.roles.patch": self._patch,
            "projects.roles.delete": self._delete,
            "projects.roles.undelete": self._undelete,
            # Everybody may read what Google predefines.
            "roles.get": Guarded(self._get_predefined),
            "roles.list": Guarded(self._list_predefined),
        }

    def _create(self, call: Call) -> dict[str, Any]:
        project, id = self._projects.find(call.project), str(call.body.get("roleId", ""))
        if not _ID.fullmatch(id):
            message = (
                f"The role_id field has an invalid value: {id}. It must be 3 to 64 letters, "
                "digits, periods and underscores."
            )
            raise refusal("INVALID_ARGUMENT", message)
        role = CustomRole(project=project.id, id=id)
        if self._roles.get(role.name):
            message = f"A role named {id} in projects/{project.id} already exists."
            raise refusal("ALREADY_EXISTS", message)
        if len(list(self._roles.of(project.id))) >= _MOST_ROLES:
            raise refusal("RESOURCE_EXHAUSTED", "Maximum number of roles reached.")
        self._fill(role, call.body.get("role", {}), list(_FIELDS))
        return _described(role)

    def _get(self, call: Call) -> dict[str, Any]:
        return _described(self._find(call))

    def _list(self, call: Call) -> dict[str, Any]:
        shown, whole = call.flag("showDeleted"), call["view"] == "FULL"
        found = (one for one in self._roles.of(call.project) if shown or not one.deleted_at)
        mine = sorted(found, key=lambda one: one.id)
        return page(call, mine, "roles", lambda one: _described(one, whole=whole), usual=300)

    def _patch(self, call: Call) -> dict[str, Any]:
        role = self._find(call)
        _require_etag(role, str(call.body.get("etag", "")))
        if role.deleted_at:
            message = f"You can't update role {role.name}, which has been deleted."
            raise refusal("FAILED_PRECONDITION", message)
        self._fill(role, call.body, masked(call))
        return _described(role)

    def _delete(self, call: Call) -> dict[str, Any]:
        """What it was given to stays on the books, and has nothing by it."""
        role = self._find(call)
        _require_etag(role, call["etag"])
        if role.deleted_at:
            message = f"You can't delete role {role.name}, which has been deleted."
            raise refusal("FAILED_PRECONDITION", message)
        role.deleted_at = self._clock.now()
        self._put(role)
        return _described(role)

    def _undelete(self, call: Call) -> dict[str, Any]:
        role = self._find(call)
        if role.deleted_at and role.deleted_at + BACK_SECONDS < self._clock.now():
            raise refusal("FAILED_PRECONDITION", f"Role {role.name} cannot be undeleted any more.")
        role.deleted_at = 0.0
        self._put(role)
        return _described(role)

    def _get_predefined(self, call: Call) -> dict[str, Any]:
        if call["name"] not in roles.ROLES:
            raise refusal("NOT_FOUND", f"The role named {call['name']} was not found.")
        return _predefined(call["name"], whole=True)

    def _list_predefined(self, call: Call) -> dict[str, Any]:
        whole = call["view"] == "FULL"
        names = sorted(roles.ROLES)
        return page(call, names, "roles", lambda one: _predefined(one, whole=whole), usual=300)

    def _fill(self, role: CustomRole, wish: dict[str, Any], names: list[str]) -> None:
        for name in names:
            if name in _FIELDS and name in wish:
                setattr(role, _FIELDS[name], wish[name])
        _require(role)
        role.permissions = sorted(set(role.permissions))
        self._put(role)

    def _put(self, role: CustomRole) -> None:
        role.changes += 1
        self._roles.table.put(role)

    def _find(self, call: Call) -> CustomRole:
        name = f"projects/{call.project}/roles/{part(call.resource, 'roles')}"
        found = self._roles.get(name)
        if found is None:
            raise refusal("NOT_FOUND", f"The role named {name} was not found.")
        return found.model_copy(deep=True)


def _require(role: CustomRole) -> None:
    if len(role.title) > _LONGEST_TITLE:
        raise refusal("INVALID_ARGUMENT", "The title is longer than 100 characters.")
    if len(role.description) > _LONGEST_DESCRIPTION:
        raise refusal("INVALID_ARGUMENT", "The description is longer than 300 characters.")
    if len(role.permissions) > _MOST_PERMISSIONS:
        raise refusal("INVALID_ARGUMENT", "A role may have at most 3000 permissions.")
    for permission in role.permissions:
        if not permissions.in_project_roles(permission):
            raise refusal("INVALID_ARGUMENT", f"Permission {permission} is not valid.")


def _require_etag(role: CustomRole, given: str) -> None:
    if given and given != role.etag:
        message = (
            "There were concurrent role changes. Please retry the whole read-modify-write with "
            "exponential backoff."
        )
        raise refusal("ABORTED", message)


def _described(role: CustomRole, *, whole: bool = True) -> dict[str, Any]:
    optional = {"title": role.title, "description": role.description}
    held = role.permissions if whole else []
    return {
        "name": role.name,
        **{name: value for name, value in optional.items() if value},
        **({"includedPermissions": held} if held else {}),
        "stage": role.stage,
        "etag": role.etag,
        **({"deleted": True} if role.deleted_at else {}),
    }


def _predefined(name: str, *, whole: bool) -> dict[str, Any]:
    """Its permissions, as far as the sandbox knows any that it grants."""
    held = [one for one in sorted(permissions.ALL) if roles.grants(name, one)] if whole else []
    return {
        "name": name,
        "title": name.removeprefix("roles/"),
        **({"includedPermissions": held} if held else {}),
        "stage": "GA",
        "etag": "AA==",
    }
