"""Puts the simulated Azure together."""

from __future__ import annotations

from provisioning.sandbox.azure.dialect import AzureDialect
from provisioning.sandbox.rest import RestGate
from provisioning.sandbox.world import World


def build_azure(world: World, *, port: int) -> RestGate:
    """The WSGI application; everything it remembers is read from the store."""
    return RestGate(port=port, world=world, dialect=AzureDialect(), routes=[])
