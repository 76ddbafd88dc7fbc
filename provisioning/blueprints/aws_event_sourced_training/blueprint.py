"""The Blueprint of an event-sourced training: a bus, its archive and log, and a handler."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from provisioning.blueprints.aws_common.blueprint import AwsBlueprint
from provisioning.blueprints.aws_common.drift import RULE
from provisioning.blueprints.aws_common.names import data_bucket
from provisioning.blueprints.aws_common.samples import put_event, put_object
from provisioning.blueprints.base import Blueprint, Effects, Planned, Tell
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Acceptance,
    Difference,
    EventSample,
    Instance,
    Operation,
    Sample,
    StackSpec,
    TriggerKind,
    TriggerProof,
)

from . import instances, names, triggers
from .controls import FROM_FAILURE, Controls
from .ending import clear
from .event_log import EventLog
from .example import example
from .orphans import FINDERS
from .permissions import PERMISSIONS
from .reader import Reader
from .settings import Settings as TrainingSettings

SEVERAL_RULES = (
    "What starts it here takes more than this rule, which cannot be taken over by itself."
)
EFFECTS = Effects(
    pause="Events and objects that come while a trigger is paused are recorded all the same: "
    "replay their time to make up for them. What a schedule misses is not made up for.",
    stop="A training job that is stopped keeps what it has written until then; it cannot go on.",
    run_now="The request is put on the bus, where the handler answers it as any other event.",
    from_failure=FROM_FAILURE,
)


class EventSourcedTraining(AwsBlueprint):
    kind = "aws_event_sourced_training"
    label = "Event-sourced training"
    summary = (
        "Train models on events: every step is an event on a bus of its own, kept in an archive, "
        "listed in order, and replayed when asked for."
    )
    Settings: type[BaseModel] = TrainingSettings
    trigger_kinds = frozenset({TriggerKind.SCHEDULE, TriggerKind.OBJECT_CREATED, TriggerKind.EVENT})
    effects = EFFECTS
    event_sourced = True
    has_instances = True
    permissions = PERMISSIONS
    finders = FINDERS
    helpers = names.HELPERS

    def example(self) -> dict[str, Any]:
        return example()

    def prepare(self, spec: StackSpec, now: datetime) -> StackSpec:
        return triggers.prepare(spec, now)

    def before_change(
        self,
        session: Session,
        spec: StackSpec,
        operation: Operation,
        planned: Planned,
        tell: Tell,
    ) -> None:
        if operation is Operation.DESTROY:
            clear(session, spec, tell)

    def trigger_states(self, session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
        return triggers.states(session, spec)

    def pause(self, session: Session, spec: StackSpec, key: str) -> None:
        triggers.switch(session, spec, key, enabled=False)

    def resume(self, session: Session, spec: StackSpec, key: str) -> None:
        triggers.switch(session, spec, key, enabled=True)

    def accept(self, spec: StackSpec, difference: Difference, now: datetime) -> Acceptance | str:
        """An event's trigger is one rule; an object's has a way onto the bus besides."""
        triggers = spec.events if difference.path != "state" else (*spec.objects, *spec.events)
        rules = {f"{each.key}-on-bus" for each in triggers}
        if difference.kind == RULE and difference.name not in rules:
            return SEVERAL_RULES
        return super().accept(spec, difference, now)

    def reader(self, session: Session, spec: StackSpec) -> Reader:
        return Reader(session, spec)

    def controls(self, session: Session, spec: StackSpec) -> Controls:
        return Controls(session, spec)

    def emit(self, session: Session, spec: StackSpec, sample: Sample) -> str:
        if isinstance(sample, EventSample):
            return put_event(session, names.bus(spec.slug), sample)
        return put_object(session, data_bucket(spec.slug, spec.account), sample)

    def instances(self, session: Session, spec: StackSpec) -> tuple[Instance, ...]:
        return instances.instances(session, spec)

    def switch_instance(
        self, session: Session, spec: StackSpec, name: str, *, running: bool
    ) -> None:
        instances.switch(session, spec, name, running=running)

    def event_log(self, session: Session, spec: StackSpec) -> EventLog:
        return EventLog(session, spec)


BLUEPRINT: Blueprint = EventSourcedTraining()
