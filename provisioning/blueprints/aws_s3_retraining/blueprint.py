"""The Blueprint of a retraining: objects that land in a bucket start training jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from provisioning.blueprints.aws_common.blueprint import AwsBlueprint
from provisioning.blueprints.aws_common.samples import put_object
from provisioning.blueprints.base import Blueprint, Effects, Planned, Tell
from provisioning.clouds.session import Session
from provisioning.contracts import (
    ObjectSample,
    Operation,
    Sample,
    StackSpec,
    TriggerKind,
    TriggerProof,
)
from provisioning.errors import NotPossible

from . import hints, names, triggers
from .controls import FROM_FAILURE, Controls
from .ending import clear
from .example import example
from .permissions import PERMISSIONS
from .reader import Reader
from .settings import Settings as RetrainingSettings

EFFECTS = Effects(
    pause="S3 cannot pause a notification: its rule is taken out of the bucket, and put back. "
    "Objects that land meanwhile start nothing, also later.",
    stop="A training job that is stopped keeps what it has written until then; it cannot go on.",
    run_now="The function starts the job, as it does for an object that lands.",
    from_failure=FROM_FAILURE,
)


class S3Retraining(AwsBlueprint):
    kind = "aws_s3_retraining"
    label = "Retraining on new data"
    summary = (
        "Train a model whenever data land in a bucket: S3 calls a Lambda function, which starts "
        "a SageMaker training job for each object."
    )
    Settings: type[BaseModel] = RetrainingSettings
    trigger_kinds = frozenset({TriggerKind.OBJECT_CREATED, TriggerKind.SCHEDULE})
    effects = EFFECTS
    permissions = PERMISSIONS

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
        triggers.switch(session, spec, key, on=False)

    def resume(self, session: Session, spec: StackSpec, key: str) -> None:
        triggers.switch(session, spec, key, on=True)

    def reader(self, session: Session, spec: StackSpec) -> Reader:
        return Reader(session, spec)

    def controls(self, session: Session, spec: StackSpec) -> Controls:
        return Controls(session, spec)

    def likely_fix(self, error_code: str, message: str) -> str | None:
        return hints.likely_fix(error_code, message)

    def emit(self, session: Session, spec: StackSpec, sample: Sample) -> str:
        if not isinstance(sample, ObjectSample):
            raise NotPossible(
                "This pipeline has no event bus: objects in its bucket start runs. Put one there."
            )
        return put_object(session, names.data_bucket(spec.slug, spec.account), sample)


BLUEPRINT: Blueprint = S3Retraining()
