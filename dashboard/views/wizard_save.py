"""The end of the wizard: the services are called, and where people go from there."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from dashboard import launch
from dashboard.forms.described import Described
from dashboard.models import Pipeline
from dashboard.services import pipelines
from provisioning.contracts import Operation
from provisioning.errors import NotPossible, SkyclockError

# Button → the operation that follows the save.
ACTIONS: dict[str, Operation | None] = {
    "save": None,
    "preview": Operation.PREVIEW,
    "deploy": Operation.UP,
}


@dataclass(frozen=True)
class Saved:
    """The page to go to, and why what was to follow the save does not."""

    to: str
    not_asked: str = ""


def save(described: Described, action: str, *, over: str) -> Saved:
    """Save what the draft describes and request what the button asks.

    `over` is the number of the Version that the person has seen and writes over.
    """
    pipeline = _update(described, over) if described.pipeline else _create(described)
    page = reverse("pipeline", args=[pipeline.pk])
    operation = ACTIONS[action]
    if operation is None:
        return Saved(page)
    try:
        deployment = launch.request_deployment(
            actor=described.user, pipeline=pipeline, operation=operation
        )
    except SkyclockError as error:
        return Saved(page, not_asked=f"Saved, but not deployed: {error}")
    return Saved(reverse("deployment", args=[deployment.pk]))


def _create(described: Described) -> Pipeline:
    assert described.connection and described.blueprint and described.settings is not None
    return pipelines.create(
        actor=described.user,
        name=described.draft.name,
        connection=described.connection,
        blueprint=described.blueprint.kind,
        settings=described.settings,
        triggers=described.triggers,
        note=described.draft.note,
    )


def _update(described: Described, over: str) -> Pipeline:
    pipeline = described.pipeline
    assert pipeline and pipeline.current_version and described.settings is not None
    number = pipeline.current_version.number
    if number != described.draft.base and over != str(number):
        raise NotPossible(
            f"Version {number} was saved since this edit began with version "
            f"{described.draft.base}. Look at the changes below again: saving replaces it."
        )
    pipelines.update(
        actor=described.user,
        pipeline=pipeline,
        name=described.draft.name,
        settings=described.settings,
        triggers=described.triggers,
        note=described.draft.note,
    )
    return pipeline
