"""Puts the simulated Azure together.

What each SDK takes as its address, `azure_url` being where this port listens:

azure-mgmt-*          base_url = "<azure_url>/arm", with any bearer token
azure-storage-blob    account_url = "<azure_url>/blob/<account>", with the account's name and key
azure-eventgrid       endpoint = "<azure_url>/eventgrid/<topic>.<region>-1/api/events", with a key

The last two are also what Resource Manager answers as an account's `primaryEndpoints.blob`
and a topic's `endpoint`. Keys come from `listKeys`. A connection string names the blob
address as its `BlobEndpoint`.
"""

from __future__ import annotations

from provisioning.sandbox.azure.dialect import AzureDialect
from provisioning.sandbox.rest import Doors, RestGate
from provisioning.sandbox.world import World


def build_azure(world: World, *, port: int) -> Doors:
    """The WSGI application; everything it remembers is read from the store."""
    arm = RestGate(port=port, world=world, dialect=AzureDialect(), routes=[], ignore_case=True)
    return Doors({"/arm": arm}, otherwise=arm)
