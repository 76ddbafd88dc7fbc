"""Puts the simulated AWS together."""

from __future__ import annotations

from provisioning.sandbox.aws.gate import Gate, Service
from provisioning.sandbox.aws.moto_app import MotoApp, prepare_moto
from provisioning.sandbox.aws.moto_state import MotoState
from provisioning.sandbox.aws.sagemaker.service import SageMaker
from provisioning.sandbox.aws.scheduler.api import SchedulerApi
from provisioning.sandbox.aws.scheduler.firing import Firing
from provisioning.sandbox.aws.scheduler.targets import Targets
from provisioning.sandbox.aws.seed import seed
from provisioning.sandbox.aws.sts import Sts
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.clock import Clock
from provisioning.sandbox.simulation import Simulation
from provisioning.sandbox.store import Store
from provisioning.sandbox.world_lock import WorldLock


def build_aws(
    *, port: int, lock: WorldLock, clock: Clock, store: Store, simulation: Simulation
) -> Gate:
    """The WSGI application; everything it remembers is read from the store."""
    prepare_moto(clock)
    state = MotoState(store=store, clock=clock)
    world = World(lock=lock, clock=clock, store=store, simulation=simulation, moto=state)
    sagemaker = SageMaker(world)
    targets = Targets(moto=state, start_pipeline=sagemaker.start_pipeline)
    scheduler = SchedulerApi(world, Firing(world, targets))
    seed(world)
    services: dict[str, Service] = {
        "sagemaker": sagemaker,
        "scheduler": scheduler.service(),
        "sts": Sts(),
    }
    return Gate(port=port, world=world, moto=MotoApp(state), services=services)
