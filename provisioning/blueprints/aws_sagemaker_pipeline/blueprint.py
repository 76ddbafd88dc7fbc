"""The Blueprint of a SageMaker pipeline and what starts it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from provisioning.blueprints.aws_common import samples
from provisioning.blueprints.aws_common.accepting import pasted
from provisioning.blueprints.aws_common.blueprint import AwsBlueprint
from provisioning.blueprints.aws_common.buckets import require_removable
from provisioning.blueprints.aws_common.drift import PIPELINE
from provisioning.blueprints.aws_common.parameters import unknown
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

from . import consistency, triggers
from .controls import Controls, parameters
from .definition import check_definition
from .example import example
from .orphans import FINDERS
from .permissions import PERMISSIONS
from .reader import Reader
from .settings import Settings as PipelineSettings
from .stopping import stop_all

EFFECTS = Effects(
    pause="What a paused trigger misses is not made up for when it is resumed.",
    stop="The step that runs is stopped too; what it has written until then stays.",
)


class SageMakerPipeline(AwsBlueprint):
    kind = "aws_sagemaker_pipeline"
    label = "SageMaker pipeline"
    summary = (
        "Process data, train and register a model with Amazon SageMaker: on schedules, when "
        "objects arrive, and on events."
    )
    Settings: type[BaseModel] = PipelineSettings
    trigger_kinds = frozenset({TriggerKind.SCHEDULE, TriggerKind.OBJECT_CREATED, TriggerKind.EVENT})
    effects = EFFECTS
    permissions = PERMISSIONS
    finders = FINDERS

    def example(self) -> dict[str, Any]:
        return example()

    def settings_problems(self, settings: PipelineSettings) -> list[Problem]:
        pasted = settings.source == "definition"
        found = check_definition(settings.definition) if pasted else consistency.problems(settings)
        if found:
            return found
        return list(unknown(settings.starts, {each.name for each in parameters(settings)}))

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
        """SageMaker deletes no pipeline that runs, so a destroy stops its runs first."""
        form = PipelineSettings.model_validate
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
        if difference.kind != PIPELINE or not difference.path.startswith("pipelineDefinition"):
            return super().accept(spec, difference, now)
        found = difference.found
        text = found.get("pipelineDefinitionBody") if isinstance(found, dict) else found
        is_pasted = spec.settings.get("source") == "definition"
        return pasted(text, setting="definition", is_pasted=is_pasted)

    def reader(self, session: Session, spec: StackSpec) -> Reader:
        return Reader(session, spec)

    def controls(self, session: Session, spec: StackSpec) -> Controls:
        return Controls(session, spec)

    def emit(self, session: Session, spec: StackSpec, sample: Sample) -> str:
        bus = PipelineSettings.model_validate(spec.settings).starts.event_bus
        return samples.put(session, spec, sample, bus=bus)


BLUEPRINT: Blueprint = SageMakerPipeline()
