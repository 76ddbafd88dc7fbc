"""Whether somebody may do something: by the roles that were given, here or further out."""

from __future__ import annotations

from collections.abc import Iterator

from provisioning.sandbox.azure.arm.calls import PREFIX, ArmCall, checked
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.authorization.definitions import ASSIGNMENTS, RoleDefinitions
from provisioning.sandbox.azure.authorization.permissions import EVERYTHING, Permission, covers
from provisioning.sandbox.azure.entra.callers import Caller
from provisioning.sandbox.rest import RestError, RestResponse, Route


class Access:
    """The sandbox evaluates no conditions of assignments, and has no groups and no denials."""

    def __init__(self, manager: Manager, definitions: RoleDefinitions) -> None:
        self._resources = manager.resources
        self._definitions = definitions

    def routes(self) -> Iterator[Route]:
        rule = f"{PREFIX}/<path:scope>/providers/Microsoft.Authorization/permissions"
        yield Route("GET", rule, "Permissions.List", checked(self._list))

    def permits(self, caller: Caller, action: str, scope: str, *, data: bool = False) -> bool:
        return any(each.grants(action, data=data) for each in self.permissions(caller, scope))

    def permits_below(self, caller: Caller, action: str, scope: str) -> bool:
        """Whether somewhere in the scope, though perhaps not everywhere."""
        return any(
            each.grants(action)
            for found in self._given(caller.object_id)
            if covers(scope, found.properties["scope"])
            for each in self._of(found)
        )

    def permissions(self, caller: Caller, scope: str) -> list[Permission]:
        """All that applies at a scope, one of each assignment."""
        if caller.administers and covers(f"/subscriptions/{caller.administers}", scope):
            return [EVERYTHING]
        return [
            each
            for found in self._given(caller.object_id)
            if covers(found.properties["scope"], scope)
            for each in self._of(found)
        ]

    def has_role(self, caller: Caller, scope: str) -> bool:
        """Whether any role applies there, or somewhere inside."""
        return bool(self.permissions(caller, scope)) or any(
            covers(scope, found.properties["scope"]) for found in self._given(caller.object_id)
        )

    def subscriptions(self, caller: Caller) -> set[str]:
        """Those in which the caller has any role at all."""
        if caller.administers:
            return {caller.administers}
        return {each.subscription for each in self._given(caller.object_id)}

    def require(self, caller: Caller, action: str, scope: str) -> None:
        """Raises RestError in Resource Manager's words."""
        if not self.permits(caller, action, scope):
            raise authorization_failed(caller, action, scope)

    def _list(self, call: ArmCall) -> RestResponse:
        """Of the caller, at the scope."""
        found = self.permissions(call.caller, f"/{call.request.arguments['scope']}")
        return RestResponse(200, {"value": [each.shown() for each in found]})

    def _given(self, principal: str) -> Iterator[Resource]:
        for each in self._resources.of_type(ASSIGNMENTS):
            if each.properties["principalId"].lower() == principal.lower():
                yield each

    def _of(self, assignment: Resource) -> tuple[Permission, ...]:
        role = self._definitions.find(assignment.properties["roleDefinitionId"])
        return role.permissions if role else ()


def authorization_failed(caller: Caller, action: str, scope: str) -> RestError:
    message = (
        f"The client '{caller.client}' with object id '{caller.object_id}' does not have "
        f"authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. "
        "If access was recently granted, please refresh your credentials."
    )
    return RestError(403, "AuthorizationFailed", message)
