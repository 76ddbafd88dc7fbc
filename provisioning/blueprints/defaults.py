"""What most Blueprints do alike; each says only what is its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from provisioning.blueprints.base import Effects, EventLog, Planned, Tell
from provisioning.blueprints.common import accepting
from provisioning.blueprints.common.drift import Whole, otherwise
from provisioning.blueprints.problems import problems_of
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Acceptance,
    Claims,
    Diagnosis,
    Difference,
    Drift,
    Instance,
    Level,
    MissedCause,
    Operation,
    Sample,
    StackSpec,
    TriggerKind,
)
from provisioning.errors import InvalidInput, NotPossible, Problem


class Defaults:
    kind: str
    label: str
    Settings: type[BaseModel]
    effects = Effects()
    permissions: Mapping[Level, tuple[str, ...]]
    event_sourced = False
    has_instances = False
    wholes: Sequence[Whole] = ()
    verifies_with: Mapping[TriggerKind, tuple[str, ...]] = {}

    def validate(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        try:
            checked = self.Settings.model_validate(dict(settings))
        except ValidationError as error:
            raise InvalidInput(problems_of(error, settings)) from error
        if problems := self.settings_problems(checked):
            raise InvalidInput(problems)
        return checked.model_dump(mode="json")

    def settings_problems(self, settings: Any) -> Sequence[Problem]:
        """What is wrong with fields seen together, each of which is right by itself."""
        return ()

    def program_module(self) -> str:
        return f"provisioning.blueprints.{self.kind}.program"

    def before_change(
        self,
        session: Session,
        spec: StackSpec,
        operation: Operation,
        planned: Planned,
        tell: Tell,
    ) -> Any:
        """Nothing has to be put aside."""
        return None

    def after_change(
        self,
        session: Session,
        spec: StackSpec,
        operation: Operation,
        undo: Any,
        *,
        failed: bool,
        tell: Tell,
    ) -> None:
        """Nothing was put aside."""

    def find(
        self, session: Session, spec: StackSpec, kind: str, inputs: Mapping[str, Any]
    ) -> str | None:
        return None

    def explain_missed(
        self, session: Session, spec: StackSpec, key: str, dues: Sequence[datetime]
    ) -> Mapping[datetime, MissedCause]:
        return {}

    def console_url(self, spec: StackSpec, cloud_id: str) -> str | None:
        return None

    def likely_fix(self, error_code: str, message: str) -> str | None:
        return None

    def diagnose(self, spec: StackSpec, code: str, message: str, *, said: str = "") -> Diagnosis:
        return Diagnosis(hint=self.likely_fix(code, message))

    def emit(self, session: Session, spec: StackSpec, sample: Sample) -> str:
        raise NotPossible(f"A {self.label} is started by no object and no event.")

    def explain(self, difference: Difference) -> Drift:
        where = f"{difference.kind} {difference.name}"
        if not difference.path:
            return Drift(sentence=f"{where} is not in the cloud any more.")
        return otherwise(where, difference)

    def intended(self, spec: StackSpec, difference: Difference) -> bool:
        return False

    def accept(self, spec: StackSpec, difference: Difference, now: datetime) -> Acceptance | str:
        return accepting.NO_SETTING

    def logical_date_parameter(self, spec: StackSpec) -> str:
        return ""

    def claims(self, spec: StackSpec) -> Claims:
        return Claims()

    def instances(self, session: Session, spec: StackSpec) -> tuple[Instance, ...]:
        return ()

    def switch_instance(
        self, session: Session, spec: StackSpec, name: str, *, running: bool
    ) -> None:
        raise NotPossible(f"This pipeline has no instance '{name}'.")

    def event_log(self, session: Session, spec: StackSpec) -> EventLog | None:
        return None
