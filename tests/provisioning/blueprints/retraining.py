"""Settings and specs of retraining on Google Cloud that the tests begin with."""

from __future__ import annotations

from typing import Any

from provisioning.blueprints.google_common.names import Place
from provisioning.blueprints.google_eventarc_retraining.blueprint import BLUEPRINT
from provisioning.contracts import EventSpec, ObjectCreatedSpec, StackSpec
from provisioning.errors import InvalidInput
from tests.provisioning.blueprints.google_answering import PARENT, PROJECT, REGION

SLUG = "churn"
SERVICE = f"skyclock-{SLUG}"
NAME = f"{PARENT}/services/{SERVICE}"
PLACE = Place(REGION, PROJECT)
DATA = PLACE.bucket(SLUG, "data")
IMAGE = "europe-docker.pkg.dev/my-project/training/churn:3"


def settings(**changes: Any) -> dict[str, Any]:
    return {**BLUEPRINT.example(), **changes}


def training(**changes: Any) -> dict[str, Any]:
    return settings(training={"image": IMAGE, **changes})


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
        "name": "Churn",
        "slug": SLUG,
        "blueprint": BLUEPRINT.kind,
        "settings": BLUEPRINT.validate(wanted or training()),
        "triggers": (on_object(), on_event()),
        "region": REGION,
        "account": PROJECT,
    }
    return StackSpec(**{**values, **more})


def on_object(key: str = "t1", **more: Any) -> ObjectCreatedSpec:
    return ObjectCreatedSpec(key=key, **{"prefix": "data/", "suffix": ".csv", **more})


def on_event(key: str = "t2", **more: Any) -> EventSpec:
    return EventSpec(key=key, **{"source": "lab", "types": ("dataset.ready",), **more})
