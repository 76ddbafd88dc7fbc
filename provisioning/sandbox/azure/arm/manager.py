"""What all resource providers share: the resources, the clock, and what ends with what."""

from __future__ import annotations

from collections.abc import Callable

from provisioning.sandbox.azure.arm.operations import Operations
from provisioning.sandbox.azure.arm.providers import Providers
from provisioning.sandbox.azure.arm.records import Operation, Resource
from provisioning.sandbox.azure.arm.resources import Resources
from provisioning.sandbox.world import World

Removed = Callable[[Resource], None]


class Manager:
    def __init__(self, world: World) -> None:
        self.world = world
        self.resources = Resources(world.store)
        self.providers = Providers(world.store)
        self.operations = Operations(world, finish=self._finish)
        self._removed: dict[str, list[Removed]] = {}

    def now(self) -> float:
        return self.world.clock.now()

    def when_removed(self, type: str, act: Removed) -> None:
        """`act` is told of each resource of the type that ends, by itself or with its parent."""
        self._removed.setdefault(type.lower(), []).append(act)

    def remove(self, resource: Resource) -> None:
        """It and everything in it."""
        for each in [*self.resources.below(resource.id), resource]:
            self.resources.delete(each)
            for act in self._removed.get(each.type.lower(), []):
                act(each)

    def _finish(self, operation: Operation) -> None:
        resource = self.resources.get(operation.resource)
        if operation.act == "delete" and resource is not None:
            self.remove(resource)
