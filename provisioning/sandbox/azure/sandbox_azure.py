"""Puts the simulated Azure together.

What each SDK takes as its address, `azure_url` being where this port listens:

azure-identity        authority "<azure_url>/entra", which its transport has to put in the place
                      of https://login.microsoftonline.com: MSAL takes https only
Microsoft Graph       "<azure_url>/graph/v1.0", with the token of a subscription
azure-mgmt-*          base_url = "<azure_url>/arm", with the token of a subscription or one of Entra
azure-storage-blob    account_url = "<azure_url>/blob/<account>", with the account's name and key
azure-eventgrid       endpoint = "<azure_url>/eventgrid/<topic>.<region>-1/api/events", with a key

The last two are also what Resource Manager answers as an account's `primaryEndpoints.blob`
and a topic's `endpoint`. Keys come from `listKeys`; the token of the subscription that a
sandbox Connection has opens both too, as a bearer token and in place of a topic's key. A
connection string names the blob address as its `BlobEndpoint`.

Faults match an operation by its name in Azure's API descriptions: "Pipelines.CreateRun";
activities and triggers by their names, or with their pipeline's or factory's before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from provisioning.sandbox.azure.arm.groups import Groups
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.subscriptions import Subscriptions
from provisioning.sandbox.azure.authorization.access import Access
from provisioning.sandbox.azure.authorization.assignments import RoleAssignments
from provisioning.sandbox.azure.authorization.definitions import RoleDefinitions
from provisioning.sandbox.azure.authorization.guard import Guard
from provisioning.sandbox.azure.datafactory.service import DataFactory
from provisioning.sandbox.azure.dialect import AzureDialect
from provisioning.sandbox.azure.entra.addresses import Discovery
from provisioning.sandbox.azure.entra.callers import Callers
from provisioning.sandbox.azure.entra.directory import Directory
from provisioning.sandbox.azure.entra.grants import TokenEndpoint
from provisioning.sandbox.azure.entra.refusals import EntraDialect
from provisioning.sandbox.azure.entra.tokens import AccessTokens
from provisioning.sandbox.azure.eventgrid.bus import Bus
from provisioning.sandbox.azure.eventgrid.publishing import EventGridDialect, Publishing
from provisioning.sandbox.azure.eventgrid.topics import EventGrid, SystemTopics, Topics
from provisioning.sandbox.azure.graph.applications import Applications, ServicePrincipals
from provisioning.sandbox.azure.graph.dialect import GraphDialect
from provisioning.sandbox.azure.storage.accounts import Accounts, StorageAccounts
from provisioning.sandbox.azure.storage.blob_api import BlobApi
from provisioning.sandbox.azure.storage.blobs import Blobs
from provisioning.sandbox.azure.storage.container_api import ContainerApi
from provisioning.sandbox.azure.storage.containers import BlobContainers, Containers
from provisioning.sandbox.azure.storage.dialect import BlobDialect
from provisioning.sandbox.azure.storage.doorkeeping import BlobAccess
from provisioning.sandbox.rest import Dialect, Doors, RestGate, Route
from provisioning.sandbox.world import World


def build_azure(world: World, *, port: int) -> Doors:
    """The WSGI application; everything it remembers is read from the store."""
    manager, bus = Manager(world), Bus()
    blobs, topics = Blobs(manager, bus), Topics(manager)
    directory, tokens = Directory(world), AccessTokens(world)
    callers, definitions = Callers(tokens), RoleDefinitions(manager)
    access = Access(manager, definitions)
    assignments = RoleAssignments(manager, definitions, directory)

    def gate(dialect: Dialect, routes: Iterator[Route], *, ignore_case: bool = False) -> RestGate:
        return RestGate(
            port=port, world=world, dialect=dialect, routes=routes, ignore_case=ignore_case
        )

    managed = chain(
        access.routes(),
        definitions.routes(),
        assignments.routes(),
        _arm_routes(manager, bus, topics, blobs, access),
    )
    guarded = Guard(access, callers).routes(managed)
    arm = gate(AzureDialect(callers), guarded, ignore_case=True)
    publishing = Publishing(topics, bus, callers, access)
    return Doors(
        {
            "/arm": arm,
            "/blob": gate(BlobDialect(), _blob_routes(manager, blobs, BlobAccess(callers, access))),
            "/entra": gate(EntraDialect(), _entra_routes(directory, tokens)),
            "/eventgrid": gate(EventGridDialect(), publishing.routes()),
            "/graph": gate(GraphDialect(callers), _graph_routes(directory)),
        },
        otherwise=arm,
    )


def _arm_routes(
    manager: Manager, bus: Bus, topics: Topics, blobs: Blobs, access: Access
) -> Iterator[Route]:
    accounts = Accounts(StorageAccounts(manager))
    yield from Subscriptions(manager, access).routes()
    yield from Groups(manager).routes()
    yield from manager.providers.routes()
    yield from accounts.routes()
    yield from Containers(BlobContainers(manager), accounts.collection).routes()
    yield from EventGrid(topics, SystemTopics(manager)).routes()
    yield from DataFactory(manager, bus=bus, blobs=blobs, access=access).routes()


def _blob_routes(manager: Manager, blobs: Blobs, access: BlobAccess) -> Iterator[Route]:
    yield from ContainerApi(manager, blobs, access).routes()
    yield from BlobApi(blobs, access).routes()


def _entra_routes(directory: Directory, tokens: AccessTokens) -> Iterator[Route]:
    yield from Discovery(tokens).routes()
    yield from TokenEndpoint(directory, tokens).routes()


def _graph_routes(directory: Directory) -> Iterator[Route]:
    yield from Applications(directory).routes()
    yield from ServicePrincipals(directory).routes()
