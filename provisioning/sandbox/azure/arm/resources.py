"""All resources of all subscriptions, found by their ids in any case."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.records import Table
from provisioning.sandbox.store import Store

_SANDBOX = uuid.UUID("6a1c2b52-5a7d-4c0e-9d43-8f0a5d2b7c11")


class Resources:
    def __init__(self, store: Store) -> None:
        self._table = Table(store, kind="azure_resource", record=Resource)
        self._of_type: dict[str, dict[str, Resource]] = {}
        for resource in self._table:
            self._index(resource)

    def get(self, id: str) -> Resource | None:
        return self._table.get(id.lower())

    def put(self, resource: Resource) -> None:
        self._table.put(resource)
        self._index(resource)

    def delete(self, resource: Resource) -> None:
        """It alone; `below` are its children."""
        self._table.delete(resource.key)
        self._of_type.get(resource.type.lower(), {}).pop(resource.key, None)

    def of_type(self, type: str, *, below: str = "") -> list[Resource]:
        """Those whose ids begin with `below`, in the order of their making."""
        start = below.lower()
        found = self._of_type.get(type.lower(), {}).values()
        return [each for each in found if each.key.startswith(start)]

    def below(self, id: str) -> Iterator[Resource]:
        """Everything inside, the innermost first."""
        start = f"{id.lower()}/"
        found = [each for each in self._table if each.key.startswith(start)]
        yield from sorted(found, key=lambda each: each.key.count("/"), reverse=True)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._table)

    def _index(self, resource: Resource) -> None:
        self._of_type.setdefault(resource.type.lower(), {})[resource.key] = resource


def identifier(*names: str) -> str:
    """A GUID that is the same each time: of a tenant, of an identity."""
    return str(uuid.uuid5(_SANDBOX, "\n".join(names).lower()))


TENANT = identifier("tenant")
