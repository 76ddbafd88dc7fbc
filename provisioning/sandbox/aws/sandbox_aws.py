"""Puts the simulated AWS together."""

from __future__ import annotations

from provisioning.sandbox.aws.gate import Gate, Service
from provisioning.sandbox.aws.moto_app import MotoApp
from provisioning.sandbox.aws.moto_state import MotoState
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.clock import Clock
from provisioning.sandbox.simulation import Simulation
from provisioning.sandbox.store import Store
from provisioning.sandbox.world_lock import WorldLock


def build_aws(
    *, port: int, lock: WorldLock, clock: Clock, store: Store, simulation: Simulation
) -> Gate:
    """The WSGI application; everything it remembers is read from the store."""
    state = MotoState(store=store, clock=clock)
    moto = MotoApp(clock=clock, state=state)
    world = World(lock=lock, clock=clock, store=store, simulation=simulation, moto=state)
    services: dict[str, Service] = {}
    return Gate(port=port, world=world, moto=moto, services=services)
