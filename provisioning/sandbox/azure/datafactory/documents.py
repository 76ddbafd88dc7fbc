"""What a factory holds, as documents: pipelines, datasets, linked services and the like."""

from __future__ import annotations

from typing import Any, ClassVar

from provisioning.sandbox.azure.arm.calls import ArmCall
from provisioning.sandbox.azure.arm.kind import Kind
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory import forms
from provisioning.sandbox.azure.datafactory.etags import new_etag
from provisioning.sandbox.azure.datafactory.names import PROVIDER, require_document_name
from provisioning.sandbox.azure.datafactory.references import (
    require_references,
    require_unreferenced,
)
from provisioning.sandbox.azure.datafactory.types import Family, type_properties
from provisioning.sandbox.azure.errors import bad_request, not_found
from provisioning.sandbox.azure.forms import Form, record, require_form
from provisioning.sandbox.rest import RestError

MOST_IN_FACTORY = 5000
_OBJECT = record({})
LARGEST = 5 * 1024 * 1024


class Document(Kind):
    provider = PROVIDER
    list_name = "ListByFactory"
    etag = "etag"
    page = 50
    what: ClassVar[str]  # "linked service"
    family: ClassVar[Family | None] = None

    @property
    def form(self) -> Form:
        """Of its properties."""
        return _OBJECT

    def new_etag(self) -> str:
        return new_etag(self.manager.now())

    def accept(self, call: ArmCall, draft: Resource, before: Resource | None) -> None:
        require_document_name(draft.name, what=self.what)
        _require_size(call)
        require_form(draft.properties, self.form, at="properties", target=draft.id)
        if self.family is not None:
            require_type(self.family, draft.properties, target=draft.id)
        self.check(draft, before)
        require_references(self.manager.resources, draft)
        self._require_room(draft, before)

    def check(self, draft: Resource, before: Resource | None) -> None:
        """What is particular to this kind of document."""

    def require_deletable(self, resource: Resource) -> None:
        require_unreferenced(self.manager.resources, resource)

    def missing(self, call: ArmCall) -> RestError:
        """In Data Factory's own words: Resource Manager knows nothing below a factory."""
        code = "".join(word.capitalize() for word in self.what.split()) + "NotFound"
        return not_found(code, f"The {self.what} {call.names[-1]} was not found.")

    def _require_room(self, draft: Resource, before: Resource | None) -> None:
        if before is not None:
            return
        siblings = draft.id.rpartition("/")[0] + "/"
        count = len(self.manager.resources.of_type(self.type, below=siblings))
        if count >= MOST_IN_FACTORY:
            message = f"The factory has {count} of these, which is the most that it may have."
            raise bad_request(message, code="QuotaExceeded")


def require_type(family: Family, properties: dict[str, Any], *, target: str) -> None:
    """Raises RestError for an unknown type, and where something of the type is missing."""
    type = properties.get("type")
    if not type:
        raise bad_request("Required property 'type' is missing in payload.", target=target)
    known = type_properties(family, str(type))
    if known is None:
        raise bad_request(f"Type '{type}' is not supported in the payload.", target=target)
    given = properties.get("typeProperties") or {}
    for name in known.required:
        if given.get(name) is None:
            message = f"Required property '{name}' is missing in payload."
            raise bad_request(message, target=target)


def _require_size(call: ArmCall) -> None:
    size = len(call.request.body)
    if size > LARGEST:
        message = f"The request has {size} bytes, more than the {LARGEST} that are allowed."
        raise RestError(413, "RequestEntityTooLarge", message)


class Datasets(Document):
    template = "factories/{}/datasets/{}"
    label = "Datasets"
    what = "dataset"
    family: ClassVar[Family | None] = "datasets"

    @property
    def form(self) -> Form:
        return forms.DATASET

    def check(self, draft: Resource, before: Resource | None) -> None:
        service = draft.properties.get("linkedServiceName")
        if not isinstance(service, dict) or not service.get("referenceName"):
            message = "Required property 'linkedServiceName' is missing in payload."
            raise bad_request(message, target=draft.id)


class DataFlows(Document):
    template = "factories/{}/dataflows/{}"
    label = "DataFlows"
    what = "data flow"


class Credentials(Document):
    template = "factories/{}/credentials/{}"
    label = "CredentialOperations"
    what = "credential"


class IntegrationRuntimes(Document):
    template = "factories/{}/integrationRuntimes/{}"
    label = "IntegrationRuntimes"
    what = "integration runtime"
