"""Which operation, by its name in roles, a call of Resource Manager is, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from provisioning.sandbox.rest import Route

_LABEL = re.compile(r"<(?:\w+:)?\w+>")
_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_SUBSCRIPTIONS = "Microsoft.Resources/subscriptions"
_GROUPS = f"{_SUBSCRIPTIONS}/resourceGroups"

# open     for everybody who has signed in
# member   for everybody with a role there, or anywhere inside
# role     for those with a role that permits it
Kind = Literal["open", "member", "role"]

# What does not follow from the address.
_NAMED: dict[str, tuple[Kind, str]] = {
    "Subscriptions.List": ("open", ""),
    "Tenants.List": ("open", ""),
    "RoleDefinitions.GetById": ("open", ""),
    "Subscriptions.Get": ("member", f"{_SUBSCRIPTIONS}/read"),
    "Subscriptions.ListLocations": ("member", f"{_SUBSCRIPTIONS}/locations/read"),
    "Operations.Result": ("member", f"{_SUBSCRIPTIONS}/operationresults/read"),
    "Operations.Status": ("member", f"{_SUBSCRIPTIONS}/operationresults/read"),
    "Providers.List": ("member", f"{_SUBSCRIPTIONS}/providers/read"),
    "Providers.Get": ("member", f"{_SUBSCRIPTIONS}/providers/read"),
    "Providers.Register": ("role", "<namespace>/register/action"),
    "Providers.Unregister": ("role", "<namespace>/unregister/action"),
    "Resources.List": ("member", f"{_SUBSCRIPTIONS}/resources/read"),
    "Resources.ListByResourceGroup": ("member", f"{_GROUPS}/resources/read"),
    "StorageAccounts.CheckNameAvailability": (
        "role",
        "Microsoft.Storage/checknameavailability/read",
    ),
}
# Those are asked of the subscription as a whole.
_OF_SUBSCRIPTION = (*_NAMED, "ResourceGroups.List")


@dataclass(frozen=True)
class Needed:
    kind: Kind
    action: str
    # How many parts of the path are no part of the scope: the name of a list or of an action.
    beyond: int = 0
    listed: bool = False  # lists what is in a subscription or group: what may be read of it

    def scope(self, path: str) -> str:
        """Of a path as it was called."""
        parts = path.rstrip("/").split("/")
        return "/".join(parts[: len(parts) - self.beyond])


def needed(route: Route, *, prefix: str) -> Needed:
    rule = route.rule.removeprefix(prefix)
    if route.name == "Resources.ListByResourceGroup":
        return Needed("member", _NAMED[route.name][1], beyond=1, listed=True)
    if route.name in _OF_SUBSCRIPTION:
        kind, action = _NAMED.get(route.name, ("role", f"{_GROUPS}/read"))
        listed = route.name in ("Resources.List", "ResourceGroups.List")
        return Needed(kind, action, beyond=len(rule.split("/")) - 3, listed=listed)
    if "/providers/" not in rule:
        return Needed("role", f"{_GROUPS}/{_VERBS[route.method]}")
    return _of_resource(route.method, rule)


def _of_resource(method: str, rule: str) -> Needed:
    around, _, below = rule.rpartition("/providers/")
    namespace, *parts = below.split("/")
    types = [each for each in parts if not _is_name(each)]
    ends_with_name = _is_name(parts[-1])
    named = "/".join([namespace, *_published(namespace, types, act=method == "POST")])
    if method == "POST":
        return Needed("role", f"{named}/action", beyond=1)
    listed = method == "GET" and len(parts) == 1 and "<path:" not in around
    beyond = 0 if ends_with_name else 1
    return Needed("role", f"{named}/{_VERBS[method]}", beyond=beyond, listed=listed)


def _is_name(part: str) -> bool:
    """The blob service of an account is always called so."""
    return part == "default" or bool(_LABEL.fullmatch(part))


def _published(namespace: str, types: list[str], *, act: bool) -> list[str]:
    """In the letters of Microsoft's list of operations. Roles match in any."""
    if namespace == "Microsoft.DataFactory":
        return [each.lower().replace("linkedservices", "linkedServices") for each in types]
    if namespace == "Microsoft.Storage" and act:
        return [*types[:-1], types[-1].lower()]
    return types
