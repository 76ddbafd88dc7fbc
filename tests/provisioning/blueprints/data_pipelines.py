"""Settings and specs of Google data pipelines that the tests begin with."""

from __future__ import annotations

import json
from typing import Any

from provisioning.blueprints.google_data_pipeline.blueprint import BLUEPRINT
from provisioning.contracts import EventSpec, ObjectCreatedSpec, ScheduleSpec, StackSpec
from provisioning.errors import InvalidInput
from tests.provisioning.blueprints.google_answering import PARENT, PROJECT, REGION

SLUG = "word-count"
PIPELINE = f"{PARENT}/pipelines/skyclock-{SLUG}"


def settings(**changes: Any) -> dict[str, Any]:
    return {**BLUEPRINT.example(), **changes}


def pasted(kind: str = "dataflowLaunchTemplateRequest", **request: Any) -> dict[str, Any]:
    return {"source": "workload", "workload": json.dumps({kind: request})}


def problems(wanted: dict[str, Any]) -> dict[str, str]:
    """Field → message of all that is wrong; empty when nothing is."""
    try:
        BLUEPRINT.validate(wanted)
    except InvalidInput as error:
        return {problem.field: problem.message for problem in error.problems}
    return {}


def spec(wanted: dict[str, Any] | None = None, **more: Any) -> StackSpec:
    values: dict[str, Any] = {
        "pipeline_id": 1,
        "name": "Word count",
        "slug": SLUG,
        "blueprint": BLUEPRINT.kind,
        "settings": BLUEPRINT.validate(wanted or BLUEPRINT.example()),
        "region": REGION,
        "account": PROJECT,
    }
    return StackSpec(**{**values, **more})


def daily(key: str = "t1", **more: Any) -> ScheduleSpec:
    return ScheduleSpec(key=key, **{"cron": "0 6 * * *", "timezone": "Europe/Berlin", **more})


def on_object(key: str = "t2", **more: Any) -> ObjectCreatedSpec:
    return ObjectCreatedSpec(key=key, **{"prefix": "data/", "suffix": ".csv", **more})


def on_event(key: str = "t3", **more: Any) -> EventSpec:
    return EventSpec(key=key, **{"source": "lab", "types": ("dataset.ready",), **more})
