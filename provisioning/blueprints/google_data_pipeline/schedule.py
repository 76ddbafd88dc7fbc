"""The one schedule that a data pipeline has: translated, read back, taken away and put back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from provisioning.blueprints.base import NativeSchedule
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import ScheduleSpec, StackSpec, TriggerProof, TriggerState
from provisioning.errors import InvalidInput, NotPossible
from provisioning.schedules.data_pipelines import to_data_pipelines
from provisioning.schedules.native import NativeSchedules
from provisioning.schedules.schedule import check_schedule
from provisioning.schedules.unix_cron import firings

from ..google_common.calls import found
from ..google_common.names import Place, own
from ..google_common.times import utc
from . import names

# What an update takes of what a read gives.
WRITABLE = ("name", "displayName", "type", "state", "workload", "schedulerServiceAccountEmail")
ACTIVE, ARCHIVED = "STATE_ACTIVE", "STATE_ARCHIVED"


def translated(trigger: ScheduleSpec) -> NativeSchedules:
    return to_data_pipelines(
        check_schedule(trigger.cron, trigger.timezone, trigger.start, trigger.end),
        accept_dst=trigger.accept_clock_changes,
    )


def native_schedule(trigger: ScheduleSpec) -> NativeSchedule:
    written = translated(trigger)
    return NativeSchedule(
        dialect=written.dialect,
        expressions=written.expressions,
        timezone=written.timezone,
        accepted=written.accepted,
    )


def natives(trigger: ScheduleSpec) -> tuple[str, ...]:
    """As people read it, and the program takes it: "0 6 * * 1-5 Europe/Berlin"."""
    written = translated(trigger)
    return tuple(f"{each} {written.timezone}" for each in written.expressions)


def read(session: Session, spec: StackSpec) -> dict[str, Any] | None:
    name = names.pipeline(spec.slug, Place(spec.region, spec.account))
    pipelines = session.client("datapipelines").projects().locations().pipelines()
    return found(pipelines.get(name=name), "read the pipeline")


def proof(
    session: Session, spec: StackSpec, trigger: ScheduleSpec, pipeline: dict[str, Any] | None
) -> TriggerProof:
    said = (pipeline or {}).get("scheduleInfo", {})
    expression, zone = said.get("schedule", ""), said.get("timeZone") or "UTC"
    state, message = _state(spec, trigger, pipeline)
    return TriggerProof(
        key=trigger.key,
        state=state,
        native=(f"{expression} {zone}",) if expression else (),
        next=_next(said, session.now()) if state is TriggerState.ACTIVE else None,
        verified_at=datetime.now(UTC),  # when we looked, on our own clock
        message=message,
    )


def _state(
    spec: StackSpec, trigger: ScheduleSpec, pipeline: dict[str, Any] | None
) -> tuple[TriggerState, str]:
    if pipeline is None:
        return TriggerState.MISSING, f"Google has no data pipeline {own(spec.slug)}."
    if pipeline.get("state") == ARCHIVED:
        return TriggerState.MISSING, "The pipeline was stopped in the cloud, which is for good."
    if pipeline.get("state") != ACTIVE:
        return TriggerState.UNKNOWN, f"Google says of the pipeline: {pipeline.get('state')}."
    said = pipeline.get("scheduleInfo", {})
    if not said.get("schedule"):
        return TriggerState.PAUSED, ""
    wanted = Place(spec.region, spec.account).account(spec.slug, names.SCHEDULER)
    account = pipeline.get("schedulerServiceAccountEmail")
    if account != wanted:
        return TriggerState.UNKNOWN, f"The schedule starts runs as another account: {account}."
    if (f"{said['schedule']} {said.get('timeZone') or 'UTC'}",) != natives(trigger):
        message = "Google has another schedule than this version. Deploy it, or refresh to compare."
        return TriggerState.ACTIVE, message
    return TriggerState.ACTIVE, ""


def _next(said: dict[str, str], now: datetime) -> datetime | None:
    """By Google's own rules, from what was read back; what leaves them open, Google tells."""
    told = utc(said.get("nextJobTime"))
    try:
        coming = next(firings(said["schedule"], said.get("timeZone") or "UTC", after=now), None)
    except InvalidInput:
        coming = None
    return coming or (told if told and told > now else None)


# ── Pausing ─────────────────────────────────────────────────────────────────────────


def switch(session: Session, spec: StackSpec, trigger: ScheduleSpec, *, paused: bool) -> None:
    pipeline = read(session, spec)
    if pipeline is None:
        raise NotPossible("Google has no such data pipeline. Deploy the pipeline first.")
    if paused != bool(pipeline.get("scheduleInfo", {}).get("schedule")):
        return
    body = {name: pipeline[name] for name in WRITABLE if name in pipeline}
    if not paused:
        written = translated(trigger)
        (expression,) = written.expressions
        body["scheduleInfo"] = {"schedule": expression, "timeZone": written.timezone}
    pipelines = session.client("datapipelines").projects().locations().pipelines()
    with cloud_errors("pause the schedule" if paused else "resume the schedule"):
        pipelines.patch(name=pipeline["name"], updateMask="scheduleInfo", body=body).execute()
