"""What starts a state machine: schedules, objects in its own bucket, events on a bus."""

from __future__ import annotations

from datetime import datetime

from provisioning.blueprints.aws_common import names as common
from provisioning.blueprints.aws_common import patterns, rules, schedules
from provisioning.blueprints.aws_common.buckets import tells_the_bus
from provisioning.blueprints.aws_common.parameters import without_value
from provisioning.blueprints.common.triggers import trigger_with
from provisioning.clouds.session import Session
from provisioning.contracts import (
    EventSpec,
    ObjectCreatedSpec,
    ScheduleSpec,
    StackSpec,
    TriggerProof,
    TriggerSpec,
)
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
    now = session.now()
    return tuple(_proof(session, spec, trigger, now) for trigger in spec.triggers)


def _proof(session: Session, spec: StackSpec, trigger: TriggerSpec, now: datetime) -> TriggerProof:
    if isinstance(trigger, ScheduleSpec):
        return schedules.proof(session, spec, trigger, target_arn=_machine(spec), now=now)
    bucket = common.data_bucket(spec.slug, spec.account)
    hindrance = tells_the_bus(session, bucket) if isinstance(trigger, ObjectCreatedSpec) else ""
    return rules.proof(session, trigger.key, _rule(spec, trigger), hindrance=hindrance)


def _rule(spec: StackSpec, trigger: TriggerSpec) -> rules.Rule:
    on_bus = isinstance(trigger, EventSpec)
    return rules.rule_of(
        spec,
        trigger.key,
        target_arn=_machine(spec),
        with_role=True,
        bus=Settings.model_validate(spec.settings).starts.event_bus if on_bus else "default",
    )


def _machine(spec: StackSpec) -> str:
    return names.machine_arn(spec.slug, common.Place(spec.region, spec.account))


def switch(session: Session, spec: StackSpec, key: str, *, enabled: bool) -> None:
    trigger = trigger_with(spec, key)
    if isinstance(trigger, ScheduleSpec):
        state = schedules.ENABLED if enabled else schedules.DISABLED
        schedules.switch(session, spec, trigger, state=state)
    else:
        rules.switch(session, _rule(spec, trigger), enabled=enabled)
