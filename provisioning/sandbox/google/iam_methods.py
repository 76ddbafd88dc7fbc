"""The three methods by which each resource that has an IAM policy shows and takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioning.sandbox.google import permissions
from provisioning.sandbox.google.calls import Call, Guarded, Operations
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.identity import Identity

_MOST = 100


class IamMethods:
    """`named` gives the name that the policy is kept under; it raises when there is no such
    resource."""

    def __init__(self, identity: Identity, named: Callable[[Call], str]) -> None:
        self._policies = identity.policies
        self._access = identity.access
        self._named = named

    def operations(self, collection: str) -> Operations:
        return {
            f"{collection}.getIamPolicy": self._get,
            f"{collection}.setIamPolicy": self._set,
            f"{collection}.testIamPermissions": Guarded(self._test),
        }

    def _test(self, call: Call) -> dict[str, Any]:
        """Those of the permissions that the caller has. Everybody may ask."""
        name = self._named(call)
        asked = require_permissions(call.body.get("permissions", []))
        found = [one for one in asked if self._access.may(call.caller, one, name)]
        return {"permissions": found} if found else {}

    def _get(self, call: Call) -> dict[str, Any]:
        return self._policies.get(self._named(call)).described()

    def _set(self, call: Call) -> dict[str, Any]:
        policy = self._policies.put(self._named(call), call.body.get("policy", {}))
        return policy.described()


def require_permissions(asked: list[str]) -> list[str]:
    """Raises INVALID_ARGUMENT for the first that is none."""
    if len(asked) > _MOST:
        raise refusal("INVALID_ARGUMENT", f"At most {_MOST} permissions may be tested at once.")
    for one in asked:
        if not permissions.known(one):
            message = f"Permission {one} is not valid for this resource."
            raise refusal("INVALID_ARGUMENT", message)
    return asked
