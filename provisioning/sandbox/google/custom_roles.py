"""Roles that a project makes for itself, beside those that Google predefines."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from provisioning.sandbox.google import roles
from provisioning.sandbox.records import Record, Table
from provisioning.sandbox.world import World

# After a week a deleted role cannot be had back, and after six its name can be taken again.
BACK_SECONDS, GONE_SECONDS = 7 * 86_400.0, 44 * 86_400.0


class CustomRole(Record):
    project: str
    id: str
    title: str = ""
    description: str = ""
    stage: str = "ALPHA"
    permissions: list[str] = []
    deleted_at: float = 0.0
    changes: int = 0

    @property
    def key(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"projects/{self.project}/roles/{self.id}"

    @property
    def etag(self) -> str:
        return base64.b64encode(b"\x07\x06" + self.changes.to_bytes(6)).decode()


class Roles:
    """All roles: whether there is one, and what it grants."""

    def __init__(self, world: World) -> None:
        self.table = Table(world.store, kind="google role", record=CustomRole)
        self._clock = world.clock

    def get(self, name: str) -> CustomRole | None:
        found = self.table.get(name)
        if found and found.deleted_at and found.deleted_at + GONE_SECONDS <= self._clock.now():
            self.table.delete(name)
            return None
        return found

    def of(self, project: str) -> Iterator[CustomRole]:
        return (one for one in self.table if one.project == project and self.get(one.name))

    def known(self, role: str, resource: str) -> bool:
        """Whether a policy of the resource may give it."""
        if not role.startswith("projects/"):
            return roles.known(role)
        found = self.get(role)
        return bool(found and resource.split("/")[1:2] == [found.project])

    def grants(self, role: str, permission: str) -> bool:
        if not role.startswith("projects/"):
            return roles.grants(role, permission)
        found = self.get(role)
        return bool(found and not found.deleted_at and permission in found.permissions)
