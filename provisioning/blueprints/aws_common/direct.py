"""Triggers that start a pipeline's own resource, with nothing of ours in between: schedules of
Scheduler, and rules for objects of its bucket and for events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from provisioning.clouds.session import Session
from provisioning.contracts import (
    EventSpec,
    ObjectCreatedSpec,
    ScheduleSpec,
    StackSpec,
    TriggerProof,
    TriggerSpec,
)

from ..common.triggers import trigger_with
from . import names, rules, schedules
from .buckets import tells_the_bus


@dataclass(frozen=True)
class Target:
    """What is started. `event_bus`, where its events are put, is asked for only when there is a
    trigger by events: what is deployed may have settings that are refused by now."""

    arn: str
    event_bus: Callable[[], str]


def states(session: Session, spec: StackSpec, target: Target) -> tuple[TriggerProof, ...]:
    now = session.now()
    return tuple(_proof(session, spec, trigger, target, now) for trigger in spec.triggers)


def _proof(
    session: Session, spec: StackSpec, trigger: TriggerSpec, target: Target, now: datetime
) -> TriggerProof:
    if isinstance(trigger, ScheduleSpec):
        return schedules.proof(session, spec, trigger, target_arn=target.arn, now=now)
    bucket = names.data_bucket(spec.slug, spec.account)
    hindrance = tells_the_bus(session, bucket) if isinstance(trigger, ObjectCreatedSpec) else ""
    return rules.proof(session, trigger.key, _rule(spec, trigger, target), hindrance=hindrance)


def _rule(spec: StackSpec, trigger: TriggerSpec, target: Target) -> rules.Rule:
    on_bus = isinstance(trigger, EventSpec)
    return rules.rule_of(
        spec,
        trigger.key,
        target_arn=target.arn,
        with_role=True,
        bus=target.event_bus() if on_bus else rules.DEFAULT_BUS,
    )


def switch(session: Session, spec: StackSpec, key: str, target: Target, *, enabled: bool) -> None:
    trigger = trigger_with(spec, key)
    if isinstance(trigger, ScheduleSpec):
        schedules.switch(session, spec, trigger, enabled=enabled)
    else:
        rules.switch(session, _rule(spec, trigger, target), enabled=enabled)
