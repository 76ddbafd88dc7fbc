"""Puts the simulated Google together."""

from __future__ import annotations

from provisioning.sandbox.google.dialect import GoogleDialect
from provisioning.sandbox.rest import RestGate
from provisioning.sandbox.world import World


def build_google(world: World, *, port: int) -> RestGate:
    """The WSGI application; everything it remembers is read from the store."""
    return RestGate(port=port, world=world, dialect=GoogleDialect(), routes=[])
