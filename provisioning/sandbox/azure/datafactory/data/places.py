"""From a reference to a dataset to the blobs that it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.data.access import (
    BLOB_SERVICES,
    Doorkeeper,
    Opening,
    opening_of,
)
from provisioning.sandbox.azure.datafactory.expressions.evaluating import Evaluator
from provisioning.sandbox.azure.datafactory.expressions.templates import resolve
from provisioning.sandbox.azure.datafactory.expressions.values import written
from provisioning.sandbox.azure.datafactory.linked_services import opened
from provisioning.sandbox.azure.datafactory.runs.steps import Step
from provisioning.sandbox.azure.storage.blobs import Blobs
from provisioning.sandbox.azure.storage.records import Blob


@dataclass(frozen=True)
class Place:
    """`account` is None of one that the sandbox does not have."""

    dataset: str
    kind: str  # of the dataset: "DelimitedText"
    service: str  # of the linked service: "AzureBlobStorage"
    given: dict[str, Any]  # the dataset's type properties, resolved
    account: Resource | None = None
    opening: Opening | None = None
    container: str = ""
    folder: str = ""  # without slashes at its ends
    file: str = ""

    @property
    def path(self) -> str:
        return "/".join(part for part in (self.folder, self.file) if part)

    @property
    def prefix(self) -> str:
        return f"{self.folder}/" if self.folder else ""


class Places:
    def __init__(self, manager: Manager, blobs: Blobs, doorkeeper: Doorkeeper) -> None:
        self._manager = manager
        self.blobs = blobs
        self.doorkeeper = doorkeeper

    def of(self, step: Step, reference: dict[str, Any]) -> Place:
        """Raises ExpressionError, and NoAccess never: nothing is opened yet."""
        factory = step.run.factory
        dataset = self._find(factory, "datasets", reference)
        given_to_it = step.resolve(reference.get("parameters") or {})
        inner = _evaluator(dataset, "dataset", given_to_it, now=step.now)
        given = resolve(dataset.properties.get("typeProperties") or {}, inner)
        link = dataset.properties["linkedServiceName"]
        service = self._find(factory, "linkedservices", link)
        given_to_service = resolve(link.get("parameters") or {}, inner)
        opening = self._opening(service, given_to_service, now=step.now)
        account = self.doorkeeper.account(opening) if opening else None
        container, folder, file = _location(given)
        return Place(
            dataset=dataset.name,
            kind=str(dataset.properties["type"]),
            service=str(service.properties["type"]),
            given=given,
            account=account,
            opening=opening,
            container=container,
            folder=folder,
            file=file,
        )

    def require(self, step: Step, place: Place, *, writing: bool = False) -> None:
        """Raises NoAccess when the factory may not work there."""
        assert place.account and place.opening, "only of places that are here"
        self.doorkeeper.require(step.run.factory, place.opening, place.account, writing=writing)

    def found(self, place: Place, settings: dict[str, Any]) -> list[Blob]:
        """The blobs of a place, by what an activity says of how it reads them."""
        assert place.account
        name = place.account.name
        pattern = settings.get("wildcardFileName")
        if place.file and not pattern:
            blob = self.blobs.get(name, place.container, place.path)
            return [blob] if blob else []
        prefix = place.prefix + str(settings.get("prefix") or "")
        found = self.blobs.in_container(name, place.container, prefix=prefix)
        recursive = settings.get("recursive") is not False
        return [
            blob
            for blob in found
            if _matches(blob.name[len(place.prefix) :], settings, recursive=recursive)
        ]

    def has_container(self, place: Place) -> bool:
        assert place.account
        return self.blobs.container(place.account, place.container) is not None

    def _opening(
        self, service: Resource, parameters: dict[str, Any], *, now: float
    ) -> Opening | None:
        if service.properties["type"] not in BLOB_SERVICES:
            return None
        evaluator = _evaluator(service, "linkedService", parameters, now=now)
        return opening_of(resolve(opened(service), evaluator))

    def _find(self, factory: str, collection: str, reference: dict[str, Any]) -> Resource:
        name = reference["referenceName"]
        found = self._manager.resources.get(f"{factory}/{collection}/{name}")
        assert found, "what is referenced cannot be deleted"
        return found


def _evaluator(document: Resource, name: str, given: dict[str, Any], *, now: float) -> Evaluator:
    declared = document.properties.get("parameters") or {}
    values = {each: spec.get("defaultValue") for each, spec in declared.items()} | given
    return Evaluator({name: lambda: values}, now=now)


def _location(given: dict[str, Any]) -> tuple[str, str, str]:
    """Container, folder and file; older datasets have the container before the folder."""
    location = given.get("location")
    if isinstance(location, dict):
        container = written(location.get("container") or location.get("fileSystem"))
        folder = written(location.get("folderPath")).strip("/")
        return container, folder, written(location.get("fileName")).strip("/")
    whole = written(given.get("folderPath")).strip("/")
    container, _, folder = whole.partition("/")
    return container, folder, written(given.get("fileName")).strip("/")


def _matches(rest: str, settings: dict[str, Any], *, recursive: bool) -> bool:
    folder, _, name = rest.rpartition("/")
    folders, files = settings.get("wildcardFolderPath"), settings.get("wildcardFileName")
    if folders and not fnmatchcase(folder, str(folders).strip("/")):
        return False
    if files and not fnmatchcase(name, str(files)):
        return False
    return bool(recursive or folders or not folder)
