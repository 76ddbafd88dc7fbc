"""The When of a pipeline: triggers as typed, as values, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.forms import trigger_fields
from dashboard.forms.sentences import read_in
from dashboard.forms.trigger_fields import FIRST, KINDS, KindForm
from dashboard.services import trigger_specs, trigger_words
from dashboard.services.trigger_words import NameOf
from provisioning import schedules
from provisioning.blueprints.base import Blueprint, NativeSchedule
from provisioning.contracts import ScheduleSpec, TriggerKind
from provisioning.errors import InvalidInput, Problem
from provisioning.schedules import Schedule, ZoneFacts

SHOWN_ONLY = ("sentence", "of", "month")  # of the form alone: no part of the trigger
ACCEPT = "accept_clock_changes"
GIVEN = ("key", "cron", "timezone", "start", "end", "grace_minutes", ACCEPT)
FIELDS = (*GIVEN, *SHOWN_ONLY)  # of a schedule
AT_CLOCK_CHANGES = ("dst-gap", "dst-fold")
MOST = 10
SHOWN_RUNS = 10
FIRST_CRON = "0 6 * * 1-5"


@dataclass(frozen=True)
class Preview:
    """What a trigger comes to, before anything is saved."""

    kind: TriggerKind = TriggerKind.SCHEDULE
    problems: tuple[Problem, ...] = ()
    sentence: str = ""
    notes: tuple[str, ...] = ()
    runs: tuple[datetime, ...] = ()
    zone: ZoneFacts | None = None
    native: NativeSchedule | None = None

    def at(self, field: str) -> list[str]:
        return [problem.message for problem in self.problems if problem.field == field]

    @property
    def to_accept(self) -> str:
        """The difference at clock changes that needs a yes, or has it."""
        asked = [each.message for each in self.problems if each.code in AT_CLOCK_CHANGES]
        return next(iter(asked), self.native.accepted if self.native else "")

    @property
    def elsewhere(self) -> list[str]:
        return [p.message for p in self.problems if p.field not in names_of(self.kind)]


def kind_of(trigger: Mapping[str, Any]) -> TriggerKind:
    """A schedule where it does not say, or says what this release does not know."""
    kind = trigger.get("kind")
    return TriggerKind(kind) if kind in tuple(TriggerKind) else TriggerKind.SCHEDULE


def names_of(kind: TriggerKind) -> tuple[str, ...]:
    """Of its inputs."""
    if kind is TriggerKind.SCHEDULE:
        return FIELDS
    return ("key", *(field.name for field in KINDS[kind].fields))


def offered(blueprint: Blueprint | None) -> list[tuple[TriggerKind, KindForm]]:
    """The kinds that can be added: the cloud's, then Skyclock's own."""
    known = blueprint.trigger_kinds if blueprint else frozenset({TriggerKind.SCHEDULE})
    return [(kind, form) for kind, form in KINDS.items() if kind.own or kind in known]


def preview(
    typed: Mapping[str, str],
    blueprint: Blueprint | None,
    now: datetime,
    *,
    pipeline_name: NameOf = str,
) -> Preview:
    """Sentence, next runs and the cloud's own form; what is wrong where that cannot be said."""
    if (kind := kind_of(typed)) is not TriggerKind.SCHEDULE:
        return _preview_of(kind, typed, blueprint, pipeline_name)
    typed, unread = read_in(typed)
    value, problems = to_value(typed)
    problems += [*unread, *_unsupported(kind, blueprint)]
    try:
        schedule = schedules.check_schedule(
            value["cron"], value["timezone"], value.get("start"), value.get("end")
        )
    except InvalidInput as error:
        return Preview(problems=(*problems, *error.problems))
    native, refused = _native(blueprint, value)
    return Preview(
        problems=(*problems, *refused),
        sentence=schedules.explain(schedule),
        notes=schedules.notes(schedule),
        runs=_next(schedule, now),
        zone=schedules.zone_facts(schedule.timezone, now),
        native=native,
    )


def _preview_of(
    kind: TriggerKind,
    typed: Mapping[str, str],
    blueprint: Blueprint | None,
    pipeline_name: NameOf,
) -> Preview:
    value, problems = to_value(typed)
    if blueprint:
        told = {problem.field for problem in problems}
        found = trigger_specs.problems_of_one(blueprint, value)
        problems += [each for each in found if each.field not in told]
    said = "" if problems else trigger_words.sentence(kind, value, pipeline_name=pipeline_name)
    return Preview(kind=kind, problems=tuple(problems), sentence=said)


def _unsupported(kind: TriggerKind, blueprint: Blueprint | None) -> list[Problem]:
    if blueprint is None or kind in blueprint.trigger_kinds:
        return []
    return [Problem(field="kind", message=f"{blueprint.label} has no triggers of this kind.")]


def _next(schedule: Schedule, now: datetime) -> tuple[datetime, ...]:
    return tuple(schedules.next_runs(schedule, now, SHOWN_RUNS))


def _native(
    blueprint: Blueprint | None, value: Mapping[str, Any]
) -> tuple[NativeSchedule | None, tuple[Problem, ...]]:
    if blueprint is None:
        return None, ()
    try:
        return blueprint.native_schedule(ScheduleSpec(**{"key": "new", **value})), ()
    except InvalidInput as error:
        return None, error.problems


def to_value(typed: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """The trigger as services take it. Start and end of a schedule are wall times in its zone."""
    if (kind := kind_of(typed)) is not TriggerKind.SCHEDULE:
        return trigger_fields.to_value(kind, typed)
    value: dict[str, Any] = {
        "kind": "schedule",
        "cron": " ".join(typed.get("cron", "").split()),
        "timezone": typed.get("timezone", "").strip(),
    }
    if typed.get("key"):
        value["key"] = typed["key"]
    if typed.get(ACCEPT):
        value[ACCEPT] = True
    problems = []
    for field in ("start", "end"):
        try:
            if moment := _moment(typed.get(field, ""), value["timezone"]):
                value[field] = moment
        except ValueError:
            message = "This is not a date and time: write it as 2026-11-23 06:00."
            problems.append(Problem(field=field, message=message))
    if grace := typed.get("grace_minutes", "").strip():
        if grace.isdecimal() and len(grace) < 6:
            value["grace_minutes"] = int(grace)
        else:
            problems.append(Problem(field="grace_minutes", message="A whole number goes here."))
    return value, problems


def _moment(text: str, timezone: str) -> datetime | None:
    if not text.strip():
        return None
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None and timezone in schedules.zone_names():
        moment = moment.replace(tzinfo=ZoneInfo(timezone))
    return moment


def to_typed(trigger: Mapping[str, Any]) -> dict[str, str]:
    """A saved trigger as its inputs show it."""
    if (kind := kind_of(trigger)) is not TriggerKind.SCHEDULE:
        return trigger_fields.to_typed(kind, trigger)
    typed = {"kind": kind.value} | {field: str(trigger.get(field) or "") for field in FIELDS}
    typed[ACCEPT] = "on" if typed[ACCEPT] else ""
    for field in ("start", "end"):
        if typed[field]:
            moment = datetime.fromisoformat(typed[field]).astimezone(ZoneInfo(typed["timezone"]))
            typed[field] = moment.replace(tzinfo=None).isoformat(timespec="minutes")
    return typed


def new_trigger(kind: TriggerKind, timezone: str) -> dict[str, str]:
    if kind is not TriggerKind.SCHEDULE:
        return {"kind": kind.value, "key": "", **FIRST.get(kind, {})}
    empty = {"start": "", "end": "", "key": "", ACCEPT: ""}
    return {"kind": kind.value, "cron": FIRST_CRON, "timezone": timezone, **empty}


def first_kind(blueprint: Blueprint | None) -> TriggerKind:
    """What a new pipeline begins with: what its cloud is best at."""
    return offered(blueprint)[0][0]


def values(
    typed: Sequence[Mapping[str, str]], blueprint: Blueprint | None, now: datetime
) -> tuple[list[dict[str, Any]], tuple[Problem, ...]]:
    """All triggers as services take them, and all that is wrong with them."""
    problems = [
        Problem(field=f"triggers.{n}.{one.field}", message=one.message, code=one.code)
        for n, trigger in enumerate(typed)
        for one in preview(trigger, blueprint, now).problems
    ]
    return [to_value(trigger)[0] for trigger in typed], tuple(problems)
