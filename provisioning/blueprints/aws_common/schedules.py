"""Schedule triggers in EventBridge Scheduler: translated, read back, paused and resumed.

Whatever a schedule starts, its proof is the same: it is there, it starts `target_arn`, and it
does so as the role that tells the trigger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.blueprints.base import NativeSchedule
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import ScheduleSpec, StackSpec, TriggerProof, TriggerSpec, TriggerState
from provisioning.errors import InvalidInput, NotFound, NotPossible, Problem
from provisioning.schedules.eventbridge import firings
from provisioning.schedules.native import NativeSchedules
from provisioning.schedules.schedule import check_schedule
from provisioning.schedules.scheduler import to_eventbridge_scheduler

from . import names

# What UpdateSchedule takes of what GetSchedule gives; it replaces the whole schedule.
WRITABLE = (
    "Name",
    "GroupName",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "EndDate",
    "Description",
    "State",
    "KmsKeyArn",
    "Target",
    "FlexibleTimeWindow",
    "ActionAfterCompletion",
)
ENABLED, DISABLED = "ENABLED", "DISABLED"
# "The StartDate you specify cannot be earlier than 5 minutes ago."
PAST = timedelta(minutes=4)
MOST_NATIVES = 20  # schedules that one trigger may need, and more


def translated(trigger: ScheduleSpec) -> NativeSchedules:
    schedule = check_schedule(trigger.cron, trigger.timezone, trigger.start, trigger.end)
    return to_eventbridge_scheduler(schedule, accept_dst=trigger.accept_clock_changes)


def native_schedule(trigger: ScheduleSpec) -> NativeSchedule:
    found = translated(trigger)
    return NativeSchedule(
        dialect=found.dialect,
        expressions=found.expressions,
        timezone=found.timezone,
        accepted=found.accepted,
    )


def prepare(spec: StackSpec, now: datetime) -> StackSpec:
    """With every schedule's natives and window; triggers of other kinds stay as they are."""
    natives = dict(spec.natives)
    triggers: list[TriggerSpec] = []
    for position, trigger in enumerate(spec.triggers):
        if not isinstance(trigger, ScheduleSpec):
            triggers.append(trigger)
            continue
        found = _at(f"triggers.{position}", trigger)
        # A start that has passed changes nothing any more, and AWS refuses it.
        start = found.start if found.start and found.start > now - PAST else None
        natives[trigger.key] = tuple(f"{each} {found.timezone}" for each in found.expressions)
        triggers.append(trigger.model_copy(update={"start": start, "end": found.end}))
    return spec.model_copy(update={"natives": natives, "triggers": tuple(triggers)})


def _at(field: str, trigger: ScheduleSpec) -> NativeSchedules:
    try:
        return translated(trigger)
    except InvalidInput as error:
        problems = [
            Problem(f"{field}.{each.field}", each.message, each.code) for each in error.problems
        ]
        raise type(error)(problems) from error


def scheduled_time(spec: StackSpec, key: str, text: str) -> datetime | None:
    """Which firing started something, by the time that Scheduler filled in; None where the
    trigger is no schedule."""
    if not any(each.key == key for each in spec.schedules):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


# ── Reading back ────────────────────────────────────────────────────────────────────


def proof(
    session: Session, spec: StackSpec, trigger: ScheduleSpec, *, target_arn: str, now: datetime
) -> TriggerProof:
    """`now` is the Connection's time; *next* follows from what was read back."""
    schedules = deployed(session, spec, trigger)
    present = [each for each in schedules if each.found is not None]
    role_arn = names.Place(spec.region, spec.account).role(
        names.trigger_role(spec.slug, trigger.key)
    )
    wrong = (each for one in present for each in one.wrong(target_arn, role_arn))
    state, message = _state(trigger, schedules, present, wrong)
    coming = [each.next(now) for each in present] if state is TriggerState.ACTIVE else []
    return TriggerProof(
        key=trigger.key,
        state=state,
        native=tuple(each.native for each in present),
        next=min(filter(None, coming), default=None),
        verified_at=datetime.now(UTC),  # when we looked, on our own clock
        message=message,
    )


@dataclass(frozen=True)
class Deployed:
    """A schedule as the cloud has it; `found` is None where it has none."""

    name: str
    found: dict[str, Any] | None

    @property
    def native(self) -> str:
        schedule = self.found or {}
        zone = schedule.get("ScheduleExpressionTimezone", "UTC")
        return f"{schedule.get('ScheduleExpression', '')} {zone}"

    @property
    def enabled(self) -> bool:
        return str((self.found or {}).get("State", ENABLED)) == ENABLED

    def next(self, now: datetime) -> datetime | None:
        """By the rules of the cloud's own scheduler, from what was read back."""
        schedule = self.found or {}
        coming = firings(
            schedule["ScheduleExpression"],
            schedule.get("ScheduleExpressionTimezone", "UTC"),
            after=now,
            start=_utc(schedule.get("StartDate")),
            end=_utc(schedule.get("EndDate")),
        )
        return next(iter(coming), None)

    def wrong(self, target_arn: str, role_arn: str) -> Iterator[str]:
        """It has to start this pipeline, as the role that tells the trigger."""
        target = (self.found or {}).get("Target", {})
        if target.get("Arn") != target_arn:
            yield f"Schedule {self.name} starts something else: {target.get('Arn')}."
        if target.get("RoleArn") != role_arn:
            yield f"Schedule {self.name} uses another role: {target.get('RoleArn')}."


def deployed(session: Session, spec: StackSpec, trigger: ScheduleSpec) -> list[Deployed]:
    count = len(translated(trigger).expressions)
    wanted = [names.schedule(spec.slug, trigger.key, position) for position in range(count)]
    return [Deployed(name, _get(session, name)) for name in wanted]


def _get(session: Session, name: str) -> dict[str, Any] | None:
    try:
        with cloud_errors("read the schedule"):
            answer: dict[str, Any] = session.client("scheduler").get_schedule(Name=name)
            return answer
    except NotFound:
        return None


def _state(
    trigger: ScheduleSpec, schedules: list[Deployed], present: list[Deployed], wrong: Iterator[str]
) -> tuple[TriggerState, str]:
    missing = [each.name for each in schedules if each.found is None]
    if missing:
        return TriggerState.MISSING, f"AWS has no schedule {', '.join(missing)}."
    for problem in wrong:
        return TriggerState.UNKNOWN, problem
    running = [each.enabled for each in present]
    if not any(running):
        return TriggerState.PAUSED, ""
    if not all(running):
        return TriggerState.UNKNOWN, "Some schedules of this trigger are paused, others are not."
    return TriggerState.ACTIVE, _changed(trigger, present)


def _changed(trigger: ScheduleSpec, present: list[Deployed]) -> str:
    wanted = translated(trigger)
    expected = {f"{each} {wanted.timezone}" for each in wanted.expressions}
    if {each.native for each in present} != expected:
        return "AWS has another schedule than this version. Deploy it, or refresh to compare."
    return ""


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None


# ── Pausing ─────────────────────────────────────────────────────────────────────────


def switch(session: Session, spec: StackSpec, trigger: ScheduleSpec, *, enabled: bool) -> None:
    schedules, state = deployed(session, spec, trigger), ENABLED if enabled else DISABLED
    if any(each.found is None for each in schedules):
        raise NotPossible("AWS has no schedule of this trigger. Deploy the pipeline first.")
    for each in schedules:
        if each.found and each.found.get("State") != state:
            update(session, each.found, state)


def update(session: Session, found: dict[str, Any], state: str) -> None:
    whole = {key: found[key] for key in WRITABLE if found.get(key) is not None}
    start = _utc(whole.get("StartDate"))
    if start and start <= session.now() - PAST:
        del whole["StartDate"]
    with cloud_errors("pause the schedule" if state == DISABLED else "resume the schedule"):
        session.client("scheduler").update_schedule(**{**whole, "State": state})
