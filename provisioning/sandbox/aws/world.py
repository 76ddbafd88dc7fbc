"""What the simulated services share: the clock, the store, what is due, and moto."""

from __future__ import annotations

from dataclasses import dataclass

from provisioning.sandbox.aws.moto_state import MotoState
from provisioning.sandbox.clock import Clock
from provisioning.sandbox.simulation import Simulation
from provisioning.sandbox.store import Store
from provisioning.sandbox.world_lock import WorldLock


@dataclass(frozen=True)
class World:
    lock: WorldLock
    clock: Clock
    store: Store
    simulation: Simulation
    moto: MotoState
