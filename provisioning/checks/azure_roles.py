"""What Resource Manager says of itself that an application may do, and roles to grant more.
https://learn.microsoft.com/en-us/azure/role-based-access-control/role-definitions"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from provisioning.blueprints.azure_data_factory.troubles import assignment
from provisioning.clouds.policies.azure import DATA

ROLE = "Skyclock reads runs"


class Granted:
    """The permissions of all roles together: each allows its actions but its notActions."""

    def __init__(self, permissions: Sequence[Mapping[str, Any]]) -> None:
        self._permissions = permissions

    def lacking(self, needed: Iterable[str]) -> list[str]:
        return [each for each in needed if not self._has(each)]

    def _has(self, action: str) -> bool:
        plain, data = ("actions", "notActions"), ("dataActions", "notDataActions")
        yes, no = data if DATA.fullmatch(action) else plain
        return any(
            _fits(action, each.get(yes)) and not _fits(action, each.get(no))
            for each in self._permissions
        )


def custom_role(actions: Sequence[str], assignee: str, scope: str) -> str:
    """The two commands that make a role of these actions and give it."""
    definition = {
        "Name": ROLE,
        "Description": "Added to what the application may do already.",
        "Actions": [each for each in actions if not DATA.fullmatch(each)],
        "DataActions": [each for each in actions if DATA.fullmatch(each)],
        "AssignableScopes": [scope],
    }
    written = json.dumps(definition, indent=2)
    return f"az role definition create --role-definition '{written}'\n" + assignment(
        ROLE, assignee, scope
    )


def _fits(action: str, patterns: Sequence[str] | None) -> bool:
    """Case does not count; * stands for any characters."""
    return any(fnmatchcase(action.lower(), each.lower()) for each in patterns or ())
