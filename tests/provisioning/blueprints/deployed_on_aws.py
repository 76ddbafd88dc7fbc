"""A deployed pipeline on the simulated AWS, as a person with Skyclock sees it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from provisioning.blueprints.base import Blueprint, Controls, RunReader
from provisioning.clouds import open_session
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec
from tests.sandbox_process import SandboxProcess


@dataclass
class DeployedOnAws:
    """Read, started and stopped by its Blueprint, which subclasses name."""

    blueprint: ClassVar[Blueprint]
    sandbox: SandboxProcess
    spec: StackSpec

    @cached_property
    def session(self) -> Session:
        return open_session(self.sandbox.access())

    @property
    def reader(self) -> RunReader:
        return self.blueprint.reader(self.session, self.spec)

    @property
    def controls(self) -> Controls:
        return self.blueprint.controls(self.session, self.spec)
