"""What starts a state machine: schedules, objects in its own bucket, events on a bus."""

from __future__ import annotations

from datetime import datetime

from provisioning.blueprints.aws_common import direct, patterns, schedules
from provisioning.blueprints.aws_common import names as common
from provisioning.blueprints.aws_common.parameters import without_value
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec, TriggerProof
from provisioning.errors import InvalidInput

from . import names
from .controls import parameters
from .settings import Settings


def prepare(spec: StackSpec, now: datetime) -> StackSpec:
    settings = Settings.model_validate(spec.settings)
    lacking = without_value(
        spec,
        parameters(settings),
        settings.starts,
        lambda position: f"settings.parameters.{position}.default",
    )
    if problems := list(lacking):
        raise InvalidInput(problems)
    spec = schedules.prepare(spec, now)
    return patterns.prepare(spec, common.data_bucket(spec.slug, spec.account))


def states(session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
    return direct.states(session, spec, _target(spec))


def switch(session: Session, spec: StackSpec, key: str, *, enabled: bool) -> None:
    direct.switch(session, spec, key, _target(spec), enabled=enabled)


def _target(spec: StackSpec) -> direct.Target:
    return direct.Target(
        arn=names.machine_arn(spec.slug, common.Place(spec.region, spec.account)),
        event_bus=lambda: Settings.model_validate(spec.settings).starts.event_bus,
    )
