"""The one tenant of the sandbox: its applications and their service principals."""

from __future__ import annotations

import time

from provisioning.sandbox.azure.arm.resources import TENANT
from provisioning.sandbox.azure.entra.records import Application, ServicePrincipal
from provisioning.sandbox.records import Table
from provisioning.sandbox.world import World

DOMAIN = "skyclocksandbox.onmicrosoft.com"


class Directory:
    def __init__(self, world: World) -> None:
        self.world = world
        self.applications = Table(world.store, kind="entra_application", record=Application)
        self.principals = Table(world.store, kind="entra_principal", record=ServicePrincipal)

    def now(self) -> float:
        return time.time()

    def application(self, app_id: str) -> Application | None:
        """By its client id."""
        return next((each for each in self.applications if each.app_id == app_id.lower()), None)

    def principal_of(self, app_id: str) -> ServicePrincipal | None:
        return next((each for each in self.principals if each.app_id == app_id.lower()), None)

    def principal(self, id: str) -> ServicePrincipal | None:
        return self.principals.get(id.lower())


def is_tenant(name: str) -> bool:
    return name.lower() in (TENANT, DOMAIN)
