"""The Blueprint of a state machine that trains models, and what starts it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from provisioning.blueprints.aws_common import samples
from provisioning.blueprints.aws_common.accepting import pasted
from provisioning.blueprints.aws_common.blueprint import AwsBlueprint
from provisioning.blueprints.aws_common.buckets import require_removable
from provisioning.blueprints.aws_common.drift import STATE_MACHINE
from provisioning.blueprints.base import Blueprint, Effects, Planned, Tell
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Acceptance,
    Difference,
    Operation,
    Sample,
    StackSpec,
    TriggerKind,
    TriggerProof,
)
from provisioning.errors import Problem

from . import consistency, names, triggers
from .controls import Controls
from .example import example
from .orphans import FINDERS
from .permissions import PERMISSIONS
from .reader import Reader
from .settings import Settings as MachineSettings
from .stopping import stop_all

EFFECTS = Effects(
    pause="What a paused trigger misses is not made up for when it is resumed.",
    stop="The job that runs is stopped too. Within 14 days a stopped run can go on from there.",
)


class StepFunctionsTraining(AwsBlueprint):
    kind = "aws_stepfunctions_training"
    label = "Step Functions training"
    summary = (
        "Train models with a state machine of AWS Step Functions that runs SageMaker jobs and "
        "functions, waits for them and tries again: on schedules, when objects arrive, on events."
    )
    Settings: type[BaseModel] = MachineSettings
    trigger_kinds = frozenset({TriggerKind.SCHEDULE, TriggerKind.OBJECT_CREATED, TriggerKind.EVENT})
    effects = EFFECTS
    permissions = PERMISSIONS
    finders = FINDERS
    helpers = (names.FAILURES,)

    def example(self) -> dict[str, Any]:
        return example()

    def settings_problems(self, settings: MachineSettings) -> list[Problem]:
        return consistency.problems(settings)

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
        """A machine that is deleted ends its runs at their next step, jobs go on: so a destroy
        stops them first."""
        form = MachineSettings.model_validate
        require_removable(session, spec, operation, lambda: form(spec.settings).data_bucket)
        if operation is Operation.DESTROY:
            stop_all(session, spec)

    def trigger_states(self, session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
        return triggers.states(session, spec)

    def pause(self, session: Session, spec: StackSpec, key: str) -> None:
        triggers.switch(session, spec, key, enabled=False)

    def resume(self, session: Session, spec: StackSpec, key: str) -> None:
        triggers.switch(session, spec, key, enabled=True)

    def accept(self, spec: StackSpec, difference: Difference, now: datetime) -> Acceptance | str:
        if (difference.kind, difference.path) != (STATE_MACHINE, "definition"):
            return super().accept(spec, difference, now)
        is_pasted = spec.settings.get("machine", {}).get("kind") == "definition"
        return pasted(difference.found, setting="machine.definition", is_pasted=is_pasted)

    def reader(self, session: Session, spec: StackSpec) -> Reader:
        return Reader(session, spec)

    def controls(self, session: Session, spec: StackSpec) -> Controls:
        return Controls(session, spec)

    def emit(self, session: Session, spec: StackSpec, sample: Sample) -> str:
        bus = MachineSettings.model_validate(spec.settings).starts.event_bus
        return samples.put(session, spec, sample, bus=bus)


BLUEPRINT: Blueprint = StepFunctionsTraining()
