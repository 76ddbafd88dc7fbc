"""The shell around every tab of a Pipeline."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard import queries
from dashboard.models import Pipeline, Trigger
from provisioning.blueprints import registry
from provisioning.blueprints.base import Blueprint
from provisioning.contracts import TriggerKind

TABS = (
    ("pipeline", "Runs"),
    ("pipeline-ledger", "Ledger"),
    ("pipeline-triggers", "Triggers"),
    ("pipeline-deployments", "Deployments"),
    ("pipeline-versions", "Versions"),
    ("pipeline-resources", "Resources"),
    ("pipeline-drift", "Drift"),
)
WATCHED = ("pipeline", "pipeline-ledger", "pipeline-triggers")  # those of a watched one
TRY = ("pipeline-try", "Try out")
EVENTS = ("pipeline-event-log", "Event log")
TRIED = (TriggerKind.OBJECT_CREATED, TriggerKind.EVENT)


def tab(
    request: HttpRequest,
    pipeline: Pipeline,
    here: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    triggers = queries.shown_triggers(pipeline)
    tried = {each.kind for each in triggers} & set(TRIED) if pipeline.managed else set()
    blueprint = registry.get(pipeline.blueprint)
    shell = {
        "pipeline": pipeline,
        "blueprint": blueprint,
        "triggers": triggers,
        "next": _next(triggers),
        "maintenances": queries.maintenances_of(pipeline),
        "tabs": _tabs(pipeline, blueprint, tried=bool(tried)),
        "takes_objects": TriggerKind.OBJECT_CREATED in tried,
        "takes_events": TriggerKind.EVENT in tried,
        "drop_into": _drop_into(triggers),
        "here": here,
        "schedule_zone": triggers[0].timezone if triggers else "",
        "sandbox_shown": pipeline.connection.sandbox,
        "watched": _watched(pipeline),
    }
    return render(
        request, f"pipelines/{here.replace('-', '_')}.html", shell | context, status=status
    )


def _tabs(pipeline: Pipeline, blueprint: Blueprint, *, tried: bool) -> list[tuple[str, str]]:
    if not pipeline.managed:
        return [each for each in TABS if each[0] in WATCHED]
    if not pipeline.may_exist_in_cloud:
        return list(TABS)
    first, *others = TABS
    return [
        first,
        *([EVENTS] if blueprint.event_sourced else []),
        *others,
        *([TRY] if tried else []),
    ]


def _watched(pipeline: Pipeline) -> dict[str, Any] | None:
    """Of a watched one: what the last look saw, and since when it is so."""
    version = pipeline.current_version
    if pipeline.managed or version is None:
        return None
    return {
        "seen": version.settings,
        "since": version.created_at,
        "changed": version.number > 1,
        # The sandbox has no console.
        "console": "" if pipeline.connection.sandbox else version.settings.get("console", ""),
    }


def _next(triggers: list[Trigger]) -> Trigger | None:
    """The trigger that fires first, of those whose next firing the cloud confirmed."""
    firing = [t for t in triggers if t.next and t.state == Trigger.State.ACTIVE]
    return min(firing, key=lambda t: t.next, default=None)  # type: ignore[arg-type,return-value]


def _drop_into(triggers: list[Trigger]) -> str:
    """The folder that a dropped file goes to: where the first object trigger looks."""
    looking = [t.config for t in triggers if t.kind == TriggerKind.OBJECT_CREATED]
    prefix = str(looking[0].get("prefix", "")) if looking else ""
    folder, slash, _ = prefix.rpartition("/")
    return f"{folder}{slash}"
