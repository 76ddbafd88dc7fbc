from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from provisioning.sandbox.azure.datafactory.linked_services import MASK
from provisioning.sandbox.azure.datafactory.types import Family
from provisioning.sandbox.provider.azure.documents import flat, nested
from provisioning.sandbox.provider.azure.resource import (
    TAGS,
    TOLD,
    ArmResource,
    copied,
    location,
    own_name,
    parent,
    suffixed,
)
from provisioning.sandbox.provider.properties import (
    anything,
    integer,
    listed,
    mapped,
    record,
    text,
)
from provisioning.sandbox.provider.values import Properties

_VERSION = "2018-06-01"
_FACTORY = "providers/Microsoft.DataFactory/factories/{factoryName}"


class Factory(ArmResource):
    type = "azure-native:datafactory:Factory"
    label = "Factory"
    version = _VERSION
    naming = suffixed("factoryName", longest=63)
    path = _FACTORY
    top = ("identity", "location", "tags")
    inputs = {
        "encryption": record(
            {
                "identity": record({"userAssignedIdentity": text()}),
                "keyName": text(required=True),
                "keyVersion": text(),
                "vaultBaseUrl": text(required=True),
            }
        ),
        "factoryName": own_name(low=3, high=63),
        "globalParameters": mapped(
            record({"type": text(required=True), "value": anything(required=True)})
        ),
        "identity": record({"type": text(required=True), "userAssignedIdentities": anything()}),
        "location": location(),
        "publicNetworkAccess": text(computed=True),
        "purviewConfiguration": record({"purviewResourceId": text()}),
        "repoConfiguration": anything(),
        "resourceGroupName": parent(),
        "tags": TAGS,
    }
    outputs = (*TOLD, "createTime", "eTag", "provisioningState", "systemData", "version")


class Pipeline(ArmResource):
    type = "azure-native:datafactory:Pipeline"
    label = "Pipeline"
    version = _VERSION
    naming = copied("pipelineName")
    path = f"{_FACTORY}/pipelines/{{pipelineName}}"
    inputs = {
        "activities": listed(anything()),
        "annotations": listed(anything()),
        "concurrency": integer(low=1),
        "description": text(),
        "factoryName": parent(),
        "folder": record({"name": text()}),
        "parameters": mapped(record({"defaultValue": anything(), "type": text(required=True)})),
        "pipelineName": own_name(low=1, high=260),
        "policy": record({"elapsedTimeMetric": record({"duration": anything()})}),
        "resourceGroupName": parent(),
        "runDimensions": anything(),
        "variables": mapped(record({"defaultValue": anything(), "type": text(required=True)})),
    }
    outputs = (*TOLD, "etag", "systemData")

    def body(self, inputs: Properties) -> dict[str, Any]:
        whole = super().body(inputs)
        given = whole["properties"].get("activities")
        if given is not None:
            whole["properties"]["activities"] = [nested("activities", each) for each in given]
        return whole

    def shown(self, found: Mapping[str, Any]) -> Properties:
        told = super().shown(found)
        if "activities" in told:
            told["activities"] = [flat("activities", each) for each in told["activities"]]
        return told


class _Typed(ArmResource):
    """A document whose properties say themselves of which type they are."""

    version = _VERSION
    family: ClassVar[Family]
    outputs = (*TOLD, "etag", "systemData")

    def body(self, inputs: Properties) -> dict[str, Any]:
        return {"properties": nested(self.family, inputs["properties"])}

    def shown(self, found: Mapping[str, Any]) -> Properties:
        told = {name: found[name] for name in ("etag", "systemData") if found.get(name)}
        return {**told, "properties": flat(self.family, found["properties"])}


class Trigger(_Typed):
    """A trigger comes out stopped: starting is a call of its own, which no program makes."""

    type = "azure-native:datafactory:Trigger"
    label = "Trigger"
    naming = copied("triggerName")
    path = f"{_FACTORY}/triggers/{{triggerName}}"
    family: ClassVar[Family] = "triggers"
    inputs = {
        "factoryName": parent(),
        "properties": anything(required=True, told=("runtimeState",)),
        "resourceGroupName": parent(),
        "triggerName": own_name(low=1, high=260),
    }


class LinkedService(_Typed):
    type = "azure-native:datafactory:LinkedService"
    label = "LinkedService"
    naming = copied("linkedServiceName")
    path = f"{_FACTORY}/linkedservices/{{linkedServiceName}}"
    family: ClassVar[Family] = "linkedServices"
    inputs = {
        "factoryName": parent(),
        "linkedServiceName": own_name(low=1, high=260),
        "properties": anything(required=True, mask=MASK),
        "resourceGroupName": parent(),
    }


class Dataset(_Typed):
    type = "azure-native:datafactory:Dataset"
    label = "Dataset"
    naming = copied("datasetName")
    path = f"{_FACTORY}/datasets/{{datasetName}}"
    family: ClassVar[Family] = "datasets"
    inputs = {
        "datasetName": own_name(low=1, high=260),
        "factoryName": parent(),
        "properties": anything(required=True),
        "resourceGroupName": parent(),
    }
