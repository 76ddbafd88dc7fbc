"""What the simulated services of AWS share besides the world: moto."""

from __future__ import annotations

from dataclasses import dataclass, field

from provisioning.sandbox.aws.misbehaviour import Misbehaviour
from provisioning.sandbox.aws.moto_state import MotoState
from provisioning.sandbox.aws.session_keys import SessionKeys
from provisioning.sandbox.aws.sts_sessions import StsSessions
from provisioning.sandbox.world import World as SharedWorld


@dataclass(frozen=True, kw_only=True)
class World(SharedWorld):
    moto: MotoState
    url: str  # where the simulated AWS listens
    sessions: StsSessions
    keys: SessionKeys = field(default_factory=SessionKeys)

    @property
    def misbehaviour(self) -> Misbehaviour:
        return Misbehaviour(self.faults, self.lock)
