"""Puts the simulated Azure together.

What each SDK takes as its address, `azure_url` being where this port listens:

azure-mgmt-*          base_url = "<azure_url>/arm", with any bearer token
azure-storage-blob    account_url = "<azure_url>/blob/<account>", with the account's name and key
azure-eventgrid       endpoint = "<azure_url>/eventgrid/<topic>.<region>-1/api/events", with a key

The last two are also what Resource Manager answers as an account's `primaryEndpoints.blob`
and a topic's `endpoint`. Keys come from `listKeys`. A connection string names the blob
address as its `BlobEndpoint`.

Faults match an operation by its name in Azure's API descriptions: "Pipelines.CreateRun".
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioning.sandbox.azure.arm.groups import Groups
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.subscriptions import Subscriptions
from provisioning.sandbox.azure.authorization.assignments import RoleAssignments
from provisioning.sandbox.azure.datafactory.service import DataFactory
from provisioning.sandbox.azure.dialect import AzureDialect
from provisioning.sandbox.azure.eventgrid.bus import Bus
from provisioning.sandbox.azure.eventgrid.topics import EventGrid, SystemTopics, Topics
from provisioning.sandbox.azure.storage.accounts import Accounts, StorageAccounts
from provisioning.sandbox.azure.storage.containers import BlobContainers, Containers
from provisioning.sandbox.rest import Doors, RestGate, Route
from provisioning.sandbox.world import World


def build_azure(world: World, *, port: int) -> Doors:
    """The WSGI application; everything it remembers is read from the store."""
    manager = Manager(world)
    arm = RestGate(
        port=port,
        world=world,
        dialect=AzureDialect(),
        routes=_arm_routes(manager, Bus()),
        ignore_case=True,
    )
    return Doors({"/arm": arm}, otherwise=arm)


def _arm_routes(manager: Manager, bus: Bus) -> Iterator[Route]:
    accounts = Accounts(StorageAccounts(manager))
    yield from Subscriptions(manager).routes()
    yield from Groups(manager).routes()
    yield from manager.providers.routes()
    yield from RoleAssignments(manager).routes()
    yield from accounts.routes()
    yield from Containers(BlobContainers(manager), accounts.collection).routes()
    yield from EventGrid(Topics(manager), SystemTopics(manager)).routes()
    yield from DataFactory(manager, bus).routes()
