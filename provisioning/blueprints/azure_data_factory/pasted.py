"""What a factory holds, by the form or by a pasted definition; imports nothing that a program
may not."""

from __future__ import annotations

import json
from typing import Any

from .building import OWN_PARAMETERS, build
from .documents import Documents
from .settings import Filled, Settings

TABLES = ("datasets", "linkedServices", "pipelines")


def documents_of(settings: Settings) -> Documents:
    """Of settings that were validated."""
    if settings.source == "activities":
        return build(settings)
    found = properties(settings.definition)
    documents = Documents(
        inner=found.get("pipelines", {}),
        datasets=found.get("datasets", {}),
        linked_services=dict(found.get("linkedServices", {})),
    )
    documents.own_files()
    documents.pipeline = {
        **{name: value for name, value in found.items() if name not in TABLES},
        "parameters": {**found.get("parameters", {}), **OWN_PARAMETERS},
        **({"concurrency": settings.concurrency} if settings.concurrency else {}),
    }
    return documents


def properties(definition: str) -> dict[str, Any]:
    """Studio shows {"name": …, "properties": {…}}; what counts are the properties."""
    found: dict[str, Any] = json.loads(definition)
    inner = found.get("properties")
    return inner if isinstance(inner, dict) else found


def fillings(settings: Settings) -> dict[Filled, str]:
    """What triggers fill → the parameter that gets it."""
    by_form = settings.source == "activities"
    filled = settings.parameters if by_form else settings.filled
    return {each.filled_with: each.name for each in filled if each.filled_with != "Nothing"}
