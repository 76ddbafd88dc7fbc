"""What one type of resource is: how it is called, checked and told."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Literal

from provisioning.sandbox.azure.arm.calls import ArmCall
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.errors import not_found
from provisioning.sandbox.rest import RestError


class Kind:
    """What one type of resource is; the collection does the rest."""

    provider: ClassVar[str]  # "Microsoft.DataFactory"
    template: ClassVar[str]  # "factories/{}/pipelines/{}"
    label: ClassVar[str]  # "Pipelines", of the operations' names
    put_name: ClassVar[str] = "CreateOrUpdate"
    get_name: ClassVar[str] = "Get"
    list_name: ClassVar[str] = "List"
    envelope: ClassVar[tuple[str, ...]] = ()  # what the body may have beside its properties
    located: ClassVar[bool] = False  # whether it needs a location
    etag: ClassVar[str] = ""  # what the answers call it, where they tell it
    changeable: ClassVar[bool] = False  # whether there is a PATCH
    created: ClassVar[int] = 200
    updated: ClassVar[int] = 200
    # How a client learns that it was made, where that takes its time.
    waits: ClassVar[Literal["", "location", "status"]] = ""
    seconds: ClassVar[float] = 0.0
    deleted: ClassVar[int] = 200  # 202 where the client waits for that too
    page: ClassVar[int] = 1000

    def __init__(self, manager: Manager) -> None:
        self.manager = manager

    @property
    def type(self) -> str:
        return "/".join([self.provider, *self.template.split("/")[::2]])

    def new_etag(self) -> str:
        return f'"{uuid.uuid4()}"'

    def accept(self, call: ArmCall, draft: Resource, before: Resource | None) -> None:
        """Check what is wished for, and fill in what the service sets. Raises RestError."""

    def accepted(self, resource: Resource, before: Resource | None) -> None:
        """It is kept now."""

    def require_deletable(self, resource: Resource) -> None:
        """Raises RestError when it may not be deleted."""

    def shown(self, call: ArmCall, resource: Resource) -> dict[str, Any]:
        """The properties as they are told."""
        return resource.properties

    def missing(self, call: ArmCall) -> RestError:
        wanted = "/".join([self.type, *call.names])
        message = (
            f"The Resource '{wanted}' under resource group '{call.group}' was not found. "
            "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        )
        return not_found("ResourceNotFound", message)
