"""The Blueprint of a Google data pipeline: a Dataflow template, run on a schedule or by events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from provisioning.blueprints.base import Blueprint, Effects, NativeSchedule
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Claims,
    ScheduleSpec,
    StackSpec,
    TriggerKind,
    TriggerProof,
)
from provisioning.errors import Problem

from ..google_common.blueprint import GoogleBlueprint
from ..google_common.names import Place, own, trigger_id
from . import console, names, schedule, triggers
from .controls import FROM_FAILURE, Controls
from .definition import problems
from .example import example
from .orphans import FINDERS
from .permissions import PERMISSIONS
from .reader import Reader
from .settings import Settings as PipelineSettings


class DataPipeline(GoogleBlueprint):
    kind = "google_data_pipeline"
    label = "Google data pipeline"
    summary = "Run a Dataflow template on a schedule, when an object lands, or on an event."
    Settings: type[BaseModel] = PipelineSettings
    trigger_kinds = frozenset({TriggerKind.SCHEDULE, TriggerKind.OBJECT_CREATED, TriggerKind.EVENT})
    effects = Effects(
        pause="Google has no pause for a data pipeline: an update takes its schedule away, and "
        "resuming puts it back. What arrives for a paused trigger by object or event is looked at "
        "and dropped.",
        stop="Stopping cancels the Dataflow job, for good: what it had not finished is lost. The "
        "pipeline itself stays.",
        run_now="Google runs the pipeline with the parameters that it was deployed with, and takes "
        "no others. A run by an event is not given the object or the message: let the template "
        "read what is new in the bucket.",
        from_failure=FROM_FAILURE,
    )
    permissions = PERMISSIONS
    finders = FINDERS
    verifies_with: Mapping[TriggerKind, tuple[str, ...]] = {
        TriggerKind.SCHEDULE: ("datapipelines",),
        TriggerKind.OBJECT_CREATED: ("eventarc", "workflows"),
        TriggerKind.EVENT: ("eventarc", "workflows"),
    }

    def example(self) -> dict[str, Any]:
        return example()

    def settings_problems(self, settings: PipelineSettings) -> list[Problem]:
        return problems(settings)

    def native_schedule(self, trigger: ScheduleSpec) -> NativeSchedule:
        return schedule.native_schedule(trigger)

    def prepare(self, spec: StackSpec, now: datetime) -> StackSpec:
        return triggers.prepare(spec)

    def trigger_states(self, session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
        return triggers.states(session, spec)

    def pause(self, session: Session, spec: StackSpec, key: str) -> None:
        triggers.switch(session, spec, key, paused=True)

    def resume(self, session: Session, spec: StackSpec, key: str) -> None:
        triggers.switch(session, spec, key, paused=False)

    def claims(self, spec: StackSpec) -> Claims:
        place, keys = Place(spec.region, spec.account), [each.key for each in spec.triggers]
        workflows = (names.workflow(spec.slug, key, place) for key in keys)
        return Claims(
            # The pipeline itself, whatever schedule it has: a removal would take it along.
            names=frozenset((own(spec.slug), *(trigger_id(spec.slug, key) for key in keys))),
            targets=frozenset((names.pipeline(spec.slug, place), *workflows)),
        )

    def reader(self, session: Session, spec: StackSpec) -> Reader:
        return Reader(session, spec)

    def controls(self, session: Session, spec: StackSpec) -> Controls:
        return Controls(session, spec)

    def console_url(self, spec: StackSpec, cloud_id: str) -> str | None:
        return console.url(cloud_id)


BLUEPRINT: Blueprint = DataPipeline()
