"""What a document names of its factory, and what names it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.arm.resources import Resources
from provisioning.sandbox.azure.datafactory.names import factory_of
from provisioning.sandbox.azure.errors import bad_request

_COLLECTIONS = {
    "CredentialReference": "credentials",
    "DataFlowReference": "dataflows",
    "DatasetReference": "datasets",
    "IntegrationRuntimeReference": "integrationRuntimes",
    "LinkedServiceReference": "linkedservices",
    "PipelineReference": "pipelines",
    "TriggerReference": "triggers",
}
# Every factory has it without anybody making it.
_GIVEN = ("integrationruntimes/autoresolveintegrationruntime",)


def references(document: Any) -> Iterator[tuple[str, str]]:
    """(collection, name) of everything that is named in it."""
    if isinstance(document, list):
        for each in document:
            yield from references(each)
    if not isinstance(document, dict):
        return
    name, collection = document.get("referenceName"), _COLLECTIONS.get(str(document.get("type")))
    if collection and isinstance(name, str) and not name.startswith("@"):
        yield collection, name
    for each in document.values():
        yield from references(each)


def require_references(resources: Resources, document: Resource) -> None:
    """Raises RestError for the first one that is not there."""
    factory = factory_of(document.id)
    for collection, name in references(document.properties):
        path = f"{collection}/{name}"
        if path.lower() in _GIVEN or resources.get(f"{factory}/{path}"):
            continue
        message = f"The document creation or update failed because of invalid reference '{name}'."
        raise bad_request(message, target=document.id)


def require_unreferenced(resources: Resources, document: Resource) -> None:
    factory = factory_of(document.id)
    wanted = tuple(document.key.split("/")[-2:])
    for other in resources.below(factory):
        if other.key == document.key:
            continue
        found = {(kind.lower(), name.lower()) for kind, name in references(other.properties)}
        if wanted in found:
            message = f"The document cannot be deleted since it is referenced by {other.name}."
            raise bad_request(message, target=document.id)
