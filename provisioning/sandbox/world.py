"""What everything simulated shares: the clock, the store, what is due, and how to misbehave."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from provisioning.sandbox.clock import Clock
from provisioning.sandbox.faults import Faults
from provisioning.sandbox.journal import Journal
from provisioning.sandbox.simulation import Simulation
from provisioning.sandbox.store import Store
from provisioning.sandbox.world_lock import WorldLock


@dataclass(frozen=True, kw_only=True)
class World:
    lock: WorldLock
    clock: Clock
    store: Store
    simulation: Simulation
    journal: Journal
    faults: Faults
    folder: Path  # the sandbox's own; code that it runs is unpacked below it
    control_url: str
