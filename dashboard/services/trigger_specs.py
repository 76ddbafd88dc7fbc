"""Triggers as part of a definition: parsed from input, kept in Versions and as rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from pydantic import TypeAdapter, ValidationError

from dashboard.models import Pipeline, Trigger, Version
from dashboard.services import maintenance_rows, problems
from dashboard.services.chains import Chains
from provisioning.blueprints.base import Blueprint
from provisioning.blueprints.problems import problems_of
from provisioning.contracts import SPECS, ScheduleSpec, TriggerKind, TriggerSpec
from provisioning.errors import InvalidInput, Problem

KEY = re.compile(r"[a-z][a-z0-9-]{0,19}")
MOST = 50
LONGEST_CRON = 200  # as the column is wide
SPEC: TypeAdapter[TriggerSpec] = TypeAdapter(TriggerSpec)
COLUMNS = ("cron", "timezone", "start", "end")
UNSAID = ("grace_minutes", "accept_clock_changes", "accepted")


@dataclass(frozen=True)
class Definition:
    """What a Version holds, checked."""

    settings: dict[str, Any]
    triggers: tuple[TriggerSpec, ...]

    def triggers_as_json(self) -> list[dict[str, Any]]:
        # Pausing is not part of a definition: it must not make Versions, nor be undone by one.
        return [_without_nothing(spec.model_dump(mode="json")) for spec in self.triggers]

    def differs_from(self, version: Version) -> bool:
        before = (version.settings, version.triggers)
        return (self.settings, self.triggers_as_json()) != before


def _without_nothing(said: dict[str, Any]) -> dict[str, Any]:
    """What nobody said stays unsaid: Versions from before it could be are equal."""
    return {
        name: value
        for name, value in said.items()
        if name != "paused" and (value or name not in UNSAID)
    }


def parse(
    kind: Blueprint,
    triggers: Sequence[Mapping[str, Any]],
    *,
    known: Mapping[str, int],
    chains: Chains,
) -> tuple[tuple[TriggerSpec, ...], list[Problem]]:
    """Specs with keys, and what is wrong at "triggers.<position>.<field>".

    `known` are the keys that the Pipeline has or had: a new trigger never gets the key of a
    removed one, because runs name their trigger by key.
    """
    if len(triggers) > MOST:
        return (), [Problem(field="triggers", message=f"At most {MOST} triggers are possible.")]
    given = [str(one["key"]) for one in triggers if one.get("key")]
    number = max([0, *known.values(), *map(_number, given)])
    specs: list[TriggerSpec] = []
    found: list[Problem] = []
    for position, one in enumerate(triggers):
        values = {name: value for name, value in one.items() if value is not None}
        if not values.get("key"):
            number += 1
            values["key"] = f"t{number}"
        spec, wrong = _parse_one(kind, values, taken={spec.key for spec in specs})
        wrong += chains.problems(spec) if spec else []
        found += problems.under(f"triggers.{position}", tuple(wrong))
        specs += [spec] if spec else []
    return tuple(specs), found


def problems_of_one(kind: Blueprint, trigger: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with one trigger by itself, at its fields."""
    values = {name: value for name, value in trigger.items() if value is not None}
    return _parse_one(kind, {"key": "t1", **values}, taken=set())[1]


def _parse_one(
    kind: Blueprint, values: dict[str, Any], *, taken: set[str]
) -> tuple[TriggerSpec | None, list[Problem]]:
    trigger_kind = values.setdefault("kind", TriggerKind.SCHEDULE)
    if trigger_kind not in SPECS:
        message = f"There is no trigger '{trigger_kind}'. Known: {', '.join(SPECS)}."
        return None, [Problem(field="kind", message=message, code="unknown")]
    if not TriggerKind(trigger_kind).own and trigger_kind not in kind.trigger_kinds:
        message = f"{kind.label} has no triggers of this kind."
        return None, [Problem(field="kind", message=message, code="unsupported")]
    try:
        # By its own class, so that a problem is at the field and not at the kind's name.
        spec = SPEC.validate_python(SPECS[TriggerKind(trigger_kind)].model_validate(values))
    except ValidationError as error:
        return None, problems_of(error, values)
    if not KEY.fullmatch(spec.key):
        message = "A key is up to 20 lower-case letters, digits and dashes."
        return None, [Problem(field="key", message=message)]
    if spec.key in taken:
        return None, [Problem(field="key", message=f"The key {spec.key} is there twice.")]
    return _checked(kind, spec) if isinstance(spec, ScheduleSpec) else (spec, [])


def _checked(kind: Blueprint, spec: ScheduleSpec) -> tuple[ScheduleSpec | None, list[Problem]]:
    """With what was accepted in it; refused where the cloud's scheduler cannot take it exactly."""
    if len(spec.cron) > LONGEST_CRON:
        message = f"At most {LONGEST_CRON} characters; ranges and steps are shorter than lists."
        return None, [Problem(field="cron", message=message)]
    try:
        native = kind.native_schedule(spec)
    except InvalidInput as error:
        return None, list(error.problems)
    return spec.model_copy(update={"accepted": native.accepted}), []


def numbers_of(pipeline: Pipeline) -> dict[str, int]:
    """Every key that the Pipeline ever had, with the number in it."""
    keys = pipeline.triggers.values_list("key", flat=True)
    return {key: _number(key) for key in keys}


def save_rows(pipeline: Pipeline, specs: tuple[TriggerSpec, ...]) -> None:
    """Make the Trigger rows say what the current Version says."""
    before = {row.key: (row.kind, row.config) for row in pipeline.triggers.all()}
    for spec in specs:
        said = spec.model_dump(exclude={"key", "kind", *COLUMNS}, mode="json")
        said = _without_nothing(said)
        columns = {
            "cron": getattr(spec, "cron", ""),
            "timezone": getattr(spec, "timezone", ""),
            "start": getattr(spec, "start", None),
            "end": getattr(spec, "end", None),
        }
        wanted = {"kind": spec.kind.value, "config": said, "removed_at": None, **columns}
        if _waits_for(*before.get(spec.key, ("", {}))) != _waits_for(spec.kind.value, said):
            wanted["active_since"] = None  # it begins anew
        Trigger.objects.update_or_create(pipeline=pipeline, key=spec.key, defaults=wanted)
    gone = pipeline.triggers.filter(removed_at=None).exclude(key__in=[s.key for s in specs])
    gone.update(removed_at=timezone.now(), paused=False)
    maintenance_rows.join(pipeline)


def _waits_for(kind: str, config: Mapping[str, Any]) -> tuple[Any, ...]:
    return kind, config.get("pipeline"), config.get("on")


def with_pauses(pipeline: Pipeline, version: Version) -> tuple[TriggerSpec, ...]:
    """The Version's triggers, paused where people paused them."""
    paused = set(pipeline.triggers.filter(paused=True).values_list("key", flat=True))
    return tuple(
        SPEC.validate_python(one | {"paused": one["key"] in paused}) for one in version.triggers
    )


def fired_by_the_cloud(triggers: tuple[TriggerSpec, ...]) -> tuple[TriggerSpec, ...]:
    """Those that a Blueprint hears of."""
    return tuple(each for each in triggers if not each.kind.own)


def _number(key: str) -> int:
    return int(key[1:]) if re.fullmatch(r"t\d{1,6}", key) else 0
