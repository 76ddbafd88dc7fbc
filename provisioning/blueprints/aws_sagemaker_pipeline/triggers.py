"""What starts a SageMaker pipeline: proved, paused and resumed."""

from __future__ import annotations

from provisioning.blueprints.aws_common import schedules
from provisioning.blueprints.aws_common.blueprint import trigger_with
from provisioning.clouds.session import Session
from provisioning.contracts import ScheduleSpec, StackSpec, TriggerProof

from . import names


def states(session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
    now = session.now()
    arn = names.pipeline_arn(spec.slug, spec.region, spec.account)
    return tuple(
        schedules.proof(session, spec, trigger, target_arn=arn, now=now)
        for trigger in spec.schedules
    )


def switch(session: Session, spec: StackSpec, key: str, *, state: str) -> None:
    trigger = trigger_with(spec, key)
    assert isinstance(trigger, ScheduleSpec)
    schedules.switch(session, spec, trigger, state=state)
