"""Entering the cloud of a Pipeline's Connection, if its level allows what is to be done."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.audit import Purpose
from dashboard.models import Connection, Pipeline
from dashboard.services.opening import access_for, require_enabled
from dashboard.services.pipelines import spec_in_cloud
from provisioning import clouds
from provisioning.blueprints import registry
from provisioning.blueprints.base import Blueprint, Controls, RunReader
from provisioning.clouds.session import Session
from provisioning.contracts import Level, StackSpec
from provisioning.errors import NotPossible

LEVELS = list(Level)  # each includes the ones before it


@dataclass(frozen=True)
class Entered:
    """A deployed Pipeline with an open session on its cloud."""

    blueprint: Blueprint
    session: Session
    spec: StackSpec

    def reader(self) -> RunReader:
        return self.blueprint.reader(self.session, self.spec)

    def controls(self) -> Controls:
        return self.blueprint.controls(self.session, self.spec)


def require_level(connection: Connection, level: Level) -> None:
    require_enabled(connection)
    if not connection.account:
        raise NotPossible(
            f"The cloud has not said yet which account {connection.name} opens; "
            "an admin can test the connection."
        )
    if LEVELS.index(Level(connection.level)) < LEVELS.index(level):
        raise NotPossible(
            f"The connection {connection.name} is for {connection.level} only; "
            f"an admin can raise it to {level}."
        )


def enter(pipeline: Pipeline, level: Level) -> Entered:
    """Raises NotPossible when the level forbids it or nothing is deployed."""
    connection = pipeline.connection
    require_level(connection, level)
    spec = spec_in_cloud(pipeline)
    purpose = Purpose.SYNC if level is Level.OBSERVE else Purpose.RUN
    session = clouds.open_session(access_for(connection, purpose))
    return Entered(blueprint=registry.get(pipeline.blueprint), session=session, spec=spec)
