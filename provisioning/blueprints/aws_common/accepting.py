"""Taking what AWS has into the definition."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from provisioning.contracts import (
    Acceptance,
    Difference,
    EventSpec,
    ObjectCreatedSpec,
    ScheduleSpec,
    StackSpec,
    TriggerSpec,
)
from provisioning.schedules.backwards import from_eventbridge

from ..common import accepting
from ..common.accepting import Prepare, trigger_of
from ..common.drift import same_json
from .drift import FUNCTION_RULES, NOTEBOOK, NOTIFICATION, RULE, SCHEDULE

SETTINGS = {
    (NOTEBOOK, "instanceType"): "notebook.instance_type",
    (NOTEBOOK, "volumeSize"): "notebook.volume_gb",
}
FROM_A_FORM = (
    "It is described by a form, which cannot say every definition. Restore it, or paste the "
    "definition when you edit the pipeline."
)
SEVERAL = (
    "AWS needs several schedules for this trigger, and one of them cannot be taken over by itself."
)


def accept(spec: StackSpec, difference: Difference, prepare: Prepare) -> Acceptance | str:
    trigger = trigger_of(spec, difference.name)
    if trigger and difference.path == "state" and difference.kind in (SCHEDULE, RULE):
        return Acceptance(trigger=trigger.key, paused=difference.found == "DISABLED")
    if isinstance(trigger, ScheduleSpec) and difference.path == "scheduleExpression":
        return _schedule(spec, trigger, str(difference.found), prepare)
    if difference.kind == RULE and difference.path == "eventPattern" and trigger:
        return _pattern(spec, trigger, str(difference.found), prepare)
    if difference.kind == NOTIFICATION and difference.path == FUNCTION_RULES:
        return _filters(spec, difference, prepare)
    return accepting.by_table(difference, SETTINGS)


def pasted(text: Any, *, setting: str, is_pasted: bool) -> Acceptance | str:
    """A definition that people wrote as text is taken over as text."""
    if not is_pasted:
        return FROM_A_FORM
    return accepting.as_setting(setting, text if isinstance(text, str) else None)


def _schedule(
    spec: StackSpec, trigger: ScheduleSpec, native: str, prepare: Prepare
) -> Acceptance | str:
    """`native` is written as the console shows it: "cron(0 6 * * ? *) Europe/Berlin"."""
    expression, _, timezone = native.rpartition(" ")
    cron = from_eventbridge(expression)
    if len(spec.natives.get(trigger.key, ())) > 1:
        return SEVERAL
    if cron is None:
        return f"{expression} cannot be said in five-field cron, so it can only be restored."
    fields = {"cron": cron, "timezone": timezone, "accepted": ""}

    def same(prepared: StackSpec, found: TriggerSpec) -> bool:
        return prepared.natives[found.key] == (native,)

    return accepting.as_field(spec, trigger, fields, prepare=prepare, same=same)


def _pattern(
    spec: StackSpec, trigger: TriggerSpec, pattern: str, prepare: Prepare
) -> Acceptance | str:
    fields = _fields_of(trigger, pattern)

    def same(prepared: StackSpec, found: TriggerSpec) -> bool:
        return same_json(prepared.natives[found.key][0], pattern)

    if fields is None:
        return accepting.NO_SETTING
    return accepting.as_field(spec, trigger, fields, prepare=prepare, same=same)


def _fields_of(trigger: TriggerSpec, pattern: str) -> dict[str, Any] | None:
    """What the trigger would say; whether it says the same is seen when it is prepared."""
    try:
        found: dict[str, Any] = json.loads(pattern)
    except ValueError:
        return None
    if isinstance(trigger, EventSpec):
        source, types = found.get("source", []), found.get("detail-type", [])
        detail = found.get("detail")
        return {"source": source[0] if source else "", "types": types, "detail": detail}
    if isinstance(trigger, ObjectCreatedSpec):
        return _ends(found.get("detail", {}).get("object", {}).get("key", [{}])[0])
    return None


def _ends(key: Any) -> dict[str, Any] | None:
    """Prefix and suffix of an object's key, as patterns write them."""
    if not isinstance(key, Mapping):
        return None
    if isinstance(both := key.get("wildcard"), str) and both.count("*") == 1:
        prefix, _, suffix = both.partition("*")
        return {"prefix": prefix, "suffix": suffix}
    return {"prefix": key.get("prefix", ""), "suffix": key.get("suffix", "")}


def _filters(spec: StackSpec, difference: Difference, prepare: Prepare) -> Acceptance | str:
    """A bucket's notification as a whole: one rule of it may say another prefix or suffix."""
    wanted, present = _rules(difference.expected), _rules(difference.found)
    changed = [id for id in {**wanted, **present} if wanted.get(id) != present.get(id)]
    trigger = trigger_of(spec, changed[0]) if len(changed) == 1 else None
    if trigger is None:
        return accepting.NO_SETTING
    before, rule = wanted.get(changed[0]), present.get(changed[0])
    if before is None or rule is None:
        return Acceptance(trigger=trigger.key, paused=rule is None)
    filters = ("filterPrefix", "filterSuffix")
    rest = [
        {name: value for name, value in each.items() if name not in filters}
        for each in (before, rule)
    ]
    fields = {"prefix": rule.get(filters[0]) or "", "suffix": rule.get(filters[1]) or ""}

    def same(prepared: StackSpec, found: TriggerSpec) -> bool:
        return rest[0] == rest[1]

    return accepting.as_field(spec, trigger, fields, prepare=prepare, same=same)


def _rules(value: Any) -> dict[str, dict[str, Any]]:
    return {str(each.get("id", "")): each for each in value or () if isinstance(each, dict)}


def intended(spec: StackSpec, difference: Difference) -> bool:
    """People paused or resumed this trigger since the deployment, and so it is in the cloud."""
    if difference.kind in (SCHEDULE, RULE) and difference.path == "state":
        trigger = trigger_of(spec, difference.name)
        return trigger is not None and trigger.paused == (difference.found == "DISABLED")
    if difference.kind == NOTIFICATION and difference.path == FUNCTION_RULES:
        wanted, present = _rules(difference.expected), _rules(difference.found)
        paused = {each.key for each in spec.objects if each.paused}
        told = {each.key for each in spec.objects} - paused
        same = all(wanted[id] == present[id] for id in wanted.keys() & present.keys())
        return same and present.keys() == told
    return False
