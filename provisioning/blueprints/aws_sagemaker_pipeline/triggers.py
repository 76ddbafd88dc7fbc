"""What starts a SageMaker pipeline: schedules, objects in its own bucket, events on a bus."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from provisioning.blueprints.aws_common import names as common
from provisioning.blueprints.aws_common import patterns, rules, schedules
from provisioning.blueprints.aws_common.blueprint import trigger_with
from provisioning.blueprints.aws_common.buckets import tells_the_bus
from provisioning.clouds.session import Session
from provisioning.contracts import (
    EventSpec,
    ObjectCreatedSpec,
    ParameterSpec,
    ScheduleSpec,
    StackSpec,
    TriggerProof,
    TriggerSpec,
)
from provisioning.errors import InvalidInput, Problem

from . import names
from .controls import parameters
from .settings import Settings
from .starting import given


def prepare(spec: StackSpec, now: datetime) -> StackSpec:
    settings = Settings.model_validate(spec.settings)
    if problems := list(_without_value(spec, settings)):
        raise InvalidInput(problems)
    spec = schedules.prepare(spec, now)
    return patterns.prepare(spec, common.data_bucket(spec.slug, spec.account))


def _without_value(spec: StackSpec, settings: Settings) -> Iterator[Problem]:
    """A trigger cannot ask anybody for a value."""
    for position, each in enumerate(parameters(settings)):
        if each.default is not None:
            continue
        lacking = [one for one in spec.triggers if each.name not in dict(given(one, settings))]
        if lacking:
            yield _needs_default(settings, position, each, lacking[0])


def _needs_default(
    settings: Settings, position: int, parameter: ParameterSpec, trigger: TriggerSpec
) -> Problem:
    pasted = settings.source == "definition"
    runs = "scheduled runs are" if isinstance(trigger, ScheduleSpec) else "runs that it starts are"
    return Problem(
        "settings.definition" if pasted else f"settings.parameters.{position}.default",
        f"Parameter '{parameter.name}' needs a default: {runs} given no value for it.",
        "required",
    )


def settings_problems(settings: Settings) -> Iterator[Problem]:
    """What triggers give a run has to be something that it can be given."""
    known = {each.name for each in parameters(settings)}
    starts = settings.starts
    named = {
        "bucket_parameter": starts.bucket_parameter,
        "key_parameter": starts.key_parameter,
        **{
            f"event_parameters.{position}.parameter": each.parameter
            for position, each in enumerate(starts.event_parameters)
        },
    }
    for field, name in named.items():
        if name and name not in known:
            yield Problem(f"starts.{field}", f"There is no parameter '{name}'.", "unknown")


def states(session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
    now = session.now()
    return tuple(_proof(session, spec, trigger, now) for trigger in spec.triggers)


def _proof(session: Session, spec: StackSpec, trigger: TriggerSpec, now: datetime) -> TriggerProof:
    if isinstance(trigger, ScheduleSpec):
        arn = names.pipeline_arn(spec.slug, spec.region, spec.account)
        return schedules.proof(session, spec, trigger, target_arn=arn, now=now)
    bucket = common.data_bucket(spec.slug, spec.account)
    hindrance = tells_the_bus(session, bucket) if isinstance(trigger, ObjectCreatedSpec) else ""
    return rules.proof(session, trigger.key, _rule(spec, trigger), hindrance=hindrance)


def _rule(spec: StackSpec, trigger: TriggerSpec) -> rules.Rule:
    on_bus = isinstance(trigger, EventSpec)
    return rules.rule_of(
        spec,
        trigger.key,
        target_arn=names.pipeline_arn(spec.slug, spec.region, spec.account),
        with_role=True,
        bus=Settings.model_validate(spec.settings).starts.event_bus if on_bus else "default",
    )


def switch(session: Session, spec: StackSpec, key: str, *, enabled: bool) -> None:
    trigger = trigger_with(spec, key)
    if isinstance(trigger, ScheduleSpec):
        state = schedules.ENABLED if enabled else schedules.DISABLED
        schedules.switch(session, spec, trigger, state=state)
    else:
        rules.switch(session, _rule(spec, trigger), enabled=enabled)
