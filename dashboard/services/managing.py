"""What is done to Pipelines that are managed here, and never to watched ones."""

from __future__ import annotations

from dashboard.models import Pipeline
from provisioning.blueprints.watched.watcher import NOT_MANAGED
from provisioning.errors import NotPossible


def require_managed(pipeline: Pipeline) -> None:
    if not pipeline.managed:
        raise NotPossible(f"{pipeline.name} cannot be changed here. {NOT_MANAGED}")
