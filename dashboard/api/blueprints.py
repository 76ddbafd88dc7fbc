from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from dashboard.api.auth import caller
from provisioning.blueprints import registry
from provisioning.contracts import Cloud, TriggerKind

router = Router(tags=["blueprints"])


class EffectsOut(Schema):
    """What the cloud does otherwise than people expect; "" where nothing surprises."""

    pause: str
    stop: str
    run_now: str
    from_failure: str


class BlueprintOut(Schema):
    """`settings_schema` is a JSON Schema with titles, limits and examples; `example` is a
    settings object that deploys as it is on the sandbox."""

    kind: str
    label: str
    summary: str
    cloud: Cloud
    trigger_kinds: list[TriggerKind]
    effects: EffectsOut
    settings_schema: dict[str, Any]
    example: dict[str, Any]


@router.get("/blueprints", response=list[BlueprintOut])
def list_blueprints(request: HttpRequest) -> list[dict[str, Any]]:
    """The kinds of pipelines that can be deployed."""
    caller(request)
    return [
        {
            "kind": each.kind,
            "label": each.label,
            "summary": each.summary,
            "cloud": each.cloud,
            "trigger_kinds": sorted(each.trigger_kinds),
            "effects": asdict(each.effects),
            "settings_schema": each.Settings.model_json_schema(),
            "example": each.example(),
        }
        for each in registry.every()
    ]
