from __future__ import annotations

from provisioning.sandbox.provider.azure.resource import (
    TAGS,
    TOLD,
    ArmResource,
    location,
    own_name,
    parent,
    same_id,
    suffixed,
)
from provisioning.sandbox.provider.properties import boolean, listed, mapped, record, text

_IDENTITY = record(
    {
        "principalId": text(computed=True),
        "tenantId": text(computed=True),
        "type": text(),
        "userAssignedIdentities": mapped(
            record({"clientId": text(computed=True), "principalId": text(computed=True)})
        ),
    }
)
_EVENT_TYPES = record(
    {
        "inlineEventTypes": mapped(
            record(
                {
                    "dataSchemaUrl": text(),
                    "description": text(),
                    "displayName": text(),
                    "documentationUrl": text(),
                }
            )
        ),
        "kind": text(),
    }
)
_FIELD = record({"sourceField": text()})
_FIELD_WITH_DEFAULT = record({"defaultValue": text(), "sourceField": text()})
_MAPPING = record(
    {
        "dataVersion": _FIELD_WITH_DEFAULT,
        "eventTime": _FIELD,
        "eventType": _FIELD_WITH_DEFAULT,
        "id": _FIELD,
        "inputSchemaMappingType": text(required=True),
        "subject": _FIELD_WITH_DEFAULT,
        "topic": _FIELD,
    }
)


class Topic(ArmResource):
    type = "azure-native:eventgrid:Topic"
    label = "Topic"
    version = "2025-02-15"
    naming = suffixed("topicName", longest=50)
    path = "providers/Microsoft.EventGrid/topics/{topicName}"
    top = ("identity", "location", "tags")
    inputs = {
        "dataResidencyBoundary": text(computed=True),
        "disableLocalAuth": boolean(computed=True),
        "eventTypeInfo": _EVENT_TYPES,
        "identity": _IDENTITY,
        "inboundIpRules": listed(record({"action": text(), "ipMask": text()})),
        "inputSchema": text(computed=True),
        "inputSchemaMapping": _MAPPING,
        "location": location(),
        "minimumTlsVersionAllowed": text(computed=True),
        "publicNetworkAccess": text(computed=True),
        "resourceGroupName": parent(),
        "tags": TAGS,
        "topicName": own_name(low=3, high=50),
    }
    outputs = (
        *TOLD,
        "endpoint",
        "metricResourceId",
        "privateEndpointConnections",
        "provisioningState",
        "systemData",
    )


class SystemTopic(ArmResource):
    type = "azure-native:eventgrid:SystemTopic"
    label = "SystemTopic"
    version = "2025-02-15"
    naming = suffixed("systemTopicName", longest=128)
    path = "providers/Microsoft.EventGrid/systemTopics/{systemTopicName}"
    top = ("identity", "location", "tags")
    inputs = {
        "identity": _IDENTITY,
        "location": location(),
        "resourceGroupName": parent(),
        "source": text(same=same_id),
        "systemTopicName": own_name(low=3, high=128),
        "tags": TAGS,
        "topicType": text(),
    }
    outputs = (*TOLD, "metricResourceId", "provisioningState", "systemData")
