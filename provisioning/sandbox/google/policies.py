"""IAM policies: who has which role on which resource."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from provisioning.sandbox.google.custom_roles import Roles
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.records import Record, Table
from provisioning.sandbox.rest import RestError
from provisioning.sandbox.world import World

EVERYBODY = ("allUsers", "allAuthenticatedUsers")
_MEMBER = re.compile(r"(user|group|domain|serviceAccount|principal|principalSet|"
                     r"projectOwner|projectEditor|projectViewer|"
                     r"deleted:(?:user|group|serviceAccount)):(.+)")  # fmt: skip
_IDENTITY = re.compile(
    r"//iam\.googleapis\.com/(projects/(\d+)/locations/global/workloadIdentityPools/([a-z0-9-]+))/"
    r"(?:(?P<one>subject/.+)|(?P<many>\*|group/.+|attribute\.[a-z0-9_]+/.+))"
)
_STALE = (
    "There were concurrent policy changes. Please retry the whole read-modify-write with "
    "exponential backoff. The request's ETag '{given}' did not match the current policy's "
    "ETag '{current}'."
)


class Policy(Record):
    """`resource` is its name, "projects/p/locations/l/services/s"; a policy holds for all
    that is below its resource."""

    resource: str
    version: int = 1
    changes: int = 0
    bindings: list[dict[str, Any]] = []

    @property
    def key(self) -> str:
        return self.resource

    @property
    def etag(self) -> str:
        return base64.b64encode(b"\x07\x06" + self.changes.to_bytes(6)).decode()

    def described(self) -> dict[str, Any]:
        bindings = {"bindings": self.bindings} if self.bindings else {}
        return {"version": self.version, "etag": self.etag, **bindings}

    def roles_of(self, members: Iterable[str]) -> Iterator[str]:
        wanted = {*members, *EVERYBODY}
        for binding in self.bindings:
            if wanted & set(binding["members"]):
                yield binding["role"]


class Policies:
    """`exists` says whether there is a service account of an address."""

    def __init__(self, world: World, roles: Roles) -> None:
        self._roles = roles
        self._table = Table(world.store, kind="google policy", record=Policy)
        self.exists: Callable[[str], bool] = lambda email: True
        # Whether there is a workload identity pool of a name, with its project's id or number.
        self.pool_exists: Callable[[str], bool] = lambda name: True

    def get(self, resource: str) -> Policy:
        return self._table.get(resource) or Policy(resource=resource)

    def put(self, resource: str, wish: dict[str, Any]) -> Policy:
        """Raises ABORTED when somebody changed it since the wish's etag was read."""
        policy = self.get(resource)
        given = wish.get("etag", "")
        if given and given != policy.etag:
            raise refusal("ABORTED", _STALE.format(given=given, current=policy.etag))
        wished = wish.get("bindings", [])
        policy.bindings = _merged(self._checked(binding, resource) for binding in wished)
        policy.changes += 1
        self._table.put(policy)
        return policy

    def grant(self, resource: str, role: str, *members: str) -> None:
        """As Google itself does when a project or a bucket begins."""
        policy = self.get(resource)
        policy.bindings = _merged([*policy.bindings, {"role": role, "members": list(members)}])
        policy.changes += 1
        self._table.put(policy)

    def forget(self, resource: str) -> None:
        for policy in self._table:
            if policy.resource == resource or policy.resource.startswith(f"{resource}/"):
                self._table.delete(policy.key)

    def member_deleted(self, member: str, *, uid: str) -> None:
        """What it was given stays on the books, and helps no other account of its name."""
        gone = f"deleted:{member}?uid={uid}"
        for policy in self._table:
            if any(member in binding["members"] for binding in policy.bindings):
                for binding in policy.bindings:
                    binding["members"] = [gone if m == member else m for m in binding["members"]]
                policy.changes += 1
                self._table.put(policy)

    def roles(self, resource: str, members: Iterable[str]) -> set[str]:
        """The roles on the resource and on all that it lies in."""
        parts, members = resource.split("/"), list(members)
        above = ("/".join(parts[:n]) for n in range(1, len(parts) + 1))
        found = (self._table.get(name) for name in above)
        return {role for policy in found if policy for role in policy.roles_of(members)}

    def _checked(self, binding: dict[str, Any], resource: str) -> dict[str, Any]:
        role, members = binding.get("role", ""), list(dict.fromkeys(binding.get("members", [])))
        if binding.get("condition"):
            message = "The sandbox does not evaluate conditions in IAM policies."
            raise refusal("UNIMPLEMENTED", message)
        if not self._roles.known(role, resource):
            message = f"Role {role} is not supported for this resource."
            if role.startswith("projects/"):
                message = f"Role ({role}) does not exist in the resource's hierarchy."
            raise refusal("INVALID_ARGUMENT", message)
        for member in members:
            self._require_member(member)
        return {"role": role, "members": sorted(members)}

    def _require_member(self, member: str) -> None:
        if member in EVERYBODY:
            return
        match = _MEMBER.fullmatch(member)
        if match is None:
            raise _no_member(member)
        kind, name = match.groups()
        if kind in ("principal", "principalSet"):
            self._require_identity(member, kind, name)
        if kind == "serviceAccount" and not self.exists(name):
            raise refusal("INVALID_ARGUMENT", f"Service account {name} does not exist.")

    def _require_identity(self, member: str, kind: str, name: str) -> None:
        """Google knows other principals, of workforces for one; the sandbox has none of them."""
        match = _IDENTITY.fullmatch(name)
        if match is None or bool(match["one"]) != (kind == "principal"):
            raise _no_member(member)
        if not self.pool_exists(match[1]):
            message = (
                f"Identity Pool does not exist ({match[1]}). Please check that you specified a "
                "valid resource name as returned in the `name` attribute in the configuration API."
            )
            raise refusal("INVALID_ARGUMENT", message)


def _no_member(member: str) -> RestError:
    message = (
        f"Invalid member '{member}'. The member must be of the form user:, serviceAccount:, "
        "group: or domain:, or be allUsers or allAuthenticatedUsers."
    )
    return refusal("INVALID_ARGUMENT", message)


def _merged(bindings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One binding of a role, those of nobody left out."""
    members: dict[str, list[str]] = {}
    for binding in bindings:
        members.setdefault(binding["role"], []).extend(binding["members"])
    return [
        {"role": role, "members": sorted(set(given))} for role, given in members.items() if given
    ]
