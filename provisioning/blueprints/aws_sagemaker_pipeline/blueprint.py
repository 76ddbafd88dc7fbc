"""The Blueprint of a SageMaker pipeline on schedules of EventBridge Scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from provisioning.blueprints.aws_common import schedules
from provisioning.blueprints.aws_common.blueprint import AwsBlueprint
from provisioning.blueprints.base import Blueprint, Planned, Tell
from provisioning.blueprints.problems import problems_of
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Found,
    Operation,
    StackSpec,
    TriggerKind,
    TriggerProof,
)
from provisioning.errors import InvalidInput, Problem

from . import consistency, console, triggers
from .controls import Controls, parameters
from .definition import check_definition
from .discovery import discover
from .example import example
from .orphans import FINDERS
from .permissions import PERMISSIONS
from .reader import Reader
from .settings import Settings as PipelineSettings
from .stopping import stop_all


class SageMakerPipeline(AwsBlueprint):
    kind = "aws_sagemaker_pipeline"
    label = "SageMaker pipeline"
    summary = "Process data, train and register a model with Amazon SageMaker, on a schedule."
    Settings: type[BaseModel] = PipelineSettings
    trigger_kinds = frozenset({TriggerKind.SCHEDULE})
    permissions = PERMISSIONS
    finders = FINDERS

    def example(self) -> dict[str, Any]:
        return example()

    def validate(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        try:
            checked = PipelineSettings.model_validate(dict(settings))
        except ValidationError as error:
            raise InvalidInput(problems_of(error, settings)) from error
        if problems := self._problems(checked):
            raise InvalidInput(problems)
        return checked.model_dump(mode="json")

    def _problems(self, settings: PipelineSettings) -> list[Problem]:
        if settings.source == "definition":
            return check_definition(settings.definition)
        return consistency.problems(settings)

    def prepare(self, spec: StackSpec, now: datetime) -> StackSpec:
        if spec.schedules:
            self._require_defaults(spec)
        return schedules.prepare(spec, now)

    def _require_defaults(self, spec: StackSpec) -> None:
        """A schedule cannot ask anybody for a value."""
        settings = PipelineSettings.model_validate(spec.settings)
        pasted = settings.source == "definition"
        if problems := [
            Problem(
                "settings.definition" if pasted else f"settings.parameters.{position}.default",
                f"Parameter '{each.name}' needs a default: scheduled runs are given no values.",
                "required",
            )
            for position, each in enumerate(parameters(settings))
            if each.default is None
        ]:
            raise InvalidInput(problems)

    def program_module(self) -> str:
        return "provisioning.blueprints.aws_sagemaker_pipeline.program"

    def before_change(
        self,
        session: Session,
        spec: StackSpec,
        operation: Operation,
        planned: Planned,
        tell: Tell,
    ) -> None:
        """SageMaker deletes no pipeline that runs, so a destroy stops its runs first."""
        if operation is Operation.DESTROY:
            stop_all(session, spec)

    def trigger_states(self, session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
        return triggers.states(session, spec)

    def pause(self, session: Session, spec: StackSpec, key: str) -> None:
        triggers.switch(session, spec, key, state=schedules.DISABLED)

    def resume(self, session: Session, spec: StackSpec, key: str) -> None:
        triggers.switch(session, spec, key, state=schedules.ENABLED)

    def discover(self, session: Session) -> tuple[Found, ...]:
        return discover(session)

    def reader(self, session: Session, spec: StackSpec) -> Reader:
        return Reader(session, spec)

    def controls(self, session: Session, spec: StackSpec) -> Controls:
        return Controls(session, spec)

    def console_url(self, spec: StackSpec, cloud_id: str) -> str | None:
        return console.url(spec.region, cloud_id)


BLUEPRINT: Blueprint = SageMakerPipeline()
