"""Factories."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.azure.arm.calls import ArmCall
from provisioning.sandbox.azure.arm.identities import fill_identity
from provisioning.sandbox.azure.arm.kind import Kind
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.etags import new_etag
from provisioning.sandbox.azure.datafactory.names import FACTORY, PROVIDER, require_factory_name
from provisioning.sandbox.azure.errors import bad_request, conflict
from provisioning.sandbox.azure.forms import mapped, record, require_form, text
from provisioning.sandbox.azure.times import written

_OWN = ("provisioningState", "createTime", "version")
_FORM = record({"globalParameters": mapped(record({"type": text}))})
_PARAMETER_TYPES = ("Object", "String", "Int", "Float", "Bool", "Array")


class Factories(Kind):
    provider = PROVIDER
    template = "factories/{}"
    label = "Factories"
    list_name = "ListByResourceGroup"
    envelope = ("location", "tags", "identity")
    located = True
    changeable = True
    etag = "eTag"
    page = 50

    def new_etag(self) -> str:
        return new_etag(self.manager.now())

    def accept(self, call: ArmCall, draft: Resource, before: Resource | None) -> None:
        require_factory_name(draft.name)
        require_form(draft.properties, _FORM, at="properties", target=draft.id)
        fill_identity(draft)
        _require_parameters(draft.properties.get("globalParameters") or {})
        wished = {name: value for name, value in draft.properties.items() if name not in _OWN}
        draft.properties = {"publicNetworkAccess": "Enabled", **wished}
        taken = [each for each in self.manager.resources.of_type(FACTORY)
                 if each.name.lower() == draft.name.lower()]  # fmt: skip
        if before is None and taken:
            message = (
                f"The specified resource name '{draft.name}' is already in use. Resource names "
                "must be globally unique."
            )
            raise conflict("DataFactoryNameInUse", message)

    def shown(self, call: ArmCall, resource: Resource) -> dict[str, Any]:
        return {
            "provisioningState": "Succeeded",
            "createTime": written(resource.created),
            "version": "2018-06-01",
            **resource.properties,
        }


def _require_parameters(parameters: dict[str, Any]) -> None:
    for name, each in parameters.items():
        if not isinstance(each, dict) or each.get("type") not in _PARAMETER_TYPES:
            raise bad_request(f"The global parameter '{name}' has no known type.")
        if "value" not in each:
            raise bad_request(f"The global parameter '{name}' has no value.")
