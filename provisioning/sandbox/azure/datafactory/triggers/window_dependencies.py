"""What windows wait for: windows of other triggers, or earlier ones of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.arm.resources import Resources
from provisioning.sandbox.azure.datafactory.names import factory_of
from provisioning.sandbox.azure.datafactory.triggers.records import Window
from provisioning.sandbox.azure.datafactory.triggers.window_times import (
    span_seconds,
    window_times,
)

Find = Callable[[str, int], Window | None]  # by the trigger's id and the window's number


def waits_for(
    trigger: Resource, *, begins: float, ends: float, resources: Resources, find: Find
) -> dict[str, Any]:
    """By the name of the trigger, what has to succeed first; empty when nothing has."""
    open_ones: dict[str, Any] = {}
    for dependency in trigger.properties["typeProperties"].get("dependsOn") or []:
        own = dependency["type"] == "SelfDependencyTumblingWindowTriggerReference"
        upstream = trigger if own else _upstream(trigger, dependency, resources)
        if upstream is None:
            continue
        since = begins + span_seconds(dependency.get("offset"))
        size = span_seconds(dependency.get("size")) or ends - begins
        missing = _missing(upstream, since, since + size, find=find, own=own)
        if missing:
            open_ones[upstream.name] = missing
    return open_ones


def depends_on(trigger: Resource, name: str) -> bool:
    return any(
        str((each.get("referenceTrigger") or {}).get("referenceName", "")).lower() == name.lower()
        for each in trigger.properties["typeProperties"].get("dependsOn") or []
    )


def _upstream(
    trigger: Resource, dependency: dict[str, Any], resources: Resources
) -> Resource | None:
    name = dependency["referenceTrigger"]["referenceName"]
    return resources.get(f"{factory_of(trigger.id)}/triggers/{name}")


def _missing(upstream: Resource, since: float, until: float, *, find: Find, own: bool) -> str:
    """In a word, what is not there yet. Before its own first window there is nothing to wait
    for; another trigger that begins later will never have those windows."""
    times = window_times(upstream.properties["typeProperties"])
    for number in times.touched(since, until):
        if number < 0:
            if own:
                continue
            return "NotStarted"
        window = find(upstream.id, number)
        if window is None or window.status != "Succeeded":
            return window.status if window else "NotStarted"
    return ""
