"""What starts a training: objects that land in the bucket, and schedules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import combinations

from provisioning.blueprints.aws_common import schedules
from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.common.triggers import trigger_with
from provisioning.clouds.session import Session
from provisioning.contracts import (
    ObjectCreatedSpec,
    ScheduleSpec,
    StackSpec,
    TriggerProof,
    TriggerSpec,
    TriggerState,
)
from provisioning.errors import InvalidInput, NotPossible, Problem

from . import names, notification, wiring
from .assets.retraining.wording import MODELS
from .settings import Settings


def prepare(spec: StackSpec, now: datetime) -> StackSpec:
    settings = Settings.model_validate(spec.settings)
    if problems := [*_too_long(spec, settings), *_misplaced(spec), *_overlapping(spec)]:
        raise InvalidInput(problems)
    prepared = schedules.prepare(spec, now)
    shown = {
        trigger.key: (notification.written(notification.wanted(spec, trigger)),)
        for trigger in spec.objects
    }
    return prepared.model_copy(update={"natives": {**prepared.natives, **shown}})


def _too_long(spec: StackSpec, settings: Settings) -> Iterator[Problem]:
    size = wiring.environment_size(wiring.environment(spec, settings))
    if size > wiring.LARGEST_ENVIRONMENT:
        yield Problem(
            "settings.training.hyperparameters",
            f"Lambda takes {wiring.LARGEST_ENVIRONMENT} characters of settings, and these are "
            f"{size}. Shorten hyperparameters and metrics.",
        )


def _misplaced(spec: StackSpec) -> Iterator[Problem]:
    for position, trigger in enumerate(spec.triggers):
        if isinstance(trigger, ObjectCreatedSpec) and trigger.prefix.startswith(MODELS):
            yield Problem(
                f"triggers.{position}.prefix",
                f"Below {MODELS} are the models that trainings write; they start nothing.",
            )


def _overlapping(spec: StackSpec) -> Iterator[Problem]:
    """S3 refuses two rules that one object could fit."""
    placed = [
        (position, trigger)
        for position, trigger in enumerate(spec.triggers)
        if isinstance(trigger, ObjectCreatedSpec)
    ]
    for (_, first), (position, second) in combinations(placed, 2):
        if _share_objects(first, second):
            yield Problem(
                f"triggers.{position}.prefix",
                f"An object could fit trigger {first.key} as well, and S3 takes no such pair. "
                "Choose another prefix or suffix.",
            )


def _share_objects(one: ObjectCreatedSpec, other: ObjectCreatedSpec) -> bool:
    prefixes = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
    suffixes = one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix)
    return prefixes and suffixes


# ── Reading back ────────────────────────────────────────────────────────────────────


def states(session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
    now, deployed = session.now(), notification.read(session, spec)
    return tuple(_proof(session, spec, trigger, deployed, now) for trigger in spec.triggers)


def _proof(
    session: Session,
    spec: StackSpec,
    trigger: TriggerSpec,
    deployed: notification.Deployed,
    now: datetime,
) -> TriggerProof:
    if isinstance(trigger, ScheduleSpec):
        arn = names.function_arn(spec.slug, Place(spec.region, spec.account))
        return schedules.proof(session, spec, trigger, target_arn=arn, now=now)
    assert isinstance(trigger, ObjectCreatedSpec)
    rule = deployed.rule(trigger.key)
    state, message = _state(spec, trigger, deployed)
    return TriggerProof(
        key=trigger.key,
        state=state,
        native=(notification.written(rule),) if rule else (),
        verified_at=datetime.now(UTC),
        message=message,
    )


def _state(
    spec: StackSpec, trigger: ObjectCreatedSpec, deployed: notification.Deployed
) -> tuple[TriggerState, str]:
    rule, expected = deployed.rule(trigger.key), notification.wanted(spec, trigger)
    if deployed.configuration is None:
        return TriggerState.MISSING, f"AWS has no bucket {deployed.bucket}."
    if deployed.function_missing:
        return TriggerState.MISSING, f"AWS has no function {names.function(spec.slug)}."
    if rule is None:  # S3 has no word for a rule that is paused
        absent = "The bucket's notification has no rule for it: it was paused, or taken out in AWS."
        return TriggerState.PAUSED, "" if trigger.paused else absent
    if rule["LambdaFunctionArn"] != expected["LambdaFunctionArn"]:
        return TriggerState.UNKNOWN, f"S3 calls something else: {rule['LambdaFunctionArn']}."
    if rule["Events"] != expected["Events"]:
        return TriggerState.UNKNOWN, f"S3 tells of other events: {', '.join(rule['Events'])}."
    if deployed.hindrance:
        return TriggerState.UNKNOWN, deployed.hindrance
    if notification.filters(rule) != (trigger.prefix, trigger.suffix):
        changed = "AWS has another filter than this version. Deploy it, or refresh to compare."
        return TriggerState.ACTIVE, changed
    return TriggerState.ACTIVE, ""


# ── Pausing ─────────────────────────────────────────────────────────────────────────


def switch(session: Session, spec: StackSpec, key: str, *, on: bool) -> None:
    trigger = trigger_with(spec, key)
    if isinstance(trigger, ScheduleSpec):
        schedules.switch(session, spec, trigger, enabled=on)
    elif isinstance(trigger, ObjectCreatedSpec):
        notification.switch(session, spec, trigger, on=on)
    else:
        raise NotPossible(f"S3 and Scheduler know no trigger of the kind '{trigger.kind}'.")
