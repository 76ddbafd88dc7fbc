"""The Blueprint of a Data Factory pipeline with triggers of every kind that Azure has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from provisioning.blueprints.base import Blueprint, Effects, NativeSchedule, Planned, Tell
from provisioning.blueprints.common.drift import Whole
from provisioning.blueprints.defaults import Defaults
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Acceptance,
    Claims,
    Cloud,
    Diagnosis,
    Difference,
    Drift,
    MissedCause,
    Operation,
    Sample,
    ScheduleSpec,
    StackSpec,
    TriggerKind,
    TriggerProof,
)
from provisioning.errors import InvalidInput, Problem

from . import (
    accepting,
    causes,
    consistency,
    console,
    drift,
    emitting,
    hints,
    lifecycle,
    names,
    orphans,
    triggers,
    troubles,
)
from .controls import Controls, declared
from .definition import check_definition
from .example import example
from .pasted import fillings
from .permissions import PERMISSIONS
from .reader import Reader
from .references import fillable
from .settings import Settings as FactorySettings


class DataFactoryPipeline(Defaults):
    kind = "azure_data_factory"
    label = "Data Factory pipeline"
    summary = (
        "Copy data, call services and run notebooks with Azure Data Factory: on a schedule, window "
        "by window, when a file lands or when an event is published."
    )
    cloud = Cloud.AZURE
    Settings: type[BaseModel] = FactorySettings
    trigger_kinds = frozenset(
        {
            TriggerKind.SCHEDULE,
            TriggerKind.TUMBLING_WINDOW,
            TriggerKind.OBJECT_CREATED,
            TriggerKind.EVENT,
        }
    )
    effects = Effects(
        pause="Times, files and events that pass while a trigger is paused are not made up for; "
        "windows are. Pausing one that waits for files or events ends its subscription: that takes "
        "Event Grid some seconds.",
        stop="Activities that run are cancelled, and so are pipelines that they started. A job "
        "that was begun elsewhere, such as a notebook's, may take a while to hear of it.",
        run_now="Data Factory cannot tell a repeated request by itself: its run is looked for "
        "before one is started.",
    )
    permissions = PERMISSIONS
    wholes: Sequence[Whole] = drift.WHOLES
    verifies_with: Mapping[TriggerKind, tuple[str, ...]] = dict.fromkeys(
        trigger_kinds, ("datafactory",)
    )

    def example(self) -> dict[str, Any]:
        return example()

    def settings_problems(self, settings: FactorySettings) -> list[Problem]:
        if settings.source == "activities":
            return consistency.problems(settings)
        return check_definition(settings.definition) or consistency.filled_problems(settings)

    def native_schedule(self, trigger: ScheduleSpec) -> NativeSchedule:
        return triggers.native_schedule(trigger)

    def prepare(self, spec: StackSpec, now: datetime) -> StackSpec:
        if problems := list(_without_value(spec)):
            raise InvalidInput(problems)
        return triggers.prepare(spec)

    def before_change(
        self,
        session: Session,
        spec: StackSpec,
        operation: Operation,
        planned: Planned,
        tell: Tell,
    ) -> tuple[str, ...]:
        return lifecycle.stop_before(session, spec, operation, planned, tell)

    def after_change(
        self,
        session: Session,
        spec: StackSpec,
        operation: Operation,
        undo: tuple[str, ...],
        *,
        failed: bool,
        tell: Tell,
    ) -> None:
        if operation is Operation.DESTROY:
            if failed and undo:
                tell("What is left stays stopped. Destroy again, or deploy to bring it back.")
        elif failed:
            lifecycle.start_again(session, spec, undo, tell)
        else:
            lifecycle.start_after(session, spec, tell)

    def trigger_states(self, session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
        return triggers.states(session, spec)

    def explain_missed(
        self, session: Session, spec: StackSpec, key: str, dues: Sequence[datetime]
    ) -> Mapping[datetime, MissedCause]:
        return causes.of_missed(session, spec, key, dues)

    def find(
        self, session: Session, spec: StackSpec, kind: str, inputs: Mapping[str, Any]
    ) -> str | None:
        return orphans.find(session, spec, kind, inputs)

    def pause(self, session: Session, spec: StackSpec, key: str) -> None:
        triggers.switch(session, spec, key, running=False)

    def resume(self, session: Session, spec: StackSpec, key: str) -> None:
        triggers.switch(session, spec, key, running=True)

    def reader(self, session: Session, spec: StackSpec) -> Reader:
        return Reader(session, spec)

    def controls(self, session: Session, spec: StackSpec) -> Controls:
        return Controls(session, spec)

    def console_url(self, spec: StackSpec, cloud_id: str) -> str | None:
        return console.url(spec.slug, spec.account, cloud_id)

    def likely_fix(self, error_code: str, message: str) -> str | None:
        return hints.likely_fix(error_code, message)

    def diagnose(self, spec: StackSpec, code: str, message: str, *, said: str = "") -> Diagnosis:
        hint = self.likely_fix(code, message)
        return troubles.diagnose(spec, self.permissions, code, message, said or message, hint)

    def emit(self, session: Session, spec: StackSpec, sample: Sample) -> str:
        return emitting.emit(session, spec, sample)

    def explain(self, difference: Difference) -> Drift:
        return drift.explain(difference) or super().explain(difference)

    def intended(self, spec: StackSpec, difference: Difference) -> bool:
        return accepting.intended(spec, difference)

    def accept(self, spec: StackSpec, difference: Difference, now: datetime) -> Acceptance | str:
        return accepting.accept(spec, difference, lambda changed: self.prepare(changed, now))

    def logical_date_parameter(self, spec: StackSpec) -> str:
        settings = FactorySettings.model_validate(spec.settings)
        return fillings(settings).get("ScheduledTime", "")

    def claims(self, spec: StackSpec) -> Claims:
        keys = [each.key for each in spec.triggers]
        started = f"{names.factory_id(spec.slug, spec.account)}/pipelines/"
        return Claims(
            names=frozenset(names.claimed(spec.slug, spec.account, keys)),
            targets=frozenset({f"{started}{names.pipeline(spec.slug)}".lower()}),
        )


def _without_value(spec: StackSpec) -> Iterator[Problem]:
    """A trigger cannot ask anybody for a value."""
    settings = FactorySettings.model_validate(spec.settings)
    filled, pasted = fillings(settings), settings.source == "definition"
    for trigger in spec.triggers:
        given = {filled[each] for each in fillable(trigger) if each in filled}
        for position, (name, parameter) in enumerate(declared(settings).items()):
            if "defaultValue" in parameter or name in given:
                continue
            field = "settings.definition" if pasted else f"settings.parameters.{position}.default"
            message = (
                f"Parameter '{name}' needs a default: runs that trigger {trigger.key} starts are "
                "given no value for it."
            )
            yield Problem(field, message, "required")


BLUEPRINT: Blueprint = DataFactoryPipeline()
