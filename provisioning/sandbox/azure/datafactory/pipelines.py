"""Pipelines as documents."""

from __future__ import annotations

from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.documents import Document
from provisioning.sandbox.azure.datafactory.forms import PIPELINE
from provisioning.sandbox.azure.datafactory.pipeline_checks import require_pipeline
from provisioning.sandbox.azure.forms import Form


class Pipelines(Document):
    template = "factories/{}/pipelines/{}"
    label = "Pipelines"
    what = "pipeline"

    @property
    def form(self) -> Form:
        return PIPELINE

    def check(self, draft: Resource, before: Resource | None) -> None:
        require_pipeline(draft.properties, target=draft.id)
