"""What starts a training: everything comes to the bus, where a rule per trigger calls the
handler. Schedules and objects have a way onto the bus as well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from provisioning.blueprints.aws_common import names as common
from provisioning.blueprints.aws_common import patterns, rules, schedules
from provisioning.blueprints.aws_common.buckets import tells_the_bus
from provisioning.blueprints.common.triggers import trigger_with
from provisioning.clouds.session import Session
from provisioning.contracts import (
    EventSpec,
    ObjectCreatedSpec,
    ScheduleSpec,
    StackSpec,
    TriggerProof,
    TriggerSpec,
    TriggerState,
)
from provisioning.errors import InvalidInput, Problem

from . import names
from .assets.training_events.wording import MODELS, SOURCE
from .settings import Settings
from .wiring import fired


def prepare(spec: StackSpec, now: datetime) -> StackSpec:
    settings = Settings.model_validate(spec.settings)
    if problems := list(_problems(spec, settings)):
        raise InvalidInput(problems)
    spec = schedules.prepare(spec, now)
    return patterns.prepare(spec, common.data_bucket(spec.slug, spec.account))


def _problems(spec: StackSpec, settings: Settings) -> Iterator[Problem]:
    if spec.schedules and not settings.data.default:
        yield Problem(
            "settings.data.default", "Schedules name no data: say what they train on.", "required"
        )
    for position, trigger in enumerate(spec.triggers):
        field = f"triggers.{position}"
        if isinstance(trigger, ObjectCreatedSpec) and trigger.prefix.startswith(MODELS):
            yield Problem(f"{field}.prefix", f"Below {MODELS} are the models that trainings write.")
        if isinstance(trigger, EventSpec) and trigger.source.startswith("aws."):
            yield Problem(
                f"{field}.source",
                "AWS's own events come to the default bus only; this pipeline has a bus of its "
                "own. For objects choose the trigger for objects.",
            )
        if isinstance(trigger, EventSpec) and trigger.source == SOURCE:
            yield Problem(
                f"{field}.source",
                "This is the pipeline's own source: a training would start another.",
            )


# ── Reading back ────────────────────────────────────────────────────────────────────


def states(session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
    now = session.now()
    return tuple(_proof(session, spec, trigger, now) for trigger in spec.triggers)


def _proof(session: Session, spec: StackSpec, trigger: TriggerSpec, now: datetime) -> TriggerProof:
    on_bus = _bus_rule(spec, trigger.key)
    if isinstance(trigger, ScheduleSpec):
        found = schedules.proof(session, spec, trigger, target_arn=_bus_arn(spec), now=now)
        return _with_rule(found, rules.proof(session, trigger.key, on_bus))
    hindrance = ""
    if isinstance(trigger, ObjectCreatedSpec):
        hindrance = _way_onto_bus(session, spec, trigger)
    return rules.proof(session, trigger.key, on_bus, hindrance=hindrance)


def _with_rule(schedule: TriggerProof, rule: TriggerProof) -> TriggerProof:
    """A schedule that fires onto the bus starts something only if the rule is there."""
    if schedule.state is not TriggerState.ACTIVE or rule.state is TriggerState.ACTIVE:
        return schedule
    stopped = "The rule on the bus that it needs was disabled in AWS."
    return schedule.model_copy(
        update={"state": TriggerState.UNKNOWN, "message": rule.message or stopped, "next": None}
    )


def _way_onto_bus(session: Session, spec: StackSpec, trigger: ObjectCreatedSpec) -> str:
    """S3 → default bus → a rule that hands objects on to the pipeline's bus."""
    if silent := tells_the_bus(session, common.data_bucket(spec.slug, spec.account)):
        return silent
    handing_on = rules.rule_of(spec, trigger.key, target_arn=_bus_arn(spec), with_role=True)
    found = rules.proof(session, trigger.key, handing_on)
    if found.state is TriggerState.ACTIVE:
        return ""
    return found.message or f"The rule {handing_on.name} on the default bus is disabled."


def _bus_rule(spec: StackSpec, key: str) -> rules.Rule:
    place = common.Place(spec.region, spec.account)
    scheduled = isinstance(trigger_with(spec, key), ScheduleSpec)
    return rules.rule_of(
        spec,
        key,
        target_arn=names.handler_arn(spec.slug, place),
        with_role=False,
        bus=names.bus(spec.slug),
        pattern=patterns.text(fired(key)) if scheduled else "",
    )


def _bus_arn(spec: StackSpec) -> str:
    return names.bus_arn(spec.slug, common.Place(spec.region, spec.account))


# ── Pausing ─────────────────────────────────────────────────────────────────────────


def switch(session: Session, spec: StackSpec, key: str, *, enabled: bool) -> None:
    trigger = trigger_with(spec, key)
    if isinstance(trigger, ScheduleSpec):
        schedules.switch(session, spec, trigger, enabled=enabled)
    else:
        rules.switch(session, _bus_rule(spec, key), enabled=enabled)
