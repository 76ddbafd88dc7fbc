"""Services and their revisions."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from provisioning.sandbox.google.calls import short
from provisioning.sandbox.google.chance import chance
from provisioning.sandbox.google.run.describing import urls
from provisioning.sandbox.google.run.records import Revision, Service
from provisioning.sandbox.records import Table
from provisioning.sandbox.world import World

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"


class Services:
    """`on_retired` hears of revisions that answer no more."""

    def __init__(self, world: World) -> None:
        self.table = Table(world.store, kind="google run service", record=Service)
        self.revisions = Table(world.store, kind="google run revision", record=Revision)
        self.on_retired: Callable[[str], None] = lambda revision: None
        self._clock = world.clock

    def create(self, name: str, wish: dict[str, Any], *, caller: str) -> Service:
        now = self._clock.now()
        service = Service(
            name=name,
            wish=wish,
            uid=str(uuid.uuid4()),
            created=now,
            updated=now,
            creator=caller,
            modifier=caller,
        )
        self._revise(service)
        return service

    def change(self, service: Service, wish: dict[str, Any], *, caller: str) -> None:
        """Another template makes another revision; the rest does not."""
        anew = wish["template"] != service.wish["template"]
        service.wish, service.modifier = wish, caller
        service.generation += 1
        service.updated = self._clock.now()
        if anew:
            self._revise(service)
        else:
            self.table.put(service)

    def ready(self, service: Service) -> None:
        """The latest revision takes over."""
        before, service.revision = service.revision, service.created_revision
        service.observed = service.generation
        self.table.put(service)
        if before and before != service.revision:
            self.on_retired(before)

    def delete(self, service: Service) -> None:
        self.table.delete(service.key)
        for revision in self.of(service):
            self.revisions.delete(revision.key)
            self.on_retired(revision.name)

    def of(self, service: Service) -> list[Revision]:
        """The newest first."""
        prefix = f"{service.name}/revisions/"
        found = [one for one in self.revisions if one.name.startswith(prefix)]
        return sorted(found, key=lambda one: one.generation, reverse=True)

    def at(self, host: str) -> Service | None:
        """Whose address this is: "train-123.europe-west1.run.app"."""
        return next((one for one in self.table if f"https://{host}" in urls(one)), None)

    def _revise(self, service: Service) -> None:
        number = len(self.of(service)) + 1
        random = chance("revision", service.uid, str(number))
        suffix = random.choice(_LETTERS) + "".join(random.choices(_LETTERS + _DIGITS, k=2))
        given = service.wish["template"].get("revision")
        id = given or f"{short(service.name)}-{number:05}-{suffix}"
        revision = Revision(
            name=f"{service.name}/revisions/{id}",
            template=service.wish["template"],
            generation=number,
            created=self._clock.now(),
            creator=service.modifier,
        )
        service.created_revision = revision.name
        self.revisions.put(revision)
        self.table.put(service)
