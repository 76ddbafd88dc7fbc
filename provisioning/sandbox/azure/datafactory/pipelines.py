"""Pipelines as documents."""

from __future__ import annotations

from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.documents import Document
from provisioning.sandbox.azure.datafactory.pipeline_checks import require_pipeline


class Pipelines(Document):
    template = "factories/{}/pipelines/{}"
    label = "Pipelines"
    what = "pipeline"

    def check(self, draft: Resource, before: Resource | None) -> None:
        require_pipeline(draft.properties, target=draft.id)
