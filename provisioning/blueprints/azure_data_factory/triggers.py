"""Triggers of Data Factory: translated, read back, paused and resumed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.blueprints.base import NativeSchedule
from provisioning.blueprints.common.triggers import trigger_with
from provisioning.clouds.session import Session
from provisioning.contracts import (
    EventSpec,
    ObjectCreatedSpec,
    ScheduleSpec,
    StackSpec,
    TriggerProof,
    TriggerSpec,
    TriggerState,
    TumblingWindowSpec,
)
from provisioning.errors import CloudError, InvalidInput, NotPossible, Problem
from provisioning.schedules.data_factory import to_data_factory
from provisioning.schedules.native import NativeSchedules
from provisioning.schedules.recurrence import parse_recurrence
from provisioning.schedules.recurrence_text import timing
from provisioning.schedules.schedule import check_schedule

from . import names, native_text
from .api import EVENT_TYPES, STARTED, FactoryApi, Json, running
from .lifecycle import Switch
from .own_files import written_folders
from .settings import Settings
from .trigger_documents import Natives, trigger_documents

# Recurrences without a start count from here, so that the same schedule is written the same way
# at every deployment.
ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
LEAST_MINUTES = 5
DAY = timedelta(days=1)


def translated(trigger: ScheduleSpec) -> NativeSchedules:
    schedule = check_schedule(trigger.cron, trigger.timezone, trigger.start, trigger.end)
    return to_data_factory(schedule, accept_dst=trigger.accept_clock_changes, anchor=ANCHOR)


def native_schedule(trigger: ScheduleSpec) -> NativeSchedule:
    found = translated(trigger)
    said = tuple(timing(parse_recurrence(each)) for each in found.expressions)
    return NativeSchedule(
        dialect=found.dialect,
        expressions=said,
        timezone=found.timezone,
        accepted=found.accepted,
    )


def prepare(spec: StackSpec) -> StackSpec:
    natives: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for position, trigger in enumerate(spec.triggers):
        field = f"triggers.{position}"
        problems += [
            Problem(f"{field}.{each.field}", each.message, each.code) for each in _wrong(trigger)
        ]
        if isinstance(trigger, ObjectCreatedSpec):
            problems += _loops(spec, trigger, field)
        if isinstance(trigger, ScheduleSpec):
            natives[trigger.key] = _at(field, trigger).expressions
    if problems:
        raise InvalidInput(problems)
    return spec.model_copy(update={"natives": natives})


def _at(field: str, trigger: ScheduleSpec) -> NativeSchedules:
    try:
        return translated(trigger)
    except InvalidInput as error:
        problems = [
            Problem(f"{field}.{each.field}", each.message, each.code) for each in error.problems
        ]
        raise type(error)(problems) from error


def _wrong(trigger: TriggerSpec) -> Iterator[Problem]:
    if isinstance(trigger, TumblingWindowSpec):
        if trigger.frequency == "minute" and trigger.interval < LEAST_MINUTES:
            message = f"A window of minutes is at least {LEAST_MINUTES} of them long."
            yield Problem("interval", message)
        if trigger.end is not None and trigger.end <= trigger.start:
            yield Problem("end", "The end has to be after the start.")
    if isinstance(trigger, ObjectCreatedSpec) and trigger.prefix.startswith("/"):
        yield Problem("prefix", "A path in the container begins without a slash.")
    if isinstance(trigger, EventSpec) and trigger.detail is not None:
        yield Problem(
            "detail",
            "Data Factory tells events apart by subject and type only. Leave the detail empty, "
            "and compare the data in an If activity: a parameter can be filled with them.",
        )


def _loops(spec: StackSpec, trigger: ObjectCreatedSpec, field: str) -> Iterator[Problem]:
    """A run must not write what starts the next one."""
    for folder in written_folders(Settings.model_validate(spec.settings)):
        if folder.startswith(trigger.prefix) or trigger.prefix.startswith(folder):
            yield Problem(
                f"{field}.prefix",
                f"The pipeline itself writes to '{folder}', and each file would start it again. "
                "Choose another prefix, or let it write elsewhere.",
                "loop",
            )


# ── Reading back ────────────────────────────────────────────────────────────────────


def states(session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
    api, now = FactoryApi(session, spec), session.now()
    found = api.triggers() if spec.triggers else {}
    failures = failed_firings(api, now) if running(found) else {}
    return tuple(
        Proving(api, spec, trigger, found, failures, now).proof() for trigger in spec.triggers
    )


def failed_firings(api: FactoryApi, now: datetime) -> dict[str, str]:
    """By native trigger, what became of its last firing that started no run: a day is looked
    back. Nothing where the cloud does not tell."""
    asked: Json = {
        "lastUpdatedAfter": (now - DAY).isoformat(),
        "lastUpdatedBefore": (now + DAY).isoformat(),
        "filters": [{"operand": "Status", "operator": "Equals", "values": ["Failed"]}],
        "orderBy": [{"orderBy": "TriggerRunTimestamp", "order": "DESC"}],
    }
    try:
        found = api.trigger_runs(asked).get("value", [])
    except CloudError:
        return {}
    told: dict[str, str] = {}
    for each in found:
        if not each.get("triggeredPipelines"):
            at = datetime.fromisoformat(each["triggerRunTimestamp"]).astimezone(UTC)
            why = str(each.get("message") or "Azure gives no reason.")
            sentence = f"Its firing at {at:%Y-%m-%d %H:%M} UTC started no run: {why}"
            told.setdefault(each["triggerName"], sentence)
    return told


class Proving:
    """One trigger of ours held against what the cloud has."""

    def __init__(
        self,
        api: FactoryApi,
        spec: StackSpec,
        trigger: TriggerSpec,
        found: dict[str, Json],
        failures: dict[str, str],
        now: datetime,
    ) -> None:
        self._api = api
        self._spec = spec
        self._trigger = trigger
        self._failures = failures
        self._now = now
        self._wanted = wanted(spec, trigger)
        self._found = {name: found[name] for name in self._wanted if name in found}

    def proof(self) -> TriggerProof:
        state, message = self._state()
        coming = self._coming() if state is TriggerState.ACTIVE else []
        return TriggerProof(
            key=self._trigger.key,
            state=state,
            native=tuple(native_text.said(each) for each in self._found.values()),
            next=min(filter(None, coming), default=None),
            verified_at=datetime.now(UTC),  # when we looked, on our own clock
            message=message,
        )

    def _state(self) -> tuple[TriggerState, str]:
        missing = [name for name in self._wanted if name not in self._found]
        if missing:
            return TriggerState.MISSING, f"Data Factory has no trigger {', '.join(missing)}."
        for problem in self._wrong():
            return TriggerState.UNKNOWN, problem
        started = [each.get("runtimeState") == STARTED for each in self._found.values()]
        if not any(started):
            return TriggerState.PAUSED, "" if self._trigger.paused else STOPPED
        if not all(started):
            return TriggerState.UNKNOWN, "Some triggers of it are started, others are not."
        for problem in self._deaf():
            return TriggerState.UNKNOWN, problem
        return TriggerState.ACTIVE, self._changed() or self._failed()

    def _wrong(self) -> Iterator[str]:
        """It has to start this pipeline."""
        for name, properties in self._found.items():
            for started in native_text.pipelines(properties):
                if started != self._api.pipeline:
                    yield f"Trigger {name} starts something else: {started}."
            if not native_text.pipelines(properties):
                yield f"Trigger {name} starts nothing."

    def _deaf(self) -> Iterator[str]:
        """A started event trigger hears nothing until Event Grid has its subscription."""
        for name, properties in self._found.items():
            if properties.get("type") not in EVENT_TYPES:
                continue
            status = self._api.subscription(name)
            if status != "Enabled":
                yield f"Trigger {name} hears no events: its subscription is {status.lower()}."

    def _changed(self) -> str:
        for name, properties in self._found.items():
            if not _same(self._wanted[name], properties):
                return (
                    "Azure has another trigger than this version. Deploy it, or refresh to compare."
                )
        return ""

    def _failed(self) -> str:
        return next((self._failures[name] for name in self._found if name in self._failures), "")

    def _coming(self) -> list[datetime | None]:
        return [native_text.next_firing(each, self._now) for each in self._found.values()]


STOPPED = (
    "It is stopped in the cloud, though it ought to run: a deployment was cut off, or somebody "
    "stopped it. Deploy again, or resume it."
)


def wanted(spec: StackSpec, trigger: TriggerSpec) -> dict[str, Json]:
    """The native triggers that it takes, by name."""
    recurrences = (
        {trigger.key: translated(trigger).expressions} if isinstance(trigger, ScheduleSpec) else {}
    )
    natives = Natives(
        storage=names.account_id(spec.slug, spec.account),
        topic=names.topic_id(spec.slug, spec.account),
        recurrences=recurrences,
    )
    settings = Settings.model_validate(spec.settings)
    documents = trigger_documents(spec.slug, settings, trigger, natives)
    return {
        names.trigger(spec.slug, names.resource(trigger.key, position)): each
        for position, each in enumerate(documents)
    }


def _same(wished: Any, found: Any) -> bool:
    """What was wished for is there; Azure may add to it, and writes ids in letters of its own."""
    if isinstance(wished, dict):
        return isinstance(found, dict) and all(
            _same(value, found.get(name)) for name, value in wished.items()
        )
    if isinstance(wished, list):
        return (
            isinstance(found, list) and len(wished) == len(found) and all(map(_same, wished, found))
        )
    if isinstance(wished, str) and isinstance(found, str):
        return wished.lower() == found.lower() or _moment(wished) == _moment(found) is not None
    return bool(wished == found)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


# ── Pausing ─────────────────────────────────────────────────────────────────────────


def switch(session: Session, spec: StackSpec, key: str, *, running: bool) -> None:
    trigger = trigger_with(spec, key)
    switching = Switch.of(session, spec, lambda line: None)
    found = switching.triggers()
    native = [*wanted(spec, trigger)]
    if any(name not in found for name in native):
        raise NotPossible("Data Factory has no such trigger. Deploy the pipeline first.")
    for name in native:
        if (found[name].get("runtimeState") == STARTED) == running:
            continue
        change = switching.start if running else switching.stop
        change(name, found[name])
