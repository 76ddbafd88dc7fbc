"""All triggers of a data pipeline: checked, read back, paused and resumed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from provisioning.clouds.session import Session
from provisioning.contracts import (
    EventSpec,
    ObjectCreatedSpec,
    ScheduleSpec,
    StackSpec,
    TriggerProof,
    TriggerState,
)
from provisioning.errors import InvalidInput, NotPossible, Problem

from ..common.triggers import trigger_with
from ..google_common import eventarc
from ..google_common.blueprint import event_problems
from ..google_common.calls import found
from ..google_common.names import Place, trigger_id
from ..google_common.operations import wait
from . import names, schedule, starting

ONE_SCHEDULE = (
    "A Google data pipeline has one schedule. Say both in one cron expression, or make a second "
    "pipeline."
)


def prepare(spec: StackSpec) -> StackSpec:
    problems = [*_schedule_problems(spec), *event_problems(spec.triggers)]
    if problems:
        raise InvalidInput(problems)
    natives = {each.key: schedule.natives(each) for each in spec.schedules}
    return spec.model_copy(update={"natives": natives})


def _schedule_problems(spec: StackSpec) -> Iterator[Problem]:
    count = 0
    for position, trigger in enumerate(spec.triggers):
        if not isinstance(trigger, ScheduleSpec):
            continue
        count += 1
        field = f"triggers.{position}"
        if count > 1:
            yield Problem(f"{field}.cron", ONE_SCHEDULE, "one-schedule")
            continue
        try:
            schedule.translated(trigger)
        except InvalidInput as error:
            for each in error.problems:
                yield Problem(f"{field}.{each.field}", each.message, each.code)


# ── Reading back ────────────────────────────────────────────────────────────────────


def states(session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
    pipeline = schedule.read(session, spec)
    return tuple(
        schedule.proof(session, spec, each, pipeline)
        if isinstance(each, ScheduleSpec)
        else _event_proof(session, spec, each)
        for each in spec.triggers
        if isinstance(each, ScheduleSpec | ObjectCreatedSpec | EventSpec)
    )


def _event_proof(
    session: Session, spec: StackSpec, trigger: ObjectCreatedSpec | EventSpec
) -> TriggerProof:
    place = Place(spec.region, spec.account)
    carrier = eventarc.read(session, place, spec.slug, trigger.key)
    workflow = _workflow(session, spec, trigger.key)
    state, message = _state(spec, trigger, carrier, workflow)
    return TriggerProof(
        key=trigger.key,
        state=state,
        native=(eventarc.native(carrier),) if carrier else (),
        verified_at=datetime.now(UTC),
        message=message,
    )


def _state(
    spec: StackSpec,
    trigger: ObjectCreatedSpec | EventSpec,
    carrier: dict[str, Any] | None,
    workflow: dict[str, Any] | None,
) -> tuple[TriggerState, str]:
    name = trigger_id(spec.slug, trigger.key)
    if carrier is None:
        return TriggerState.MISSING, f"Google has no Eventarc trigger {name}."
    if workflow is None:
        return TriggerState.MISSING, f"Google has no workflow {name}."
    place = Place(spec.region, spec.account)
    destination = {"workflow": names.workflow(spec.slug, trigger.key, place)}
    wanted = eventarc.wanted(spec, trigger, destination)
    for problem in eventarc.problems(carrier, wanted, spec.slug, trigger.key):
        return TriggerState.UNKNOWN, problem
    if workflow.get("state") != "ACTIVE":
        return TriggerState.UNKNOWN, f"Google says of workflow {name}: {workflow.get('state')}."
    if is_paused(workflow):
        return TriggerState.PAUSED, ""
    if workflow.get("sourceContents") != source(spec, trigger):
        message = f"Workflow {name} is another than this version's. Deploy it, or refresh."
        return TriggerState.ACTIVE, message
    return TriggerState.ACTIVE, ""


def source(spec: StackSpec, trigger: ObjectCreatedSpec | EventSpec) -> str:
    place = Place(spec.region, spec.account)
    if isinstance(trigger, ObjectCreatedSpec):
        return starting.on_object(trigger, spec.slug, place)
    return starting.on_message(trigger, spec.slug, place)


def is_paused(workflow: dict[str, Any]) -> bool:
    return str(workflow.get("userEnvVars", {}).get(starting.PAUSED)) == "true"


def _workflow(session: Session, spec: StackSpec, key: str) -> dict[str, Any] | None:
    name = names.workflow(spec.slug, key, Place(spec.region, spec.account))
    workflows = session.client("workflows").projects().locations().workflows()
    return found(workflows.get(name=name), "read the workflow")


# ── Pausing ─────────────────────────────────────────────────────────────────────────


def switch(session: Session, spec: StackSpec, key: str, *, paused: bool) -> None:
    trigger = trigger_with(spec, key)
    if isinstance(trigger, ScheduleSpec):
        schedule.switch(session, spec, trigger, paused=paused)
        return
    workflow = _workflow(session, spec, key)
    if workflow is None:
        raise NotPossible("Google has no workflow of this trigger. Deploy the pipeline first.")
    if is_paused(workflow) == paused:
        return
    variables = {**workflow.get("userEnvVars", {}), starting.PAUSED: "true" if paused else "false"}
    workflows = session.client("workflows").projects().locations().workflows()
    call = workflows.patch(
        name=workflow["name"], updateMask="userEnvVars", body={"userEnvVars": variables}
    )
    wait(session, "workflows", call, "pause the trigger" if paused else "resume the trigger")
