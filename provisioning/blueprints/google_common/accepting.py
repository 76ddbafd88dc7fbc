"""Taking what Google has into the definition."""

from __future__ import annotations

import json
from typing import Any

from provisioning.contracts import (
    Acceptance,
    Difference,
    ScheduleSpec,
    StackSpec,
    TriggerSpec,
)

from ..common import accepting
from ..common.accepting import Prepare, trigger_of
from .drift import PIPELINE, SERVICE, WORKFLOW

SECONDS = "template.timeout"
SETTINGS = {
    (SERVICE, "template.maxInstanceRequestConcurrency"): "service.concurrency",
    (SERVICE, "template.scaling.maxInstanceCount"): "service.max_instances",
    (SERVICE, "template.containers[0].image"): "service.image",
}
# Of a template's environment in the workload, as the settings have it.
ENVIRONMENT = {
    "machineType": "machine_type",
    "numWorkers": "num_workers",
    "maxWorkers": "max_workers",
    "tempLocation": "temp_location",
    "network": "network",
    "subnetwork": "subnetwork",
}
PAUSED = "PAUSED"


def accept(spec: StackSpec, difference: Difference, prepare: Prepare) -> Acceptance | str:
    if difference.kind == PIPELINE and difference.path == "scheduleInfo":
        return _schedule(spec, difference.found, prepare)
    if (switched := _switched(spec, difference)) is not None:
        key, paused = switched
        return Acceptance(trigger=key, paused=paused)
    if difference.kind == PIPELINE and difference.path.startswith("workload."):
        return _workload(spec, difference)
    if difference.kind == SERVICE and difference.path == SECONDS:
        text = str(difference.found)
        seconds = int(text[:-1]) if text[:-1].isdecimal() else None
        return accepting.as_setting("service.timeout_seconds", seconds)
    return accepting.by_table(difference, SETTINGS)


def intended(spec: StackSpec, difference: Difference) -> bool:
    """People paused or resumed this trigger since the deployment, and so it is in the cloud."""
    if difference.kind == PIPELINE and difference.path == "scheduleInfo":
        trigger = next(iter(spec.schedules), None)
        if trigger is None:
            return False
        if difference.found is None:
            return trigger.paused
        native = spec.natives.get(trigger.key, ())
        return difference.expected is None and not trigger.paused and native == (difference.found,)
    if difference.kind == SERVICE and (told := _service_says(difference)):
        wished = {each.key: each.paused for each in spec.triggers}
        return told == {key: wished.get(key) for key in told}
    switched = _switched(spec, difference)
    return (
        switched is not None
        and {each.key: each.paused for each in spec.triggers}.get(switched[0]) == switched[1]
    )


def _schedule(spec: StackSpec, native: Any, prepare: Prepare) -> Acceptance | str:
    """`native` is written as people read it: "0 6 * * * Europe/Berlin"."""
    trigger = next(iter(spec.schedules), None)
    if trigger is None:
        return accepting.NO_SETTING
    if native is None:
        return Acceptance(trigger=trigger.key, paused=True)
    expression, _, timezone = str(native).rpartition(" ")
    fields = {"cron": expression, "timezone": timezone, "accepted": ""}

    def same(prepared: StackSpec, found: TriggerSpec) -> bool:
        return isinstance(found, ScheduleSpec) and prepared.natives[found.key] == (native,)

    return accepting.as_field(spec, trigger, fields, prepare=prepare, same=same)


def _switched(spec: StackSpec, difference: Difference) -> tuple[str, bool] | None:
    """Which trigger is paused now, or not, where the difference is that alone."""
    if difference.kind == WORKFLOW and difference.path.startswith("userEnvVars"):
        trigger = trigger_of(spec, difference.name)
        found = difference.found
        value = found.get(PAUSED) if isinstance(found, dict) else found
        return (trigger.key, value == "true") if trigger else None
    if difference.kind == SERVICE and (told := _service_says(difference)):
        wished = {each.key: each.paused for each in spec.triggers}
        other = [key for key in told if told[key] != wished.get(key)]
        return (other[0], bool(told[other[0]])) if len(other) == 1 else None
    return None


def _service_says(difference: Difference) -> dict[str, bool] | None:
    """Whether each trigger is paused, where the service's configuration is else the same."""
    if not difference.path.startswith("template.containers"):
        return None
    try:
        before, after = json.loads(difference.expected), json.loads(difference.found)
        told = {each["key"]: bool(each.get("paused")) for each in after["triggers"]}
        rest = [{**one, "triggers": [{**each, "paused": None} for each in one["triggers"]]}
                for one in (before, after)]  # fmt: skip
    except (TypeError, ValueError, KeyError):
        return None
    return told if rest[0] == rest[1] else None


def _workload(spec: StackSpec, difference: Difference) -> Acceptance | str:
    *_, part, name = ("", *difference.path.split("."))
    if spec.settings.get("source") == "workload":
        return "The workload is pasted JSON: change it there, or restore it."
    if part == "environment" and name in ENVIRONMENT:
        return accepting.as_setting(f"environment.{ENVIRONMENT[name]}", difference.found)
    if part == "parameters" and isinstance(difference.found, str):
        return accepting.as_setting(f"parameters.{name}", difference.found)
    return accepting.NO_SETTING
