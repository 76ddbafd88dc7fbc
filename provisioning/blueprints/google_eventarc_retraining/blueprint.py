"""The Blueprint of retraining by events on Google Cloud: Eventarc, Cloud Run, Vertex AI."""

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
from provisioning.errors import NotPossible

from ..google_common.blueprint import GoogleBlueprint
from ..google_common.names import trigger_id
from . import console, names, triggers
from .controls import FROM_FAILURE, Controls
from .example import example
from .permissions import PERMISSIONS
from .reader import Reader
from .settings import Settings as RetrainingSettings


class EventarcRetraining(GoogleBlueprint):
    kind = "google_eventarc_retraining"
    label = "Retraining on Google Cloud"
    summary = "Train a model on Vertex AI when an object lands in the bucket, or on an event."
    Settings: type[BaseModel] = RetrainingSettings
    trigger_kinds = frozenset({TriggerKind.OBJECT_CREATED, TriggerKind.EVENT})
    effects = Effects(
        pause="Eventarc has no pause: the retraining service gets a new revision that drops what "
        "arrives for the trigger. What arrives meanwhile is not kept.",
        stop="Stopping cancels the training job, for good.",
        run_now="Starts the training job itself, with the object that you name; the retraining "
        "service is not asked.",
        from_failure=FROM_FAILURE,
    )
    permissions = PERMISSIONS
    verifies_with: Mapping[TriggerKind, tuple[str, ...]] = dict.fromkeys(
        trigger_kinds, ("run", "eventarc")
    )

    def example(self) -> dict[str, Any]:
        return example()

    def native_schedule(self, trigger: ScheduleSpec) -> NativeSchedule:
        raise NotPossible("Retraining by events has no schedule.")

    def prepare(self, spec: StackSpec, now: datetime) -> StackSpec:
        return triggers.prepare(spec)

    def trigger_states(self, session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
        return triggers.states(session, spec)

    def pause(self, session: Session, spec: StackSpec, key: str) -> None:
        triggers.switch(session, spec, key, paused=True)

    def resume(self, session: Session, spec: StackSpec, key: str) -> None:
        triggers.switch(session, spec, key, paused=False)

    def claims(self, spec: StackSpec) -> Claims:
        carriers = ((names.OBJECTS, spec.objects), (names.MESSAGES, spec.events))
        return Claims(
            names=frozenset(trigger_id(spec.slug, what) for what, found in carriers if found),
            targets=frozenset({names.service(spec.slug)}),
        )

    def reader(self, session: Session, spec: StackSpec) -> Reader:
        return Reader(session, spec)

    def controls(self, session: Session, spec: StackSpec) -> Controls:
        return Controls(session, spec)

    def console_url(self, spec: StackSpec, cloud_id: str) -> str | None:
        return console.url(cloud_id, spec.account)


BLUEPRINT: Blueprint = EventarcRetraining()
